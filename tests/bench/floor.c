// SPDX-License-Identifier: GPL-2.0-or-later
// The floor under `wgq up`: sends the bytes that record.c has kept of one, and reads the answers.
// It looks nothing up, reads no configuration and does not mind errors, but for their number.
//
//     floor RECORDING [SOCKET]       SOCKET: that of the userspace WireGuard
#include <err.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"

enum { SOCKETS = 64, BUFFER = 262144 };

static struct {
	uint64_t socket;
	int fd;
	int protocol;
	int elsewhere; /* in a process of its own */
} sockets[SOCKETS];

static const char *unix_path = "";
static int refused;

static int open_socket(const struct record *r)
{
	static const int options[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(r->domain, r->domain == AF_UNIX ? SOCK_STREAM : SOCK_RAW, r->protocol);
	int on = 1, buffer = BUFFER;

	if (fd < 0)
		err(1, "socket");
	if (r->domain == AF_UNIX) {
		snprintf(to.sun_path, sizeof(to.sun_path), "%s", unix_path);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
			err(1, "%s", unix_path);
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	for (int i = 0; i < 3; i++)
		setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on));
	return fd;
}

/* The last message that has to be answered; 0: none. */
static uint32_t awaited(const char *bytes, uint32_t n)
{
	uint32_t seq = 0;

	for (uint32_t at = 0; at + NLMSG_HDRLEN <= n;) {
		const struct nlmsghdr *m = (const void *)(bytes + at);

		if (m->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP))
			seq = m->nlmsg_seq;
		at += NLMSG_ALIGN(m->nlmsg_len);
	}
	return seq;
}

static void read_answers(int fd, uint32_t seq)
{
	static _Alignas(struct nlmsghdr) char answer[32768];

	for (int done = !seq; !done;) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);
		struct nlmsghdr *m = (void *)answer;

		if (n <= 0)
			err(1, "recv");
		for (; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
			if (m->nlmsg_type != NLMSG_ERROR && m->nlmsg_type != NLMSG_DONE)
				continue;
			refused += m->nlmsg_type == NLMSG_ERROR && *(int *)NLMSG_DATA(m) != 0;
			done |= m->nlmsg_seq == seq;
		}
	}
}

static void read_text(int fd, const char *sent, uint32_t n)
{
	char text[64];

	if (n >= 2 && memcmp(sent + n - 2, "\n\n", 2) == 0 && read(fd, text, sizeof(text)) < 9)
		err(1, "no answer");
}

static void replay(int fd, const struct record *r, const char *bytes)
{
	for (uint32_t done = 0; done < r->len;) {
		ssize_t n = send(fd, bytes + done, r->len - done, 0);

		if (n < 0)
			err(1, "send");
		done += (uint32_t)n;
	}
	if (r->domain == AF_NETLINK)
		read_answers(fd, awaited(bytes, r->len));
	else
		read_text(fd, bytes, r->len);
}

/* An rtnetlink socket that begins while another is still in use is another thread's. */
static int is_thread(const char *at, const char *end)
{
	struct record first, r;

	memcpy(&first, at, sizeof(first));
	if (first.domain != AF_NETLINK || first.protocol != NETLINK_ROUTE)
		return 0;
	for (; at < end; at += sizeof(r) + r.len) {
		memcpy(&r, at, sizeof(r));
		for (int i = 0; i < SOCKETS && sockets[i].socket; i++)
			if (sockets[i].socket == r.socket && sockets[i].protocol == NETLINK_ROUTE &&
			    r.socket != first.socket)
				return 1;
	}
	return 0;
}

/* Whether the frame is for this process; mine >= 0: it is that socket's. */
static int find_socket(const struct record *r, const char *at, const char *end, int *mine)
{
	int i = 0;

	while (i < SOCKETS && sockets[i].socket && sockets[i].socket != r->socket)
		i++;
	if (i == SOCKETS)
		errx(1, "too many sockets");
	if (!sockets[i].socket && *mine < 0) {
		sockets[i].socket = r->socket;
		sockets[i].protocol = r->domain == AF_NETLINK ? r->protocol : -1;
		if (is_thread(at, end)) {
			fflush(NULL);
			sockets[i].elsewhere = fork() != 0;
			if (!sockets[i].elsewhere)
				*mine = i;
		}
		if (!sockets[i].elsewhere)
			sockets[i].fd = open_socket(r);
	}
	if (!sockets[i].socket || sockets[i].elsewhere || (*mine >= 0 && i != *mine))
		return -1;
	return i;
}

int main(int argc, char **argv)
{
	int file = open(argv[1], O_RDONLY), mine = -1, status = 0;
	struct stat st;

	if (argc > 2)
		unix_path = argv[2];
	if (file < 0 || fstat(file, &st) < 0)
		err(1, "%s", argv[1]);
	const char *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (at == MAP_FAILED)
		err(1, "mmap");
	for (const char *end = at + st.st_size; at < end;) {
		struct record r;

		memcpy(&r, at, sizeof(r));
		int i = find_socket(&r, at, end, &mine);
		if (i >= 0)
			replay(sockets[i].fd, &r, at + sizeof(r));
		at += sizeof(r) + r.len;
	}
	if (mine >= 0)
		return refused > 255 ? 255 : refused;
	while (wait(&status) > 0)
		refused += WEXITSTATUS(status);
	printf("%d refused\n", refused);
	return 0;
}
