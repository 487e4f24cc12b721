// SPDX-License-Identifier: GPL-2.0-or-later
// The libmnl socket of wg_netlink and nft: requests out, checked answers in.
#include "wgq/kernel/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "wgq/base/mem.h"

/* The kernel has queued its answer when the request's send() returns, so that one which does not
 * come never will. And a device that changes during each of so many dumps always does. */
enum { ANSWER_SECONDS = 10, DUMP_ATTEMPTS = 100 };

/* For the same reason an error is none to give the answer up at once. */
enum { RECEIVE_TRIES = 3 };

int netlink_open(struct netlink *n, int bus)
{
	struct timeval patience = {.tv_sec = ANSWER_SECONDS};

	*n = (struct netlink){0};
	n->buffer = mem_calloc(1, NETLINK_BUFFER);
	if (!n->buffer)
		return -ENOMEM;
	n->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(n->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0) {
		int error = errno;

		netlink_release(n);
		return -error;
	}
	ack_ask(mnl_socket_get_fd(n->socket));
	return 0;
}

void netlink_release(struct netlink *n)
{
	if (!n)
		return;
	if (n->socket)
		mnl_socket_close(n->socket);
	if (n->buffer)
		mem_wipe(n->buffer, NETLINK_BUFFER);
	free(n->buffer);
	*n = (struct netlink){0};
}

int netlink_send(struct netlink *n, const void *data, size_t len)
{
	ssize_t sent;

	do
		sent = mnl_socket_sendto(n->socket, data, len);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == len ? 0 : -EIO;
}

ssize_t netlink_receive(struct netlink *n, int flags)
{
	struct sockaddr_nl from = {0};
	socklen_t from_len = sizeof(from);
	int fd = mnl_socket_get_fd(n->socket), r = 0;

	/* Whoever may configure the network may also send to this socket: nl_pid 0 is the kernel.
	 */
	for (int tries = 0; tries < RECEIVE_TRIES;) {
		ssize_t got = recvfrom(fd, n->buffer, NETLINK_BUFFER, MSG_TRUNC | flags,
				       (struct sockaddr *)&from, &from_len);

		if ((got < 0 && errno == EINTR) || (got >= 0 && from.nl_pid != 0))
			continue;
		if (got >= 0)
			return got <= NETLINK_BUFFER ? got : -EMSGSIZE;
		if (errno == EAGAIN && !(flags & MSG_DONTWAIT))
			return r ? r : -ETIMEDOUT;
		if (errno == EAGAIN || (flags & MSG_DONTWAIT && errno == ENOBUFS))
			return -errno;
		r = tries++ ? r : -errno;
	}
	return r;
}

bool netlink_message_ok(const struct nlmsghdr *message, int left)
{
	return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

/* The messages of one datagram. 1: the answer is complete, 0: more follows, or -errno. */
static int read_datagram(struct netlink *n, size_t len, netlink_each *each, void *data,
			 bool *interrupted, struct ack *ret)
{
	const struct nlmsghdr *m = n->buffer;
	int left = (int)len;

	for (; netlink_message_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
		int r = 0;

		if (m->nlmsg_seq != n->seq ||
		    !mnl_nlmsg_portid_ok(m, mnl_socket_get_portid(n->socket)))
			continue;
		if (m->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
			r = ack_parse(m, ret);
			return r ? r : 1;
		}
		if (m->nlmsg_type == NLMSG_OVERRUN)
			return -ENOBUFS;
		if (m->nlmsg_type >= NLMSG_MIN_TYPE && each)
			r = each(m, data);
		if (r)
			return r;
	}
	return left > 0 ? -EPROTO : 0;
}

static int read_answer(struct netlink *n, netlink_each *each, void *data, bool *interrupted,
		       struct ack *ret)
{
	int done = 0;

	while (!done) {
		ssize_t got = netlink_receive(n, 0);

		if (got < 0)
			return (int)got;
		done = read_datagram(n, (size_t)got, each, data, interrupted, ret);
	}
	return done < 0 ? done : -ret->error;
}

int netlink_ask(struct netlink *n, struct nlmsghdr *request, netlink_each *each, void *data,
		struct ack *ret)
{
	bool interrupted = true;
	int r = 0;

	for (unsigned attempt = 0; interrupted && attempt < DUMP_ATTEMPTS; attempt++) {
		*ret = (struct ack){0};
		interrupted = false;
		request->nlmsg_seq = ++n->seq;
		if (each)
			r = each(NULL, data);
		if (!r)
			r = netlink_send(n, request, request->nlmsg_len);
		if (!r)
			r = read_answer(n, each, data, &interrupted, ret);
		if (r)
			break;
	}
	if (!r && interrupted)
		r = -EBUSY;
	ret->error = -r;
	return r;
}

static int each_in(const void *payload, size_t len, netlink_attribute *get, void *data)
{
	const struct nlattr *a = payload;

	/* The padding of the last attribute may be missing. */
	for (size_t step; len >= sizeof(*a); a = mnl_attr_next(a), len -= step) {
		if (!mnl_attr_ok(a, (int)len))
			return -EPROTO;
		int r = get(a, data);
		if (r)
			return r;
		step = MNL_ALIGN(a->nla_len);
		if (step > len)
			return 0;
	}
	return len ? -EPROTO : 0;
}

int netlink_each_nested(const struct nlattr *nest, netlink_attribute *get, void *data)
{
	return each_in(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), get, data);
}

int netlink_each_attribute(const struct nlmsghdr *message, size_t header, netlink_attribute *get,
			   void *data)
{
	size_t len = mnl_nlmsg_get_payload_len(message);

	if (len < NLMSG_ALIGN(header))
		return -EPROTO;
	return each_in(mnl_nlmsg_get_payload_offset(message, header), len - NLMSG_ALIGN(header),
		       get, data);
}
