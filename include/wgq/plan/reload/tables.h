/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference between the routes that lead out of an interface and the wanted ones, in every
 * table. Routes of another form than wgq's and wg-quick's are never changed. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/snap.h"
#include "wgq/plan/want/want.h"

struct table_change {
	struct route_group group;
	struct route_vec add;      /* longest first */
	struct route_vec add_late; /* after addresses that are in the way or take them along, and
				    * after routes that the kernel takes for the same */
	struct route_vec put_back; /* of those in remove: the kernel takes them meanwhile */
	struct route_vec to_bar;   /* of these two, those without a barrier */
	struct route_vec barred;   /* missing, and a killed wgq has left a barrier */
	struct route_vec remove;
	/* The kernel may not hold a route and one of another group beside it: both have the prefix
	 * and the metric. So one takes the place of the other (reload_replace_routes()). */
	struct route_vec replacing, replaced;
};
struct table_change_vec {
	VEC(struct table_change);
};

/* A route that is there and not wanted is removed when an allowed IP of the running device explains
 * it, or when no wanted peer takes what it leads to; not when hooks may have made it. To a link in
 * a VRF none is added in table main. gone are the addresses that are removed. */
int tables_compare(const struct want *want, const struct snap *snap,
		   const struct link_addr_vec *gone, struct table_change_vec *ret, struct diag *d);
/* Appends the routes of a group that a killed wgq has left no barrier for. 0 or -ENOMEM. */
int tables_unbarred(const struct snap *snap, const struct route_group *group,
		    const struct route_vec *routes, struct route_vec *ret);
/* With an IPv6 address the kernel deletes the first route of table main to the network of the
 * address, of whatever metric; that is to be its own, of metric 256 (cleanup_prefix_route(),
 * net/ipv6/addrconf.c). Whether one of the group comes before it. */
bool tables_is_mistaken(const struct route_group *group);
void tables_change_release(struct table_change_vec *changes);
