// SPDX-License-Identifier: GPL-2.0-or-later
// One netlink socket: requests out, checked answers in.
#include "wgq/kernel/netlink/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	ANSWER_SECONDS = 10,
	/* A request that was sent is carried out even if its answer cannot be received: so it is
	 * tried again. */
	RECEIVE_TRIES = 3,
	/* ENOBUFS: the kernel had no memory for a message so long, and may have it soon. */
	SEND_TRIES = 5,
	SEND_PAUSE_MS = 20,
	/* A device that changes during each of so many dumps keeps changing. */
	DUMP_TRIES = 100,
	/* Datagrams from other processes are ignored, up to this number. */
	STRANGERS_MAX = 1000,

	RECEIVE_BUFFER = 262144,
	/* What a queued refusal takes of it: 832 bytes on Linux 6.18, 768 on 6.1. Twice that. */
	ANSWER_COST = 1664,
	/* af_netlink.c, netlink_sendmsg(): len > sk->sk_sndbuf - 32 is EMSGSIZE. */
	SEND_RESERVE = 32,
};

static void socket_close(struct netlink *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

static int socket_open(struct netlink *n)
{
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	static const int options[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
	const int receive = RECEIVE_BUFFER, on = 1;

	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, n->bus);
	if (n->fd < 0)
		return -errno;
	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0) {
		int error = errno;

		socket_close(n);
		return -error;
	}
	/* Root may exceed net.core.rmem_max; others get what it allows. */
	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive)) < 0)
		(void)setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	/* Extended and short acknowledgements, and dumps that the kernel filters: older kernels
	 * lack some of these, and serve without. */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(n->fd, SOL_NETLINK, options[i], &on, sizeof(on));
	return 0;
}

int netlink_open(struct netlink *n, int bus)
{
	*n = (struct netlink){.bus = bus, .fd = -1, .answer = mem_calloc(1, NETLINK_BUFFER)};
	if (!n->answer)
		return -ENOMEM;
	int r = socket_open(n);
	if (r < 0)
		netlink_release(n);
	return r;
}

void netlink_release(struct netlink *n)
{
	if (!n || !n->answer)
		return;
	socket_close(n);
	mem_wipe(n->answer, NETLINK_BUFFER);
	free(n->answer);
	*n = (struct netlink){0};
}

static struct netlink shared[MAX_LINKS];

int netlink_shared(int bus, struct netlink **ret)
{
	*ret = &shared[bus];
	return shared[bus].answer ? 0 : netlink_open(&shared[bus], bus);
}

void netlink_release_shared(void)
{
	for (int bus = 0; bus < MAX_LINKS; bus++)
		netlink_release(&shared[bus]);
}

/* What send() refuses the kernel has not seen. */
static int bytes_send(struct netlink *n, const void *bytes, size_t len)
{
	ssize_t sent;
	int tries = 0;

	do {
		if (tries)
			poll(NULL, 0, SEND_PAUSE_MS);
		sent = send(n->fd, bytes, len, 0);
	} while (sent < 0 && (errno == EINTR || (errno == ENOBUFS && tries++ < SEND_TRIES)));
	if (sent < 0)
		return -errno;
	return (size_t)sent == len ? 0 : -EMSGSIZE;
}

/* One datagram of the kernel's into n->answer: its length, or -errno. */
static ssize_t datagram_receive(struct netlink *n, int flags)
{
	for (int strangers = 0; strangers < STRANGERS_MAX;) {
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(n->fd, n->answer, NETLINK_BUFFER, MSG_TRUNC | flags,
				       (struct sockaddr *)&from, &from_len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got > 0 && from.nl_pid == 0)
			return got <= NETLINK_BUFFER ? got : -EMSGSIZE;
		strangers++;
	}
	return -EAGAIN;
}

/* An exchange under way. */
struct exchange {
	const struct netlink_request *request;
	struct ack *ack;  /* the first refusal */
	bool done;        /* the last message is answered */
	bool enough;      /* the sink wants no more */
	bool interrupted; /* the list is not of one moment */
	int lost;         /* -errno: some answer may be missing */
};

static int acknowledgement_take(struct exchange *x, const struct nlmsghdr *message, uint32_t index)
{
	const struct netlink_request *request = x->request;
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
	x->done |= index == request->count - 1;
	return 0;
}

static int message_take(struct exchange *x, const struct nlmsghdr *message)
{
	const struct netlink_sink *sink = x->request->sink;
	uint32_t index = message->nlmsg_seq - x->request->first;

	/* The late answer to a request that was given up. */
	if (index >= x->request->count)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		x->interrupted = true;
	if (message->nlmsg_type == NLMSG_OVERRUN)
		return -ENOBUFS;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
		return acknowledgement_take(x, message, index);
	if (message->nlmsg_type < NLMSG_MIN_TYPE || !sink || x->enough)
		return 0;

	int r = sink->take(message, sink->into);
	x->enough = r == NETLINK_ENOUGH;
	x->done |= x->request->one;
	return r < 0 ? r : 0;
}

static bool is_over(const struct exchange *x)
{
	return x->done && !x->request->atomic;
}

static int datagram_take(struct exchange *x, const void *bytes, size_t len)
{
	const struct nlmsghdr *message = bytes;
	int left = (int)len, r = 0;

	/* To mnl_nlmsg_ok() a message of 2 GiB is whole, for it looks at the length as an int. */
	while (r == 0 && !is_over(x) && mnl_nlmsg_ok(message, left) &&
	       message->nlmsg_len <= (uint32_t)left) {
		r = message_take(x, message);
		message = mnl_nlmsg_next(message, &left);
	}
	if (r < 0 || is_over(x))
		return r;
	return left > 0 ? -EPROTO : 0;
}

/* Behind an error all that is still to come is there already. A list that is left ends with the
 * next datagram, or is long. */
static int answers_read(struct netlink *n, struct exchange *x)
{
	const struct netlink_request *request = x->request;
	int r = 0;

	for (int tries = 0, left = 0; r == 0 && !is_over(x) && left < 2; left += x->enough) {
		ssize_t got = datagram_receive(n, tries || request->atomic ? MSG_DONTWAIT : 0);

		if (got >= 0) {
			r = datagram_take(x, n->answer, (size_t)got);
		} else if (got == -EAGAIN && (tries || request->atomic)) {
			break;
		} else if (tries++ < RECEIVE_TRIES) {
			x->lost = x->lost ? x->lost : got == -EAGAIN ? -ETIMEDOUT : (int)got;
		} else {
			break;
		}
	}
	if (r < 0 || x->enough || x->ack->error)
		return r;
	/* Of several messages one may have been refused in an answer that is missing. */
	if (request->count > 1 && (x->lost || !x->done))
		return -ENOBUFS;
	if (!x->done)
		return x->lost ? x->lost : -ENOBUFS;
	return 0;
}

int netlink_exchange(struct netlink *n, const struct netlink_request *request, struct ack *ret)
{
	struct exchange x = {.request = request, .ack = ret};

	*ret = (struct ack){.seq = request->first};
	int r = n->fd < 0 ? socket_open(n) : 0;
	if (r == 0)
		r = bytes_send(n, request->bytes, request->len);
	if (r == 0)
		r = answers_read(n, &x);

	/* A dump that is left goes on in the kernel, which refuses another one on the socket. */
	if (r < 0 || (x.enough && !x.done))
		socket_close(n);
	if (r < 0 && !ret->error)
		ret->error = -r;
	if (ret->error)
		return -ret->error;
	return x.interrupted && !x.enough ? -EINTR : 0;
}

int netlink_talk(struct netlink *n, struct nlmsghdr *message, const struct netlink_sink *sink,
		 struct ack *ret)
{
	size_t start = sink && sink->len ? *sink->len : 0;
	bool is_dump = (message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	bool one = sink && !is_dump && !(message->nlmsg_flags & NLM_F_ECHO);

	message->nlmsg_flags |= NLM_F_REQUEST | (one ? 0 : NLM_F_ACK);
	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		message->nlmsg_seq = ++n->seq;
		if (sink && sink->len)
			*sink->len = start;
		if (tries && sink && sink->restart)
			sink->restart(sink->into);

		const struct netlink_request request = {
			.bytes = message,
			.len = message->nlmsg_len,
			.first = message->nlmsg_seq,
			.count = 1,
			.one = one,
			.sink = sink,
		};
		int r = netlink_exchange(n, &request, ret);
		if (r != -EINTR)
			return r;
	}
	*ret = (struct ack){.error = EAGAIN};
	return -EAGAIN;
}

static size_t buffer_size(const struct netlink *n, int option)
{
	int size = 0;
	socklen_t len = sizeof(size);

	if (getsockopt(n->fd, SOL_SOCKET, option, &size, &len) < 0 || size < 0)
		return 0;
	return (size_t)size;
}

size_t netlink_batch_max(const struct netlink *n, size_t message_max)
{
	size_t answers = buffer_size(n, SO_RCVBUF) / ANSWER_COST;
	size_t room = buffer_size(n, SO_SNDBUF);
	size_t messages = room > SEND_RESERVE ? (room - SEND_RESERVE) / message_max : 0;
	size_t max = answers < messages ? answers : messages;

	return max ? max : 1;
}

static int each_in(const void *payload, size_t len, netlink_attribute *get, void *data)
{
	const struct nlattr *a = payload;

	/* The padding of the last attribute may be missing. */
	for (size_t step; len >= sizeof(*a); a = mnl_attr_next(a), len -= step) {
		if (!mnl_attr_ok(a, (int)len))
			return -EPROTO;
		int r = get(a, data);
		if (r < 0)
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

int netlink_each(const struct nlmsghdr *message, size_t header, netlink_attribute *get, void *data)
{
	size_t len = mnl_nlmsg_get_payload_len(message);

	if (message->nlmsg_len < NLMSG_HDRLEN || len < NLMSG_ALIGN(header))
		return -EPROTO;
	return each_in(mnl_nlmsg_get_payload_offset(message, header), len - NLMSG_ALIGN(header),
		       get, data);
}

static int sort_one(const struct nlattr *a, void *data)
{
	const struct netlink_table *table = data;
	uint16_t type = mnl_attr_get_type(a);

	if (type > table->max)
		return 0;
	if (table->least && mnl_attr_get_payload_len(a) < table->least[type])
		return -EPROTO;
	table->at[type] = a;
	return 0;
}

static void table_clear(const struct netlink_table *table)
{
	for (size_t type = 0; type <= table->max; type++)
		table->at[type] = NULL;
}

int netlink_sort(const struct nlmsghdr *message, size_t header, const struct netlink_table *table)
{
	table_clear(table);
	return netlink_each(message, header, sort_one, (void *)table);
}

int netlink_sort_nested(const struct nlattr *nest, const struct netlink_table *table)
{
	table_clear(table);
	return netlink_each_nested(nest, sort_one, (void *)table);
}

int netlink_sort_bytes(const void *bytes, size_t len, const struct netlink_table *table)
{
	table_clear(table);
	return each_in(bytes, len, sort_one, (void *)table);
}

void netlink_text(const struct nlattr *a, char *ret, size_t size)
{
	size_t len = strnlen(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));

	if (len >= size)
		len = size - 1;
	memcpy(ret, mnl_attr_get_payload(a), len);
	ret[len] = '\0';
}
