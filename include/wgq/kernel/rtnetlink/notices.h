/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes of links, addresses, routes, rules and next hops: each change as far as those need
 * it who look after a tunnel. They then look at the whole.
 *
 * The kernel tells nothing of IPv4 routes that go with their link, address or next hop
 * (fib_trie.c, fib_table_flush()): the change of that is the notice. */
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/kernel/netlink/notices.h"
#include "wgq/net/addr.h"
#include "wgq/net/policy.h"

enum rtnetlink_notice_kind {
	NOTICE_OTHER, /* nothing that was asked for, or not readable */
	NOTICE_LINK,
	NOTICE_ADDR,
	NOTICE_ROUTE,
	NOTICE_RULE,
	NOTICE_NEXTHOP,
};

struct rtnetlink_notice {
	enum rtnetlink_notice_kind kind;
	bool gone;
	unsigned flags; /* NLM_F_... */
	uint32_t index; /* NOTICE_LINK, NOTICE_ADDR */
	struct {
		char name[IFNAMSIZ];
		uint32_t mtu;
		bool up, carries; /* carries: it has carrier as well */
		bool moved;       /* gone: to another network namespace */
	} link;
	struct policy_route route;
};

/* What is not filtered: the changes of these links' routes, and those of routes that lead to these
 * addresses. Borrowed, and sorted by addr_compare(). */
struct rtnetlink_concern {
	const uint32_t *links;
	size_t link_count;
	const struct addr_vec *addrs;
};

int rtnetlink_notices_open(struct notices *n);
/* Asks for routes that concern somebody, before they are queued: where others change a full table,
 * that costs nothing. More may come than was asked for, and does where there is too much to
 * compare with. */
int rtnetlink_notices_filter(struct notices *n, const struct rtnetlink_concern *concern);
/* Listens for new routes that took the place of others, whatever link those lead to: of these the
 * filter above passes few. They are many where a full table changes: it is read at leisure. */
int rtnetlink_replaced_open(struct notices *n);
/* Pure, for complete messages with any content. */
/* 0, -EPROTO or -ENOMEM; the members are the caller's to release. */
int rtnetlink_nexthop_parse(const struct nlmsghdr *message, struct policy_nexthop *ret);
void rtnetlink_notice_parse(const struct nlmsghdr *message, struct rtnetlink_notice *ret);
