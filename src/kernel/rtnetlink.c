// SPDX-License-Identifier: GPL-2.0-or-later
// The rtnetlink socket, and the one function that sends requests and reads their answers.
#include "wgq/kernel/rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

enum {
	/* The kernel answers before send() returns; so long a silence means that the answer is
	 * lost, and then it is better to fail than to hang. */
	ANSWER_TIMEOUT_MS = 10000,
	/* A dump that changes meanwhile is read again. */
	DUMP_TRIES = 20,
	/* A request that was sent is carried out, whatever becomes of its answer: so an error is no
	 * reason not to look for it again. All but a dump's is there by then. */
	RECEIVE_TRIES = 3,
	AGAIN_TIMEOUT_MS = 100,
	SEND_TRIES = 5,
	SEND_PAUSE_MS = 20,
	/* Datagrams from other processes, which only root can send, are passed over. */
	STRANGERS_MAX = 1000,

	RECEIVE_BUFFER = 262144,
	/* What a queued refusal takes of it: 832 bytes on Linux 6.18, 768 on 6.1. Twice that. */
	ANSWER_COST = 1664,
	/* af_netlink.c, netlink_sendmsg(): len > sk->sk_sndbuf - 32 is EMSGSIZE. */
	SEND_RESERVE = 32,
};

static void socket_free_at(struct nl_sock **s)
{
	nl_socket_free(*s);
}

static size_t socket_buffer(int fd, int option)
{
	int size = 0;
	socklen_t n = sizeof(size);

	if (getsockopt(fd, SOL_SOCKET, option, &size, &n) < 0 || size < 0)
		return 0;
	return (size_t)size;
}

/* As many messages as the answers that they may get fit the buffer: an answer that does not is
 * dropped, and the last acknowledgement with it. */
static size_t batch_size(int fd)
{
	size_t receive = socket_buffer(fd, SO_RCVBUF) / ANSWER_COST;
	size_t send = socket_buffer(fd, SO_SNDBUF);
	size_t size = RTNETLINK_BATCH_MAX;

	send = send > SEND_RESERVE ? (send - SEND_RESERVE) / RTNETLINK_BATCH_MESSAGE_MAX : 0;
	if (size > receive)
		size = receive;
	if (size > send)
		size = send;
	return size ? size : 1;
}

static int socket_open(struct rtnetlink *rt)
{
	_cleanup_(socket_free_at) struct nl_sock *s = nl_socket_alloc();
	const int receive = RECEIVE_BUFFER;

	if (!s)
		return -ENOMEM;
	errno = 0;
	if (nl_connect(s, NETLINK_ROUTE) < 0)
		return errno ? -errno : -EPROTONOSUPPORT;

	int fd = nl_socket_get_fd(s);
	/* Root may exceed net.core.rmem_max; others get what it allows. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive));
	ack_ask(fd);
	rt->batch = batch_size(fd);
	rt->socket = steal(s);
	return 0;
}

static void socket_close(struct rtnetlink *rt)
{
	nl_socket_free(rt->socket);
	rt->socket = NULL;
}

int rtnetlink_open(struct rtnetlink **ret, struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = mem_calloc(1, sizeof(*rt));

	*ret = NULL;
	if (!rt)
		return diag_no_memory(d);
	int r = socket_open(rt);
	if (r < 0)
		return diag_fail(d, -r, "cannot open an rtnetlink socket");
	*ret = steal(rt);
	return 0;
}

void rtnetlink_free(struct rtnetlink *rt)
{
	if (!rt)
		return;
	socket_close(rt);
	free(rt);
}

void rtnetlink_free_at(struct rtnetlink **rt)
{
	rtnetlink_free(*rt);
}

/* What send() refuses the kernel has not seen. ENOBUFS: it had no memory for a message so long, and
 * may have it soon. */
static int bytes_send(int fd, const void *bytes, size_t n)
{
	ssize_t sent;
	int tries = 0;

	do {
		if (tries)
			poll(NULL, 0, SEND_PAUSE_MS);
		sent = send(fd, bytes, n, 0);
	} while (sent < 0 && (errno == EINTR || (errno == ENOBUFS && tries++ < SEND_TRIES)));
	if (sent < 0)
		return -errno;
	return (size_t)sent == n ? 0 : -EMSGSIZE;
}

/* One datagram of the kernel's into rt->answer: its length, or -errno. libnl's own nl_recv() turns
 * the errno into its own numbers, among which ENOBUFS is lost. */
static ssize_t answer_receive(struct rtnetlink *rt)
{
	int fd = nl_socket_get_fd(rt->socket);
	int tries = 0, r = -ETIMEDOUT;

	for (int strangers = 0; strangers < STRANGERS_MAX && tries < RECEIVE_TRIES;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		struct sockaddr_nl from = {0};
		struct iovec into = {.iov_base = rt->answer, .iov_len = sizeof(rt->answer)};
		struct msghdr header = {.msg_name = &from,
					.msg_namelen = sizeof(from),
					.msg_iov = &into,
					.msg_iovlen = 1};

		int ready = poll(&wait, 1, tries ? AGAIN_TIMEOUT_MS : ANSWER_TIMEOUT_MS);
		if (ready == 0)
			break;
		ssize_t n = ready < 0 ? -1 : recvmsg(fd, &header, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0) {
			r = tries++ ? r : -errno;
			continue;
		}
		if (from.nl_pid != 0 || n == 0) {
			strangers++;
			continue;
		}
		return header.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
	}
	return r;
}

/* An exchange under way. */
struct exchange {
	const struct rtnetlink_request *request;
	struct ack *ack;  /* the first refusal */
	bool done;        /* the last message is answered */
	bool enough;      /* the sink wants no more */
	bool interrupted; /* the list is not of one moment */
};

static int acknowledgement_take(struct exchange *x, const struct nlmsghdr *message, uint32_t index)
{
	const struct rtnetlink_request *request = x->request;
	struct ack ack;
	int r = ack_parse(message, &ack);

	if (r < 0)
		return r;
	if (request->already_is_fine &&
	    (ack.error == ESRCH || ack.error == ENODEV || ack.error == EEXIST))
		ack.error = 0;
	if (ack.error && request->failed)
		request->failed[index] = true;
	if (ack.error && !x->ack->error)
		*x->ack = ack;
	x->done = index == request->count - 1;
	return 0;
}

static int message_take(struct exchange *x, struct nlmsghdr *message)
{
	const struct rtnetlink_request *request = x->request;
	uint32_t index = message->nlmsg_seq - request->first;

	/* The late answer to a request that was given up. */
	if (index >= request->count)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		x->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
		return acknowledgement_take(x, message, index);
	if (message->nlmsg_type < NLMSG_MIN_TYPE || !request->sink)
		return 0;

	int r = request->sink->take(message, request->sink->into);
	x->enough = r == RTNETLINK_ENOUGH;
	return r < 0 ? r : 0;
}

static int answer_take(struct exchange *x, char *bytes, size_t n)
{
	struct nlmsghdr *message = (struct nlmsghdr *)(void *)bytes;
	int left = (int)n;
	int r = 0;

	while (r == 0 && !x->done && !x->enough && nlmsg_ok(message, left)) {
		r = message_take(x, message);
		message = nlmsg_next(message, &left);
	}
	if (r < 0 || x->done || x->enough)
		return r;
	return left > 0 ? -EPROTO : 0;
}

int rtnetlink_exchange(struct rtnetlink *rt, const struct rtnetlink_request *request,
		       struct ack *ret)
{
	struct exchange x = {.request = request, .ack = ret};

	*ret = (struct ack){.seq = request->first};
	int r = rt->socket ? 0 : socket_open(rt);
	if (r == 0)
		r = bytes_send(nl_socket_get_fd(rt->socket), request->bytes, request->len);
	while (r == 0 && !x.done && !x.enough) {
		ssize_t n = answer_receive(rt);

		r = n < 0 ? (int)n : answer_take(&x, rt->answer, (size_t)n);
	}

	/* A dump that is left goes on in the kernel, which refuses another one on the socket. */
	if (r < 0 || x.enough)
		socket_close(rt);
	if (r < 0 && !ret->error)
		ret->error = -r;
	if (ret->error)
		return -ret->error;
	return x.interrupted && !x.enough ? -EINTR : 0;
}

int rtnetlink_talk(struct rtnetlink *rt, struct nl_msg *message, const struct rtnetlink_sink *sink,
		   struct ack *ret)
{
	struct nlmsghdr *head = nlmsg_hdr(message);
	size_t start = sink && sink->len ? *sink->len : 0;

	head->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		head->nlmsg_seq = ++rt->seq;
		if (sink && sink->len)
			*sink->len = start;
		if (tries && sink && sink->restart)
			sink->restart(sink->into);

		const struct rtnetlink_request request = {
			.bytes = head,
			.len = head->nlmsg_len,
			.first = head->nlmsg_seq,
			.count = 1,
			.sink = sink,
		};
		int r = rtnetlink_exchange(rt, &request, ret);
		if (r != -EINTR)
			return r;
	}
	*ret = (struct ack){.error = EAGAIN};
	return -EAGAIN;
}

struct nl_msg *rtnetlink_message(int type, int flags, const void *head, size_t n)
{
	_cleanup_message_ struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (!message || nlmsg_append(message, (void *)head, n, NLMSG_ALIGNTO) < 0)
		return NULL;
	return steal(message);
}

void rtnetlink_message_free_at(struct nl_msg **message)
{
	nlmsg_free(*message);
}
