/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole way of a packet out of this host. A tunnel makes a new packet of it, which has a way of
 * its own, so that there are several legs: one for the packet, one for each tunnel around it. */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/net/policy.h"
#include "wgq/net/walls.h"
#include "wgq/net/wg.h"
#include "wgq/plan/packet/packet.h"

/* The tunnel at the end of a leg. */
struct way_tunnel {
	bool is_wireguard;
	bool hidden; /* we have no right to see its peers, which are not here then */
	struct wg_device device;
	const struct wg_peer *peer; /* who gets the packet; NULL: nobody */
	struct prefix allowed;      /* by this allowed IP */
	bool has_firewall;          /* a table of nf_tables, as wgq and wg-quick make it */
	uint32_t firewall_mark;     /* the mark that it saves; 0: not known */
	struct walls walls;         /* of its own table */
};

struct way_leg {
	struct packet packet;
	bool from_elsewhere; /* packet.from is no address of this host */
	bool from_refused;   /* and IPv4 refuses it, as it does loopback's on other links */
	bool pinned;         /* the endpoint names the link: no rule is asked */
	struct policy_rule_vec rules;
	struct packet_way way;

	bool asked; /* the kernel, whose own answer this is: */
	bool agrees;
	struct policy_route answer;
	int answer_error; /* positive errno: the packet is not sent */

	/* An IPv4 program that connects asks twice: once for the source address, then with it.
	 * Where that makes a difference: */
	bool differs_connected;
	struct packet connected;
	struct packet_way connected_way;

	struct policy_hop hop; /* oif 0: it leaves through no link */
	struct link link;
	uint32_t mtu; /* on this way; 0: not known */
	struct way_tunnel tunnel;
};

enum { WAY_LEGS_MAX = 4 };

/* How the last leg ends. */
enum way_end {
	WAY_LEAVES,      /* through a link that is no WireGuard */
	WAY_STAYS,       /* on this host */
	WAY_NOT_SENT,    /* packet_fate() says why */
	WAY_NOT_OURS,    /* packet.from is refused */
	WAY_NO_PEER,     /* has the address: ENOKEY */
	WAY_NO_ENDPOINT, /* known of the peer: EDESTADDRREQ */
	WAY_KILLED,      /* rejected by the kill switch of a tunnel */
	WAY_LOOP,        /* the encrypted packet would enter a tunnel again that it is from */
	WAY_HIDDEN,      /* we have no right to see the tunnel's peers */
	WAY_TOO_LONG,    /* more tunnels in each other than WAY_LEGS_MAX */
};

/* The link that the user asks about, and what is between the packet and it. */
struct way_target {
	char ifname[IFNAMSIZ]; /* "": none was named */
	struct link link;
	struct way_tunnel tunnel; /* for the packet of the first leg */
	/* Of the first leg's steps, the first whose table has a route through it; NULL: none. */
	const struct packet_step *step;
};

struct way {
	struct way_leg legs[WAY_LEGS_MAX];
	size_t count;
	enum way_end end;
	struct way_target target;
	char killed_by[IFNAMSIZ]; /* WAY_KILLED: the tunnel's name; it may be gone */
};

/* Follows a packet. What may not be seen is left out, and said in *ret, not in d. *ret has to be
 * zeroed; a target named in it is looked at too, and it is an error if there is no such link. It
 * does not move afterwards: it points into itself. */
int way_follow(const struct packet *packet, struct way *ret, struct diag *d);
void way_release(struct way *way);

/* Whether the port of the tunnel at the end of leg i drops the answers to the encrypted packet,
 * which come in by the link that it leaves by, and to its source. */
bool way_drops_answers(const struct way *way, size_t i);

/* The leg's link leads to the target. */
bool way_uses_target(const struct way *way);

#define _cleanup_way_ _cleanup_(way_release)
