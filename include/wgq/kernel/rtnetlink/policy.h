/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy rules and routes of any kind over rtnetlink, to follow a packet; none is changed. Anybody
 * may ask for them. */
#pragma once

#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/net/policy.h"

/* Appends the rules of a family in the order of evaluation. A kernel without the family has none.
 */
int rtnetlink_policy_rules(struct rtnetlink *r, uint8_t family, struct policy_rule_vec *ret,
			   struct diag *d);

/* Appends those routes of a table whose destination covers the address, in the kernel's order, and
 * no others: a full routing table passes by. *ret_empty: it has none of this family at all. */
int rtnetlink_policy_routes(struct rtnetlink *r, const struct addr *to, uint32_t table,
			    struct policy_route_vec *ret, bool *ret_empty, struct diag *d);

/* What the kernel itself would do with a packet, by RTM_GETROUTE: *ret is the route (its prefix the
 * address itself), or *ret_error the positive errno that stands for a packet that is not sent. */
int rtnetlink_policy_ask(struct rtnetlink *r, const struct packet *packet, struct policy_route *ret,
			 int *ret_error, struct diag *d);

/* A link by number; ret->index is 0 where there is none. */
int rtnetlink_policy_link(struct rtnetlink *r, uint32_t index, struct link *ret, struct diag *d);
