/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One netlink socket of libmnl, and the one way in which wg_netlink and nft ask the kernel over it.
 * Errors are numbers here, for only the callers know what they asked for.
 *
 * Answers are checked before anybody sees them: they come from the kernel, belong to the request,
 * are whole and well formed on the outside; what is inside is for the callers to check. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wgq/kernel/ack.h"

/* The kernel sizes the messages of a dump by the largest buffer ever used on the socket, up to
 * 32 KiB (netlink_dump() in net/netlink/af_netlink.c): one size for all. */
enum { NETLINK_BUFFER = 32768 };

struct netlink {
	struct mnl_socket *socket;
	void *buffer; /* NETLINK_BUFFER bytes for answers; they may hold keys */
	uint32_t seq; /* of the newest request */
};

/* bus: NETLINK_GENERIC, NETLINK_NETFILTER. Zeroes *n first. 0 or -errno; -EPROTONOSUPPORT: the
 * kernel does not have this netlink at all. */
int netlink_open(struct netlink *n, int bus);

/* Wipes the buffer. Closing a netfilter socket that deleted something takes about 9 ms. */
void netlink_release(struct netlink *n);

/* Gets each message of an answer but its end. A dump that a change interrupted is made again: every
 * attempt begins with a message NULL, upon which what came before is to be forgotten. Returns 0 or
 * -errno, which ends the reading. */
typedef int netlink_each(const struct nlmsghdr *message, void *data);

/* Sends one request, whose flags have either NLM_F_DUMP or NLM_F_ACK, and reads its answer to the
 * end. each may be NULL. 0 or -errno, which *ret also holds, with the kernel's text if any. */
int netlink_ask(struct netlink *n, struct nlmsghdr *request, netlink_each *each, void *data,
		struct ack *ret);

/* For batches: sends bytes as they are; receives one datagram into n->buffer, its length or -errno.
 * flags may be MSG_DONTWAIT. */
int netlink_send(struct netlink *n, const void *data, size_t len);
ssize_t netlink_receive(struct netlink *n, int flags);

/* Whether a whole message is in so many bytes. To libmnl's mnl_nlmsg_ok() one of 2 GiB and more is,
 * for it looks at the length as an int. */
bool netlink_message_ok(const struct nlmsghdr *message, int left);

/* Gives each attribute inside another one, or behind the family's header of a message, to a
 * function that returns 0 or -errno; -EPROTO where the lengths do not add up, which libmnl's own
 * loops pass over. */
typedef int netlink_attribute(const struct nlattr *a, void *data);
int netlink_each_nested(const struct nlattr *nest, netlink_attribute *get, void *data);
int netlink_each_attribute(const struct nlmsghdr *message, size_t header, netlink_attribute *get,
			   void *data);

#define _cleanup_netlink_ _cleanup_(netlink_release)
