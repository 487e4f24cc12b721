/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of rtnetlink share: the socket, requests, and the parsers of answers. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/netlink.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/net/policy.h"

/* The most messages that are sent at once, and the longest of them (an IPv6 route). */
enum { RTNETLINK_BATCH_MAX = 128, RTNETLINK_BATCH_MESSAGE_MAX = 96 };
/* LOOPBACK_IFINDEX of include/net/flow.h: in each network namespace. */
enum { RTNETLINK_LOOPBACK = 1 };

struct rtnetlink {
	struct netlink *netlink; /* own, or the process's */
	struct netlink own;
	size_t batch; /* messages at once; 0: not known yet */
};

/* With a socket of its own, for another thread. */
int rtnetlink_open_own(struct rtnetlink **ret, struct diag *d);

/* A request in the making, on the caller's stack. None is longer. */
struct rtnetlink_message {
	_Alignas(struct nlmsghdr) char bytes[512];
};
/* Begins it with its fixed header. */
struct nlmsghdr *rtnetlink_begin(struct rtnetlink_message *message, int type, int flags,
				 const void *head, size_t n);

/* "wg0", or "with index 7" when it has no name any more. */
enum { RTNETLINK_LINK_TEXT_MAX = 32 };
void rtnetlink_link_text(uint32_t index, char ret_text[RTNETLINK_LINK_TEXT_MAX]);

/* By index; ret->index is 0 when there is none. */
int rtnetlink_link_get_index(struct rtnetlink *rt, uint32_t index, struct link *ret,
			     struct ack *ret_ack);

/* The parsers: pure, for complete messages with any content. 0, or -EPROTO. Where the family is
 * neither IPv4 nor IPv6, nothing else is filled in. */

int rtnetlink_link_parse(const struct nlmsghdr *message, struct link *ret);
int rtnetlink_addr_parse(const struct nlmsghdr *message, struct link_addr *ret);
int rtnetlink_rule_parse(const struct nlmsghdr *message, struct policy_rule *ret);
/* The hops have no names. Of one that was deleted, too. */
int rtnetlink_route_parse(const struct nlmsghdr *message, struct policy_route *ret);
/* Appends a message for rtnetlink_kept_restore(); one that is longer is left out. */
enum { RTNETLINK_KEPT_MAX = 4096 };
void rtnetlink_kept_add(struct buf *kept, const struct nlmsghdr *message);
/* An address attribute of a family; what is of another length is -EPROTO. */
int rtnetlink_address_parse(const struct nlattr *attribute, uint8_t family, struct addr *ret);

/* Dumps of a family: the addresses, of one link where index is not 0; the routes, of one table and
 * out of one link where these are not 0. Whoever takes the messages filters again: a kernel before
 * 4.20 does not, and one without IPv6 answers with IPv4 (rtnl_dump_all()). What is not there, be it
 * the link, the table or the family, has none. */
int rtnetlink_addr_dump(struct rtnetlink *rt, uint8_t family, uint32_t index,
			const struct netlink_sink *sink, struct ack *ret_ack);
int rtnetlink_route_dump(struct rtnetlink *rt, uint8_t family, uint32_t table, uint32_t oif,
			 const struct netlink_sink *sink, struct ack *ret_ack);
/* Those of table main that a protocol (RTPROT_...) has made. */
int rtnetlink_route_dump_of(struct rtnetlink *rt, uint8_t family, uint8_t protocol,
			    const struct netlink_sink *sink, struct ack *ret_ack);
/* The route that a packet to an address takes, as it is in its table. Type 0: none. */
int rtnetlink_route_match(struct rtnetlink *rt, const struct addr *to, struct policy_route *ret,
			  struct ack *ret_ack);

/* Fills in the names of the hops' links. */
void rtnetlink_name_hops(struct policy_route *route);
