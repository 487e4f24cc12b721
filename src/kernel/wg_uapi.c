// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of userspace WireGuard: finds them, sends operations, awaits the answers.
#include "wgq/kernel/wg_uapi.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/uapi_text.h"
#include "wgq/kernel/wg_removal.h"

/* RUNSTATEDIR of wireguard-tools; no implementation looks elsewhere on Linux. */
#define DIRECTORY "/var/run/wireguard"
#define SUFFIX    ".sock"

/* Per send() and recv(): a process that is stopped must not stop us. And what an answer may take:
 * a million allowed IPs make 45 MB. */
enum { WAIT_SECONDS = 4, REPLY_MAX = 256 << 20, CHUNK = 65536 };

/* A request that was sent is carried out: without its answer nobody knows what there is to undo, so
 * it is looked for again after an error, and after a wait in vain. */
enum { RECEIVE_TRIES = 3 };

static int socket_address(const char *ifname, struct sockaddr_un *ret)
{
	size_t n = strlen(ifname);

	if (n == 0 || n >= IFNAMSIZ || strchr(ifname, '/'))
		return -EINVAL;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), DIRECTORY "/%s" SUFFIX, ifname);
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

/* A file descriptor or -errno. Links are not followed: nobody else's socket is spoken to. */
static int uapi_connect(const char *ifname)
{
	_cleanup_fd_ int fd = -1;
	struct sockaddr_un address;
	struct stat st;
	int r = socket_address(ifname, &address);

	if (r)
		return r;
	if (lstat(address.sun_path, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect_within(fd, &address);
	/* A server that is just starting refuses too; but its link is there by then. */
	if (r == -ECONNREFUSED && !if_nametoindex(ifname))
		unlink(address.sun_path);
	if (r)
		return r;

	int connected = fd;
	fd = -1;
	return connected;
}

bool wg_uapi_serves(const char *ifname)
{
	_cleanup_fd_ int fd = uapi_connect(ifname);

	if (fd < 0)
		errno = -fd;
	return fd >= 0;
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

	while (!r && !reply->done) {
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

static int send_get(int fd, void *unused)
{
	static const char request[] = "get=1\n\n";

	(void)unused;
	return send_all(fd, request, sizeof(request) - 1);
}

static int send_set(int fd, void *at)
{
	_cleanup_buf_ struct buf part = {.secret = true};
	struct uapi_set *set = at;
	int r = 0;

	while (!r && uapi_set_next(set, &part)) {
		r = buf_status(&part);
		if (!r)
			r = send_all(fd, part.data, part.len);
		buf_clear(&part);
	}
	return r;
}

/* One operation and its answer; the number is the implementation's own where it refuses. */
static int exchange(const char *ifname, int (*send_request)(int fd, void *data), void *data,
		    struct uapi_reply *reply)
{
	_cleanup_fd_ int fd = uapi_connect(ifname);
	int sent, r;

	if (fd < 0)
		return fd;
	/* What refuses the first lines may answer and close before it has read the last. */
	sent = send_request(fd, data);
	if (sent && sent != -EPIPE && sent != -ECONNRESET)
		return sent;
	r = receive_reply(fd, reply);
	if (r || reply->error)
		return r ? r : -reply->error;
	return sent;
}

static int exchange_fail(const char *what, const char *ifname, int r, struct diag *d)
{
	if (r != -EPROTO)
		return diag_fail(d, -r, "cannot %s userspace WireGuard interface %s", what, ifname);
	diag_refuse(d, EPROTO, "cannot %s userspace WireGuard interface %s", what, ifname);
	diag_note(d, "what it answers is not www.wireguard.com/xplatform's protocol");
	return r;
}

int wg_uapi_get(const char *ifname, struct wg_device *ret, struct diag *d)
{
	_cleanup_uapi_reply_ struct uapi_reply reply = {.device = ret};
	int r = exchange(ifname, send_get, NULL, &reply);

	if (!r)
		return 0;
	wg_device_release(ret);
	return exchange_fail("read", ifname, r, d);
}

static int set_plain(const char *ifname, const struct wg_device *device, struct diag *d)
{
	_cleanup_uapi_reply_ struct uapi_reply reply = {0};
	struct uapi_set set = {.device = device};
	int r = exchange(ifname, send_set, &set, &reply);

	return r ? exchange_fail("configure", ifname, r, d) : 0;
}

int wg_uapi_set(const char *ifname, const struct wg_device *device, struct diag *d)
{
	static const struct wg_removal_ways ways = {.get = wg_uapi_get, .set = set_plain};

	return wg_removal_wanted(device) ? wg_removal_set(ifname, device, &ways, d)
					 : set_plain(ifname, device, d);
}

/* The NAME of NAME.sock, where an interface may have it. */
static bool name_of_entry(const char *entry, char ret_name[IFNAMSIZ])
{
	const size_t suffix = sizeof(SUFFIX) - 1;
	size_t n = strlen(entry);

	if (n <= suffix || n - suffix >= IFNAMSIZ || strcmp(entry + n - suffix, SUFFIX) != 0)
		return false;
	memcpy(ret_name, entry, n - suffix);
	ret_name[n - suffix] = '\0';
	return true;
}

static int compare_names(const void *a, const void *b)
{
	char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}
#define _cleanup_directory_ _cleanup_(close_directory)

static int list_directory(DIR *directory, struct wg_uapi_names *ret, struct diag *d)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(directory))) {
		char name[IFNAMSIZ];

		if (!name_of_entry(entry->d_name, name) || !wg_uapi_serves(name))
			continue;
		char *copy = mem_strndup(name, strlen(name));
		char **new = copy ? vec_push(ret) : NULL;
		if (!new) {
			free(copy);
			return diag_no_memory(d);
		}
		*new = copy;
	}
	return errno ? diag_fail(d, errno, "cannot read %s", DIRECTORY) : 0;
}

int wg_uapi_list(struct wg_uapi_names *ret, struct diag *d)
{
	_cleanup_directory_ DIR *directory = opendir(DIRECTORY);
	size_t before = ret->len;
	int r;

	if (!directory)
		return errno == ENOENT ? 0 : diag_fail(d, errno, "cannot read %s", DIRECTORY);
	r = list_directory(directory, ret, d);
	if (!r && ret->len > before)
		qsort(ret->at + before, ret->len - before, sizeof(*ret->at), compare_names);
	return r;
}

void wg_uapi_names_release(struct wg_uapi_names *names)
{
	if (!names)
		return;
	vec_each(name, names)
		free(*name);
	vec_release(names);
}
