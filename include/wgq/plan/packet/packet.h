/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of one packet that this host makes: through the policy rules, into a table, to a route.
 *
 * In come a packet, the rules and a function that lists routes; out goes a step for each rule, and
 * which one decided. run/look/way_leg.c calls packet_walk() for `wgq why`, and compares the result
 * with what the kernel answers.
 *
 *	packet.c	the walk through the rules
 *	pick.c		which of several routes the kernel takes
 *	fate.c		what becomes of the packet, and whether the kernel agrees
 *
 * Follows net/core/fib_rules.c, fib_rules_lookup(); net/ipv4/fib_trie.c, fib_table_lookup();
 * net/ipv6/ip6_fib.c, fib6_node_lookup(), and route.c, fib6_table_lookup(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/policy.h"

enum packet_outcome {
	PACKET_NOT_REACHED, /* an earlier rule decided */
	PACKET_SKIPPED,     /* the rule is not for this packet */
	PACKET_DEPENDS,     /* on what is not known of the packet; taken for skipped */
	PACKET_NO_ROUTE,    /* the table has none to the address, or none that works */
	PACKET_SUPPRESSED,  /* the rule refuses the route found */
	PACKET_THROWN,      /* a throw route: back to the rules */
	PACKET_PASSED,      /* nop, and goto to nowhere */
	PACKET_JUMPED,      /* goto */
	PACKET_DECIDED,     /* by the route found, or by the rule itself */
};

/* What about a rule made it be skipped, or depend. */
enum packet_selector {
	SELECTOR_NONE,
	SELECTOR_TO,
	SELECTOR_FROM,
	SELECTOR_MARK,
	SELECTOR_IIF,
	SELECTOR_OIF,
	SELECTOR_TOS,
	SELECTOR_UID,
	SELECTOR_PROTO,
	SELECTOR_PORT,
	SELECTOR_L3MDEV,
	SELECTOR_TUNNEL,
	SELECTOR_UNKNOWN, /* one that this program does not know */
};

struct packet_step {
	const struct policy_rule *rule; /* borrowed */
	enum packet_outcome outcome;
	enum packet_selector selector;
	bool looked;               /* into the rule's table */
	bool empty;                /* which holds nothing at all */
	struct policy_route route; /* type RTN_UNSPEC: none was found */
};

/* One step a rule, in the order of the rules. */
struct packet_way {
	VEC(struct packet_step);
	size_t decided; /* index; SIZE_MAX: no rule did, so there is no route */
};

/* Where the routes come from: appends all of a table whose destination covers the address, in the
 * kernel's order; *ret_empty: the table holds no routes of that family at all. */
struct packet_tables {
	int (*list)(void *self, const struct addr *to, uint32_t table, struct policy_route_vec *ret,
		    bool *ret_empty, struct diag *d);
	void *self;
};

/* ret is zeroed before, and borrows from rules, which are all of the packet's family. Of rules that
 * were skipped, depend or are not reached the tables are not looked into. */
int packet_walk(const struct packet *packet, const struct policy_rule_vec *rules,
		const struct packet_tables *tables, struct packet_way *ret, struct diag *d);
/* Looks up what the table of a step's rule has for the packet, which changes no outcome. */
int packet_look(const struct packet *packet, const struct packet_tables *tables,
		struct packet_step *step, struct diag *d);
void packet_way_release(struct packet_way *way);

/* The route that the kernel takes of all those in a table that cover packet->to; NULL: none. */
const struct policy_route *packet_pick(const struct packet *packet,
				       const struct policy_route_vec *routes);

enum packet_fate {
	PACKET_LEAVES,      /* through a link */
	PACKET_STAYS,       /* the address is this host's own */
	PACKET_LOST,        /* no route */
	PACKET_UNREACHABLE, /* the following by a route or a rule of this kind */
	PACKET_PROHIBITED,
	PACKET_BLACKHOLED,
};

enum packet_fate packet_fate(const struct packet_way *way);
/* The route that decided; NULL: none did. */
const struct policy_route *packet_route(const struct packet_way *way);

/* Whether the kernel's answer to RTM_GETROUTE is the same: its route (of which only some fields are
 * told), or its error, a positive errno. Of several hops it may name any. */
bool packet_agrees(const struct packet_way *way, const struct policy_route *answer, int error);

#define _cleanup_packet_way_ _cleanup_(packet_way_release)
