/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy rules with all that they can select on, and routes with all that decides between them, as
 * values: what a host may have. struct rule and struct route (spec.h) are the few forms that a
 * tunnel installs, and are derived from these. Types, actions and numbers are the kernel's
 * (linux/rtnetlink.h, linux/fib_rules.h). */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"
#include "wgq/net/addr.h"
#include "wgq/net/spec.h"

/* A packet that a program of this host makes, which is bound to no interface. Its TOS is 0. */
struct packet {
	struct addr to;
	struct addr from; /* family 0: not chosen yet, so the route chooses it */
	uint32_t mark;
	uint32_t uid;
	uint8_t ip_proto;      /* IPPROTO_...; 0: not known, nor are the ports then */
	uint16_t sport, dport; /* 0: not known */
};

struct policy_ports {
	uint16_t first, last; /* last 0: any */
};

struct policy_rule {
	uint8_t family;
	uint8_t action;   /* FR_ACT_... */
	bool invert;      /* `not`: of all selectors together */
	bool dangling;    /* FR_ACT_GOTO, and there is no rule of the target's priority */
	uint8_t protocol; /* RTPROT_... */
	uint32_t priority;
	uint32_t table;  /* FR_ACT_TO_TBL */
	uint32_t target; /* FR_ACT_GOTO: a priority */

	/* The selectors; zero, empty: any. */
	struct prefix from, to;
	uint32_t fwmark, fwmask;
	char iif[IFNAMSIZ], oif[IFNAMSIZ];
	uint8_t tos;
	uint8_t ip_proto; /* IPPROTO_... */
	struct policy_ports sport, dport;
	bool has_uid;
	uint32_t uid_first, uid_last;
	bool l3mdev;  /* packets of a VRF */
	bool tunnel;  /* a tunnel's key */
	bool more;    /* it has what there is no field for: realms */
	bool unknown; /* one that is newer than this code */

	/* What refuses a route that was found. */
	bool has_suppress_prefixlen, has_suppress_group;
	uint32_t suppress_prefixlen, suppress_group;
};

struct policy_rule_vec {
	VEC(struct policy_rule);
};

/* One of the ways of a route. */
struct policy_hop {
	uint32_t oif; /* 0: not told */
	char ifname[IFNAMSIZ];
	struct addr via; /* family 0: on the link */
	bool dead;       /* or without a carrier where the host's settings say that this counts */
};

enum { POLICY_HOPS_MAX = 16 };
/* Of an IPv6 router, in the order of preference (RFC 4191 counts 01 high, 00 medium, 11 low). */
enum { POLICY_PREFERENCE_MEDIUM = 2 };

struct policy_route {
	uint8_t type; /* RTN_...; RTN_UNSPEC: there is none */
	uint8_t protocol, scope;
	uint8_t tos;
	uint8_t preference; /* POLICY_PREFERENCE_..., more is better; IPv4: medium */
	uint32_t table;
	uint32_t metric;
	uint32_t flags;   /* RTM_F_..., RTNH_F_... */
	uint32_t mtu;     /* 0: the link's */
	uint32_t window;  /* route_window(), of a barrier or a throw route */
	uint32_t nexthop; /* number of its nexthop object; 0: none */
	uint32_t group;   /* of the first hop's link; only where it was asked for */
	bool expires;
	bool more; /* it has what there is no field for, such as other metrics */
	struct prefix to, from;
	struct addr source; /* family 0: none is preferred */
	struct policy_hop hops[POLICY_HOPS_MAX];
	uint32_t hop_count; /* of those that there are, also beyond hops */
};

struct policy_route_vec {
	VEC(struct policy_route);
};

/* A next hop object: `ip nexthop'. */
struct policy_nexthop {
	uint32_t id, oif;
	struct addr via; /* family 0: on the link */
	VEC(uint32_t);   /* of a group: its members */
};

static inline uint32_t policy_hops_known(const struct policy_route *route)
{
	return route->hop_count < POLICY_HOPS_MAX ? route->hop_count : POLICY_HOPS_MAX;
}

/* The link that it leads to, where that is one. */
static inline uint32_t policy_route_oif(const struct policy_route *route)
{
	return route->hop_count == 1 ? route->hops[0].oif : 0;
}

/* Whether one of its next hops is by the link. */
bool policy_route_leaves_by(const struct policy_route *route, uint32_t link);

/* A unicast route with one next hop, for all sources; not a cached clone. */
bool policy_route_is_plain(const struct policy_route *route);
/* Whether wgq or wg-quick makes such routes, and in which group: with nothing more than what the
 * group says. */
bool policy_route_narrow(const struct policy_route *route, struct route_group *ret);
/* Whether it is for every packet that has no mark. */
bool policy_rule_is_for_all(const struct policy_rule *rule);
/* The form that a tunnel's rules have, where it is one of these; exact tells. */
void policy_rule_narrow(const struct policy_rule *rule, struct rule *ret);

/* Route protocols by name; the last has none. A name may stand for several. */
struct policy_protocol {
	const char *name;
	uint8_t first, last;
};
extern const struct policy_protocol policy_protocols[];

/* "main", "local", "default", or the number. */
enum { POLICY_TABLE_TEXT_MAX = 16 };
void policy_table_format(uint32_t table, char ret_text[POLICY_TABLE_TEXT_MAX]);

/* In the words of ip-rule(8) and ip-route(8), without the priority and the table. */
void policy_rule_format(const struct policy_rule *rule, struct buf *ret_text);
void policy_route_format(const struct policy_route *route, struct buf *ret_text);
/* "blackhole", "local", ...; "unicast" too. */
const char *policy_type_name(uint8_t type);
/* unreachable, prohibit, blackhole: the packet is not sent. */
bool policy_type_refuses(uint8_t type);

/* For _cleanup_(). */
void policy_rules_release(struct policy_rule_vec *rules);
void policy_routes_release(struct policy_route_vec *routes);
