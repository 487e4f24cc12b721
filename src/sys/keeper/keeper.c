// SPDX-License-Identifier: GPL-2.0-or-later
// The socket of the `wgq run` that looks after an interface, from both sides.
#include "wgq/sys/keeper/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wgq/base/mem.h"

static const char folder[] = "/run/wgq";

/* An answer is one packet. A process that does not answer so soon is stopped, or busy. */
enum { ANSWER_MAX = 65536, ANSWER_MS = 500, BACKLOG = 16, WORD_MAX = 16 };

static const char *const words[] = {[KEEPER_NONE] = "",
				    [KEEPER_HOLD] = "hold",
				    [KEEPER_LEAVE] = "leave",
				    [KEEPER_TELL] = "tell"};

static int address_of(const char *ifname, struct sockaddr_un *ret)
{
	struct stat st;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (stat("/proc/self/ns/net", &st) < 0)
		return -errno;
	int n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s@%llu", folder, ifname,
			 (unsigned long long)st.st_ino);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG : 0;
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* The folder is root's; but in a user namespace root may be anybody. -EPERM: it is not trusted.
 */
static int find_peer(int fd, pid_t *ret_pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -EPERM;
	*ret_pid = peer.pid;
	return peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

static int connect_to(const char *ifname, int *ret_fd, pid_t *ret_pid)
{
	struct sockaddr_un address;
	int r = address_of(ifname, &address);
	_cleanup_fd_ int fd = r < 0 ? r : new_socket();

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ECONNREFUSED ? -ENOENT : -errno;
	r = find_peer(fd, ret_pid);
	if (r == 0)
		*ret_fd = steal_fd(fd);
	return r;
}

int keeper_send_more(int fd, enum keeper_word word)
{
	return send(fd, words[word], strlen(words[word]), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int keeper_send(const char *ifname, enum keeper_word word, int *ret_fd, pid_t *ret_pid)
{
	_cleanup_fd_ int fd = -1;
	int r = connect_to(ifname, &fd, ret_pid);

	if (r == 0)
		r = keeper_send_more(fd, word);
	if (r < 0)
		return r;
	*ret_fd = steal_fd(fd);
	return 0;
}

int keeper_ask(const char *ifname, pid_t *ret_pid, struct buf *ret)
{
	_cleanup_fd_ int fd = -1;
	int r = keeper_send(ifname, KEEPER_TELL, &fd, ret_pid);
	struct pollfd answer = {.fd = fd, .events = POLLIN};

	if (r < 0)
		return r;
	if (poll(&answer, 1, ANSWER_MS) <= 0)
		return -ETIMEDOUT;
	char *at = buf_space(ret, ANSWER_MAX);
	ssize_t got = at ? recv(fd, at, ANSWER_MAX, 0) : -1;

	if (!at)
		return -ENOMEM;
	if (got <= 0)
		return got < 0 ? -errno : -EPIPE;
	buf_grow(ret, (size_t)got);
	return 0;
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int keeper_listen(const char *ifname, int *ret_fd, struct diag *d)
{
	struct sockaddr_un address;
	_cleanup_fd_ int other = -1;
	pid_t pid = 0;
	int r = connect_to(ifname, &other, &pid);

	if (r == 0)
		return diag_refuse(d, EADDRINUSE, "wgq run (process %d) already looks after `%s'",
				   (int)pid, ifname);
	_cleanup_fd_ int fd = new_socket();
	r = fd < 0 ? fd : address_of(ifname, &address);
	if (r == 0)
		r = bind_to(fd, &address);
	if (r < 0) {
		diag_fail(d, -r, "cannot listen in %s", folder);
		diag_note(d, "wgq status and wgq down cannot reach this process");
		return r;
	}
	*ret_fd = steal_fd(fd);
	return 0;
}

void keeper_unlisten(const char *ifname, int fd)
{
	struct sockaddr_un address;

	if (fd < 0)
		return;
	close(fd);
	if (address_of(ifname, &address) == 0)
		unlink(address.sun_path);
}

int keeper_accept(int fd)
{
	_cleanup_fd_ int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	pid_t pid;

	if (connection < 0)
		return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
	int r = find_peer(connection, &pid);
	return r < 0 ? r : steal_fd(connection);
}

int keeper_read(int fd, enum keeper_word *ret)
{
	char text[WORD_MAX];
	ssize_t got = recv(fd, text, sizeof(text), 0);

	*ret = KEEPER_NONE;
	if (got <= 0)
		return got == 0 || errno != EAGAIN ? -EPIPE : -EAGAIN;
	for (size_t i = KEEPER_HOLD; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == (size_t)got && memcmp(words[i], text, (size_t)got) == 0)
			*ret = (enum keeper_word)i;
	return 0;
}

void keeper_answer(int fd, const struct buf *lines)
{
	size_t len = lines->len < ANSWER_MAX ? lines->len : ANSWER_MAX;

	(void)!send(fd, buf_text(lines), len, MSG_NOSIGNAL);
}
