// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of userspace WireGuard: finds them, sends operations, awaits the answers.
#include "wgq/kernel/wg/uapi.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/unix_diag.h"
#include "wgq/kernel/wg/removal.h"
#include "wgq/kernel/wg/uapi_text.h"

/* Per send() and recv(): a process that is stopped must not stop us. And what an answer may take:
 * a million allowed IPs make 45 MB. */
enum { WAIT_SECONDS = 4, REPLY_MAX = 256 << 20, CHUNK = 65536 };

/* A request that was sent is carried out. What there is to undo only its answer tells, so it is
 * received again after an error or a timeout. */
enum { RECEIVE_TRIES = 3 };

static int socket_address(const char *ifname, struct sockaddr_un *ret)
{
	size_t n = strlen(ifname);

	if (n == 0 || n >= IFNAMSIZ || strchr(ifname, '/'))
		return -EINVAL;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), WG_SOCKET_FOLDER "/%s" WG_SOCKET_SUFFIX,
		 ifname);
	return 0;
}

static int connect_within(int fd, const struct sockaddr_un *to)
{
	struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int r;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0)
		return -errno;
	do
		r = connect(fd, (const struct sockaddr *)to, sizeof(*to));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return 0;
}

/* Whether somebody of this network namespace listens there: 1, 0 or -errno. That is asked of the
 * kernel. The process that SO_PEERCRED names is the one that called listen(), which has ended when
 * wireguard-go is in the background. Links are not followed, so that no other socket is used. */
static int listens_here(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) == 0)
		return S_ISSOCK(st.st_mode) ? unix_diag_listens(NULL, &st) : 0;
	/* /var/run may be a link to /run. */
	if (errno == EACCES)
		return unix_diag_listens(address->sun_path + strlen("/var"), NULL);
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

/* A file descriptor or -errno. */
static int uapi_connect(const char *ifname)
{
	_cleanup_fd_ int fd = -1;
	struct sockaddr_un address;
	int r = socket_address(ifname, &address);

	if (r == 0)
		r = listens_here(&address);
	if (r <= 0)
		return r < 0 ? r : -ECONNREFUSED;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect_within(fd, &address);
	return r < 0 ? r : steal_fd(fd);
}

int wg_uapi_serves(const char *ifname, bool *ret, struct diag *d)
{
	struct sockaddr_un address;
	int r = socket_address(ifname, &address) ? 0 : listens_here(&address);

	*ret = r > 0;
	if (r >= 0)
		return 0;
	diag_fail(d, -r, "cannot tell in which network namespace %s is served", address.sun_path);
	if (r == -ENOENT || r == -EPROTONOSUPPORT)
		diag_hint(d, "this kernel lacks CONFIG_UNIX_DIAG; try modprobe unix_diag");
	return r;
}

void wg_uapi_explain(const char *ifname, struct diag *d)
{
	struct sockaddr_un address;
	struct stat st;

	if (socket_address(ifname, &address) == 0 && lstat(address.sun_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode) && listens_here(&address) == 0)
		diag_note(d, "%s is served in another network namespace, or not at all",
			  address.sun_path);
}

static int send_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		bytes += sent;
		n -= (size_t)sent;
	}
	return 0;
}

static int receive_reply(int fd, struct uapi_reply *reply)
{
	_cleanup_free_ char *chunk = mem_calloc(1, CHUNK);
	size_t total = 0;
	int r = chunk ? 0 : -ENOMEM, tries = 0;

	while (r == 0 && !reply->done) {
		ssize_t got = recv(fd, chunk, CHUNK, 0);

		if (got < 0 && (errno == EINTR || ++tries < RECEIVE_TRIES))
			continue;
		if (got < 0)
			r = errno == EAGAIN ? -ETIMEDOUT : -errno;
		else if (got == 0)
			r = -EPROTO;
		else
			r = uapi_reply_add(reply, chunk, (size_t)got);
		total += got > 0 ? (size_t)got : 0;
		if (total > REPLY_MAX)
			r = -EPROTO;
	}
	if (chunk)
		mem_wipe(chunk, CHUNK);
	return r;
}

static int send_set(int fd, const struct wg_device *device)
{
	_cleanup_buf_ struct buf part = {.secret = true};
	struct uapi_set set = {.device = device};
	int r = 0;

	while (r == 0 && uapi_set_next(&set, &part)) {
		r = buf_status(&part);
		if (r == 0)
			r = send_all(fd, part.data, part.len);
		buf_clear(&part);
	}
	return r;
}

/* Sets what is given, else gets; the number is the implementation's own where it refuses. */
static int exchange(const char *ifname, const struct wg_device *set, struct uapi_reply *reply)
{
	static const char get[] = "get=1\n\n";
	_cleanup_fd_ int fd = uapi_connect(ifname);

	if (fd < 0)
		return fd;
	/* What refuses the first lines may answer and close before it has read the last. */
	int sent = set ? send_set(fd, set) : send_all(fd, get, sizeof(get) - 1);
	if (sent < 0 && sent != -EPIPE && sent != -ECONNRESET)
		return sent;
	int r = receive_reply(fd, reply);
	if (r < 0)
		return r;
	return reply->error ? -reply->error : sent;
}

static int exchange_fail(const char *what, const char *ifname, int r, struct diag *d)
{
	if (r == -EPROTO) {
		diag_refuse(d, EPROTO, "cannot %s userspace WireGuard interface %s", what, ifname);
		diag_note(d, "what it answers is not www.wireguard.com/xplatform's protocol");
		return r;
	}
	diag_fail(d, -r, "cannot %s userspace WireGuard interface %s", what, ifname);
	if (r == -EACCES || r == -EPERM)
		diag_hint(d, "its socket is root's; are you root?");
	return r;
}

int wg_uapi_get(const char *ifname, struct wg_device *ret, struct diag *d)
{
	_cleanup_uapi_reply_ struct uapi_reply reply = {.device = ret};
	int r = exchange(ifname, NULL, &reply);

	if (r == 0)
		return 0;
	wg_device_release(ret);
	return exchange_fail("read", ifname, r, d);
}

static int set_plain(const char *ifname, const struct wg_device *device, struct diag *d)
{
	_cleanup_uapi_reply_ struct uapi_reply reply = {0};
	int r = exchange(ifname, device, &reply);

	return r < 0 ? exchange_fail("configure", ifname, r, d) : 0;
}

int wg_uapi_set(const char *ifname, const struct wg_device *device, struct diag *d)
{
	static const struct wg_removal_ways ways = {.get = wg_uapi_get, .set = set_plain};

	return wg_removal_wanted(device) ? wg_removal_set(ifname, device, &ways, d)
					 : set_plain(ifname, device, d);
}
