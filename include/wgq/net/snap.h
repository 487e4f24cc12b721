/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was observed of an interface and of the host around it. Made by world_observe(); the pure
 * side plans from it and from nothing else. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/base/sources.h"
#include "wgq/net/forwarding.h"
#include "wgq/net/policy.h"
#include "wgq/net/spec.h"
#include "wgq/net/walls.h"
#include "wgq/net/wg.h"

/* A rule of the form `not fwmark T lookup T`, and what table T leads to. */
struct tunnel_rule {
	struct rule rule;
	bool leads_here;      /* the table's default route is out of this interface */
	bool table_used;      /* all of the table's routes, of which there are some, are others' */
	char other[IFNAMSIZ]; /* then the interface that its default route leads to; "": none */
};
struct tunnel_rule_vec {
	VEC(struct tunnel_rule);
};

/* Any rule of this host. */
struct host_rule {
	struct policy_rule rule;
	uint32_t place; /* as struct rule has it */
	bool ends;      /* no packet without a mark gets to the rules behind it */
};
struct host_rule_vec {
	VEC(struct host_rule);
};

struct mark_vec {
	VEC(uint32_t);
};

/* Why a route does not make its prefix an allowed IP (FollowRoutes). */
enum follow_refusal {
	FOLLOW_GRANTED,
	FOLLOW_NO_GATEWAY,
	FOLLOW_NO_PEER,
	FOLLOW_NOT_ACCEPTED,
	FOLLOW_TOO_MANY,
	FOLLOW_SWALLOWS,
	FOLLOW_OF_FILE,
	FOLLOW_REFUSALS
};
/* What a route out of the interface asks for. As many as there are routes. */
struct followed {
	struct prefix prefix;
	uint8_t refusal; /* enum follow_refusal */
	uint32_t peer;   /* index into those of the configuration; UINT32_MAX: not known */
};
_Static_assert(sizeof(struct followed) == 24, "24 bytes a prefix");
struct followed_vec {
	VEC(struct followed);
};

enum ipv6_state {
	IPV6_ON,
	IPV6_DISABLED,            /* by net.ipv6.conf.IFACE.disable_ipv6 */
	IPV6_DISABLED_BY_DEFAULT, /* by that of `default`, which a link gets with IPv6 */
	IPV6_ABSENT,              /* not in the kernel */
};

/* Whether an interface has IPv6, and, where it has not, which other one that is up has it: "" none.
 */
struct ipv6 {
	enum ipv6_state state;
	char elsewhere[IFNAMSIZ];
};
/* What is for the interface would leave by the other one. */
bool ipv6_is_only_elsewhere(const struct ipv6 *ipv6);

/* The least number that up and wg-quick choose for a table (linux.bash:215). */
enum { SNAP_FIRST_TABLE = 51820 };

/* What there is to look at. Queries ask by these, and snapshots say by them what they hold. */
enum look {
	LOOK_DEVICE = 1 << 0,      /* the WireGuard device with its peers */
	LOOK_ADDRESSES = 1 << 1,   /* of the interface */
	LOOK_MAIN_ROUTES = 1 << 2, /* its routes in table main */
	LOOK_TABLES = 1 << 3,      /* every route out of the interface */
	LOOK_UNLINKED = 1 << 4,    /* routes of the name that are on no link */
	LOOK_RULES = 1 << 5,       /* policy rules, and what their tables lead to */
	LOOK_MARKS = 1 << 6,       /* with rules: of all devices, where a rule may be left over */
	LOOK_FULL_TUNNEL = 1 << 7, /* what the host has for a new full tunnel */
	LOOK_FIREWALL = 1 << 8,    /* of the interface */
	LOOK_FIREWALL_RULES = 1 << 9, /* whether it is exactly the one that is asked about */
	LOOK_DNS_ENTRY = 1 << 10,     /* whether resolvconf has an entry; after world_prepare() */
	LOOK_DNS = 1 << 11,           /* the name servers that are set; after world_prepare() */
	LOOK_MTU = 1 << 12,           /* of the ways to the endpoints of a configuration */
	LOOK_CONFIG = 1 << 13,        /* the text of the configuration, with its drop-ins */
	LOOK_PINS = 1 << 14,          /* of the name: net/pin.h */
	LOOK_FOLLOWED = 1 << 15,      /* routes that a configuration's allowed IPs follow */
	LOOK_FORWARDING = 1 << 16,    /* whether this host forwards packets */
	LOOK_LAN = 1 << 17,           /* networks that are directly connected */
};

/* A field is valid only if what it belongs to is in `seen`. Link, IPv6 and time always are. */
struct snap {
	unsigned int seen, unknown; /* enum look; unknown: could not be looked at, and is empty */

	int64_t now;       /* seconds since the epoch */
	struct link link;  /* index 0: there is none */
	bool is_wireguard; /* of the kernel, or served by a userspace implementation */
	bool is_userspace;
	struct ipv6 ipv6;

	/* LOOK_DEVICE */
	struct wg_device wg; /* empty unless is_wireguard */
	uint32_t tag;        /* net.ipv4.conf.IFACE.tag */

	/* LOOK_ADDRESSES */
	struct link_addr_vec addrs;
	bool promotes_secondaries; /* net.ipv4.conf.IFACE.promote_secondaries */

	struct route_vec main_routes; /* LOOK_MAIN_ROUTES: out of this interface */

	/* LOOK_TABLES */
	struct route_table_vec tables; /* in no order, nor have the routes one */
	struct buf kept;               /* addresses, and the routes that are not plain; opaque */

	/* LOOK_UNLINKED: of this name, on no link. Barriers are left of a wgq that was killed. */
	struct route_table_vec barriers, throws;

	struct followed_vec followed; /* LOOK_FOLLOWED: sorted by prefix_compare() */

	struct endpoint_vec pins; /* LOOK_PINS: that packets are led to */

	/* LOOK_RULES */
	struct host_rule_vec rules;          /* all, a family in the order of evaluation */
	struct rule_vec suppress_rules;      /* `lookup main suppress_prefixlength 0` */
	struct tunnel_rule_vec tunnel_rules; /* both in the order of evaluation */

	struct mark_vec marks; /* LOOK_MARKS */

	/* LOOK_FULL_TUNNEL */
	uint32_t free_table; /* the first from SNAP_FIRST_TABLE that is empty in both families */
	long src_valid_mark; /* net.ipv4.conf.all.src_valid_mark */
	struct policy_route_vec
		rivals; /* where the mark is given: others' default routes in its table */

	/* LOOK_FIREWALL */
	bool has_firewall;              /* a table or iptables rules of this interface are there */
	bool firewall_ip, firewall_ip6; /* it has rules of this family */
	uint32_t firewall_mark;         /* the mark that they save; 0: not known */
	struct addr_vec firewall_addrs; /* that they protect; none: not known */
	bool has_own_table;             /* wgq-IFACE is there */
	struct walls walls;             /* its rules, as far as they are of a known form */
	bool own_table_is_whole;        /* it holds these, and nothing else */

	bool has_firewall_rules; /* LOOK_FIREWALL_RULES */
	bool has_dns;            /* LOOK_DNS_ENTRY */

	/* LOOK_DNS */
	struct buf dns_servers, dns_search; /* what is set for the interface, each ended by \n */
	bool lacks_dns_tool;                /* unknown, as this host has no way to set them */

	/* LOOK_MTU */
	uint32_t path_mtu;    /* the least on the ways to the endpoints; 0: there is none */
	uint32_t default_mtu; /* of the default route; 0: there is none */

	struct config_text config_text; /* LOOK_CONFIG */
	struct forwarding forwarding;   /* LOOK_FORWARDING */
	struct lan_vec lan;             /* LOOK_LAN; sorted, each once */
};

void followed_sort(struct followed_vec *followed);
/* Which peer of the configuration a prefix is followed to be; NULL: none. */
const struct followed *snap_followed(const struct snap *snap, const struct prefix *prefix);

bool snap_has_seen(const struct snap *snap, enum look what);
/* A plan is made only of what was looked at: what is missing is a mistake of the caller. */
void snap_needs(const struct snap *snap, unsigned int looks);

/* How many routes lead from a table into the interface, asked for the first group of it; 0 for
 * those behind. */
size_t snap_count_routes(const struct snap *snap, const struct route_table *first);

void snap_release(struct snap *snap);

#define _cleanup_snap_ _cleanup_(snap_release)
