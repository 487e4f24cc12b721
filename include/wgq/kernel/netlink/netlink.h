/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way to ask the kernel over netlink. kernel/rtnetlink, kernel/wg and kernel/nft build
 * messages and read objects; this room sends the messages and hands out the answers.
 *
 * The kernel answers a request before its send() returns, and goes on with a dump while the part
 * before is received. So an answer that is not there is lost: the exchange fails, and does not
 * wait. An answer is taken when it comes from the kernel (nl_pid 0: any process with CAP_NET_ADMIN
 * can send to the socket), has the number of the request, and is whole. What is inside is checked
 * by the callers. Errors are numbers here, since only the callers know what they asked for.
 *
 *	netlink.c	sockets, exchanges, attributes
 *	notices.c	what the kernel tells by itself
 *	ack.c		the kernel's refusals, in its own words
 *	unix_diag.c	which Unix sockets listen, for the sockets of userspace WireGuard */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/ack.h"

/* The kernel sizes the messages of a dump by the largest buffer ever used on the socket, up to
 * 32 KiB (netlink_dump() in net/netlink/af_netlink.c): one size for all. */
enum { NETLINK_BUFFER = 32768 };

struct netlink {
	int bus;         /* NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_NETFILTER */
	int fd;          /* -1: the next request opens one */
	uint32_t seq;    /* of the newest message */
	uint16_t family; /* of NETLINK_GENERIC: the number of the user's family; 0: not known yet */
	void *answer;    /* NETLINK_BUFFER bytes; they may hold keys */
};

/* Opens a socket of the bus. 0 or -errno; -EPROTONOSUPPORT: the kernel does not have it at all. */
int netlink_open(struct netlink *n, int bus);
/* Closes the socket and wipes the buffer. Takes one that is zeroed or was not opened. Closing a
 * netfilter socket that deleted something takes about 9 ms. */
void netlink_release(struct netlink *n);

/* The process's socket of a bus, which is opened when it is first asked for, and stays open: for
 * the first thread alone. It belongs to the network namespace of that moment; errors as above. */
int netlink_shared(int bus, struct netlink **ret);
/* Releases them all: at the end, or in another network namespace. */
void netlink_release_shared(void);

/* Where the objects of an answer go. take() returns 0, NETLINK_ENOUGH to end the answer, or
 * -errno. */
enum { NETLINK_ENOUGH = 1 };
struct netlink_sink {
	int (*take)(const struct nlmsghdr *message, void *into);
	void *into;
	size_t *len; /* of the array that grows; cut back when a dump starts again; may be NULL */
	void (*restart)(void *into); /* the same for what is more than an array; may be NULL */
};

/* Messages that are sent at once, numbered from first; the last of count has NLM_F_ACK. */
struct netlink_request {
	const void *bytes;
	size_t len;
	uint32_t first, count;
	/* A batch of nf_tables: where a message is refused, nothing is done, whatever the last
	 * one's acknowledgement says; and the refusal may be all that is answered. */
	bool atomic;
	bool already_is_fine;            /* ESRCH, ENODEV and EEXIST are success */
	bool one;                        /* without NLM_F_ACK: one object is the answer */
	const struct netlink_sink *sink; /* NULL: no objects are expected */
	bool *failed;                    /* [count], set where the kernel refuses; may be NULL */
};

/* Sends them and reads the answers. 0, or -errno, which *ret explains: the first refusal, or, when
 * there is none, why the answer is missing; of several messages -ENOBUFS. -EINTR: the objects
 * changed while they were listed. */
int netlink_exchange(struct netlink *n, const struct netlink_request *request, struct ack *ret);

/* Numbers one message, sends it with NLM_F_REQUEST, and starts an interrupted dump again. sink may
 * be NULL. */
int netlink_talk(struct netlink *n, struct nlmsghdr *message, const struct netlink_sink *sink,
		 struct ack *ret);

/* As many messages of a length, of which each may be answered, as fit the socket's buffers. An
 * answer that does not fit is dropped, and the last acknowledgement with it. */
size_t netlink_batch_max(const struct netlink *n, size_t message_max);

/* Attributes, given one by one to a function that returns 0 or -errno: of a message behind the
 * family's header, inside another attribute, or in bytes. -EPROTO where the lengths do not add up,
 * which libmnl's own loops pass over. */
typedef int netlink_attribute(const struct nlattr *a, void *data);
int netlink_each(const struct nlmsghdr *message, size_t header, netlink_attribute *get, void *data);
int netlink_each_nested(const struct nlattr *nest, netlink_attribute *get, void *data);

/* Attributes sorted by type: NULL where there is none; of two the last counts, and types above max
 * are passed over. least[type] is the least length of a payload; NULL: any will do. */
struct netlink_table {
	const struct nlattr **at; /* [max + 1] */
	const uint8_t *least;     /* [max + 1] */
	uint16_t max;
};
int netlink_sort(const struct nlmsghdr *message, size_t header, const struct netlink_table *table);
int netlink_sort_nested(const struct nlattr *nest, const struct netlink_table *table);
int netlink_sort_bytes(const void *bytes, size_t len, const struct netlink_table *table);

/* A text, cut to the size of *ret. */
void netlink_text(const struct nlattr *a, char *ret, size_t size);

#define _cleanup_netlink_ _cleanup_(netlink_release)
