// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel tells by itself: multicast groups, read when they have something.
#include "wgq/kernel/netlink/notices.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/kernel/netlink/netlink.h"

/* What does not fit is lost, which costs one look: so it need not hold all changes of a table. */
enum { RECEIVE_BUFFER = 1 << 20 };

static int join(int fd, const uint32_t *groups, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0 &&
		    errno != ENOENT && errno != EINVAL)
			return -errno;
	return 0;
}

void notices_grow(struct notices *n, int bytes)
{
	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

int notices_open(struct notices *n, int bus, const uint32_t *groups, size_t count)
{
	const struct sockaddr_nl self = {.nl_family = AF_NETLINK};

	*n = (struct notices){.fd = -1, .buffer = mem_calloc(1, NETLINK_BUFFER)};
	int r = n->buffer ? 0 : -ENOMEM;
	if (r == 0)
		n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, bus);
	if (r == 0 && n->fd < 0)
		r = -errno;
	if (r == 0)
		notices_grow(n, RECEIVE_BUFFER);
	if (r == 0 && bind(n->fd, (const struct sockaddr *)&self, sizeof(self)) < 0)
		r = -errno;
	if (r == 0)
		r = join(n->fd, groups, count);
	if (r < 0)
		notices_release(n);
	return r;
}

void notices_release(struct notices *n)
{
	if (!n->buffer)
		return;
	fd_close_at(&n->fd);
	free(n->buffer);
	*n = (struct notices){.fd = -1};
}

int notices_filter(struct notices *n, const struct sock_filter *program, size_t len)
{
	const struct sock_fprog filter = {.len = (unsigned short)len,
					  .filter = (struct sock_filter *)program};

	return setsockopt(n->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno
											    : 0;
}

/* To mnl_nlmsg_ok() a message of 2 GiB is whole, for it looks at the length as an int. */
static bool datagram_take(const void *bytes, size_t len,
			  void (*take)(const struct nlmsghdr *message, void *into), void *into)
{
	const struct nlmsghdr *message = bytes;
	int left = (int)len;

	while (mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left) {
		take(message, into);
		message = mnl_nlmsg_next(message, &left);
	}
	return left <= 0;
}

int notices_read(struct notices *n, void (*take)(const struct nlmsghdr *message, void *into),
		 void *into, bool *ret_lost)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(n->fd, n->buffer, NETLINK_BUFFER, MSG_TRUNC,
				       (struct sockaddr *)&from, &from_len);

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno != EINTR && errno != ENOBUFS)
			return -errno;
		if (got < 0) {
			*ret_lost |= errno == ENOBUFS;
			continue;
		}
		/* Any process with CAP_NET_ADMIN can send to the socket. */
		if (from.nl_pid != 0)
			continue;
		if (got > NETLINK_BUFFER || !datagram_take(n->buffer, (size_t)got, take, into))
			*ret_lost = true;
	}
}
