/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with an interface that is up.
 *
 * In come the snapshot, the wanted state where there is a configuration, and what is around the
 * interface; out go findings (finding.h). cmd/status/look.c calls health_check(), and
 * run/look/around.c looks at what is around. Nothing is judged that is not known.
 *
 *	health.c		link, keys, addresses, name servers, MTU
 *	tunnel.c		rules, tables, routes, firewall
 *	peers.c			the peers
 *	around.c		the ways to the endpoints, by address
 *	finding_kinds.def	what can be wrong, and the words for it */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/names/peer_names.h"
#include "wgq/net/prefix_set.h"
#include "wgq/net/snap.h"
#include "wgq/plan/health/finding.h"
#include "wgq/plan/want/want.h"

/* Where encrypted packets to an address go. */
struct endpoint_way {
	struct addr to;
	uint32_t link; /* by index; 0: there is no route */
	uint32_t mtu;
};
struct endpoint_way_vec {
	VEC(struct endpoint_way);
};

/* Where an ordinary packet to the internet leaves this host. */
enum way_out {
	OUT_NONE,
	OUT_HERE,   /* by this interface */
	OUT_TUNNEL, /* by another tunnel */
	OUT_BARE,
};

/* What is around an interface; made by around_look() in run. What could not be seen is zero. */
struct around {
	struct endpoint_way_vec
		ways; /* to the endpoints, each address once, in the order of addr_compare() */
	enum way_out out_ip, out_ip6;
	char tunnel_ip[IFNAMSIZ], tunnel_ip6[IFNAMSIZ]; /* of OUT_TUNNEL */
	/* Of the tunnel's networks at least those that other interfaces are in or lead to; sorted.
	 */
	struct prefix_set networks;
	bool strict_rp_filter, src_valid_mark;
	struct blocker_vec blockers;              /* firewalls that drop what is forwarded */
	bool lacks_forwarding, lacks_forwarding6; /* this host forwards no packets of the family */
	uint32_t neighbours, neighbours_max;      /* of IPv6, on the whole host; max 0: not known */
};

struct health_input {
	const struct snap *snap;
	const struct want *want; /* of its configuration; NULL: there is none */
	const struct around *around;
	const struct peer_names *names;
	int64_t now;       /* seconds since the epoch */
	const bool *sends; /* by the device's peers: they were sent something just now */
	bool wants_firewall;
};

/* Appends what is found, in the order of finding_kind for the interface, then peer by peer. */
int health_check(const struct health_input *in, struct finding_vec *ret, struct diag *d);

/* The networks that the tunnel has in table main, or should have, sorted. 0 or -ENOMEM. */
int health_networks(const struct snap *snap, const struct want *want, struct prefix_set *ret);
/* Puts the ways in order, and leaves those of an address once. */
void around_sort(struct around *around);
/* The address's way; NULL: it was not looked for. */
const struct endpoint_way *around_way(const struct around *around, const struct addr *to);
void around_release(struct around *around);

#define _cleanup_around_ _cleanup_(around_release)
