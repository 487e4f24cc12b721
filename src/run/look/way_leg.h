/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of way share: one leg, and the tables that its packet is looked up in. */
#pragma once

#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/run/look/way.h"

/* A table as it was read; it may be asked for by several rules. */
struct way_table {
	uint32_t table;
	struct addr to;
	bool empty;
	struct policy_route_vec routes;
};

struct way_tables {
	VEC(struct way_table);
	struct rtnetlink *rtnetlink;
	struct packet_tables list; /* for packet_walk() */
};

int way_tables_open(struct way_tables *tables, struct diag *d);
void way_tables_close(struct way_tables *tables);

/* Follows leg->packet to a link, or until it ends before. */
int way_leg_follow(struct way_tables *tables, struct way_leg *leg, struct diag *d);
/* Looks into the link for the peer that gets the packet; tunnel->is_wireguard false: it is no
 * tunnel. */
int way_tunnel_look(const struct link *link, const struct addr *to, struct way_tunnel *ret,
		    struct diag *d);
