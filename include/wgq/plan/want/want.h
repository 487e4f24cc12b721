/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wanted state of an interface.
 *
 * In come a configuration and a snapshot; out goes a struct want: device, addresses, routes, MTU
 * and mark. up calls want_make() after the link
 * is created and the PreUp hooks have run; plan/reload calls it with the snapshot as a new link
 * would find it, status with what is there.
 *
 *	want.c			the whole
 *	allowed.c		which peer holds a prefix in the end, and the routes
 *	cover.c			which routes are there already
 *	addrs_listed.c		in which order the firewall has the addresses
 *	mtu.c			the MTU
 *	carry.c			refuses a tunnel that would let a family leave in the clear
 *	walls.c			the rules of wgq's own nftables table
 *	kill_switch.c		those of KillSwitch
 *	endpoints.c		the note that tells an edited endpoint from one that has roamed */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/net/spec.h"
#include "wgq/net/walls.h"

struct want {
	const struct conf *conf; /* borrowed */
	/* What to send. Its list of peers is borrowed: conf's, or, where blocks take prefixes from
	 * each other, the one below. */
	struct wg_device device;
	struct wg_peer_vec peers;
	struct link_addr_vec addrs; /* without those of a family that the host has not */
	uint32_t mtu;               /* by want_choose_mtu() */

	/* Families that have addresses or routes, be they left out here or not. */
	bool carries_ip, carries_ip6;

	struct route_vec routes; /* longest first, without those of the full tunnels below */
	struct route_vec pieces; /* what ExcludedIPs leave of allowed IPs, likewise */
	struct route_vec throws; /* ExcludedIPs, where the table is the tunnel's own */
	uint32_t table;          /* that the routes and pieces go to */

	/* Families whose default route is sent through the tunnel by policy routing. */
	bool full_ip, full_ip6;
	struct route default_ip, default_ip6;
	uint32_t mark;       /* fwmark, and the number of the routing table */
	bool mark_is_chosen; /* by the caller: neither the file nor a hook has set one */
	struct addr_vec firewall_addrs;
	struct walls walls; /* without a port where the kernel chooses it */
};

/* Warns of what is left out. ret has to be zeroed; it borrows from conf. */
int want_make(const struct conf *conf, const struct snap *snap, struct want *ret, struct diag *d);
/* Warns of one that is not enough for a family. */
void want_choose_mtu(struct want *want, const struct snap *snap, struct diag *d);
void want_release(struct want *want);

/* The public key that the device, now as observed, will have when it is set up as wanted; no peer
 * can have it. false: none. */
bool want_public_key(const struct wg_device *wanted, const struct snap *snap, struct key *ret);

/* Whether it has a default route through the tunnel: in either family, in one. */
bool want_is_full(const struct want *want);
bool want_is_full_for(const struct want *want, uint8_t family);

/* The wanted routes by what they have in common; of both families, or none. */
enum want_set {
	WANT_ALLOWED,
	WANT_PIECES,
	WANT_THROWS,
	WANT_DEFAULT_IP6,
	WANT_DEFAULT_IP,
	WANT_SETS
};
struct want_routes {
	struct route_group group;
	struct route_vec routes; /* borrowed */
};
void want_list_routes(const struct want *want, struct want_routes ret[WANT_SETS]);

/* Whether routes that throw, which a wgq that was killed has left, may be in the table of its full
 * tunnel: not in one that was chosen since it was empty. */
bool want_may_meet_unlinked(const struct want *want);
/* A full tunnel whose mark is given has a table that others may fill. -EEXIST: there is a default
 * route in it that the kernel prefers, so that what is to go into the tunnel would go there. */
int want_check_table(const struct want *want, const struct snap *snap, struct diag *d);

/* The firewall of its full tunnel; borrows from want. */
void want_firewall_rules(const struct want *want, struct firewall *ret);

/* Makes one peer of the blocks of one key: a device that runs already knows nothing of blocks. */
int want_merge_peers(struct want *want, struct diag *d);

/* Whether the configuration needs policy routing: Table is auto and an allowed IP is a /0. */
bool want_asks_full_tunnel(const struct conf *conf);

/* Whether it may come to that: PreUp hooks can add peers (linux.bash:339 asks the device). */
bool want_may_be_full_tunnel(const struct conf *conf);

#define _cleanup_want_ _cleanup_(want_release)
