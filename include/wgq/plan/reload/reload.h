/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps from a running interface to what its configuration says now, as few as there are.
 *
 *	struct reload reload = {0};
 *	reload_want(conf, &snap, &reload, d);		what is wanted, beside what is there
 *	... whether the firewall is reload.firewall: snap.has_firewall_rules
 *	reload_plan(&snap, &means, &reload, d);		reload.plan
 *	reload_check(&snap, &reload, d);		may it be applied?
 *	reload_release(&reload);
 *
 * cmd/reload.c calls these, for `wgq reload`, `wgq diff` and the rehearsal of `wgq up --replace`.
 *
 * The order: addresses and peers first, then rules and routes that lead to them, then what is not
 * wanted any more goes. Peers are removed last, since the end of their sessions cannot be undone.
 *
 *	reload.c		the order of all steps
 *	addrs.c, link.c		addresses; state and MTU of the link
 *	routes.c, tables.c	rules and routes; which routes are missing or too many
 *	suspects.c		whose a route is that is not wanted
 *	services.c		firewall and name servers
 *	back.c			what an undo needs beside the inverses
 *	former.c		takes an interface away so that it can come back, for --replace
 *	same.c			whether an interface is as its configuration says */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/plan/op.h"
#include "wgq/plan/peers/peers.h"
#include "wgq/plan/reload/tables.h"
#include "wgq/plan/rule_place.h"
#include "wgq/plan/services.h"
#include "wgq/plan/want/want.h"

struct reload {
	struct want want;
	struct firewall firewall; /* of want, when it has a full tunnel */
	struct peers_change peers;
	struct table_change_vec tables;
	struct rule_places places;                      /* of rules that are added */
	struct link_addr_vec gone;                      /* addresses that the file does not name */
	struct route_table_vec lost_on_the_way_back[2]; /* with new addresses; IPv6: 1 */
	struct route_table_vec barred_on_the_way_back[2]; /* those without a barrier */

	struct services before;
	struct walls walls;             /* wanted, */
	struct walls both_ports;        /* and while one port becomes the other; else none */
	struct buf promote_secondaries; /* name of the sysctl */

	struct plan plan;
};

/* snap: with the ways to the endpoints as the encrypted packets take them. ret has to be zeroed; it
 * borrows from conf and snap. */
int reload_want(const struct conf *conf, const struct snap *snap, struct reload *ret,
		struct diag *d);
int reload_plan(const struct snap *snap, const struct means *means, struct reload *reload,
		struct diag *d);
/* Of a plan that is to be applied to this link: that the link can carry what it is to carry, and
 * keeps what others and hooks have of IPv6 on it. */
int reload_check(const struct snap *snap, const struct reload *reload, struct diag *d);
void reload_release(struct reload *reload);

#define _cleanup_reload_ _cleanup_(reload_release)
