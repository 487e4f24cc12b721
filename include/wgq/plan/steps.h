/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that up and reload share. false: no memory. */
#pragma once

#include "wgq/net/snap.h"
#include "wgq/plan/op.h"
#include "wgq/plan/rule_place.h"
#include "wgq/plan/want/want.h"

/* A new step at the end; NULL: no memory. */
struct op *diff_add(struct plan *plan, enum op_kind kind, uint32_t line);
/* For the way back alone. */
struct op *diff_add_back_only(struct plan *plan, enum op_kind kind);
/* Routes that were there before. */
bool diff_put_back_routes(const struct route_vec *routes, uint32_t table, struct plan *plan);
/* On the way back, the plain routes of the tables are added; of all else that goes with addresses
 * or the link, what is gone. */
bool diff_return_routes(const struct route_table_vec *tables, struct plan *plan);
/* In the place of IPv4 routes: they lead nowhere, until it is deleted. */
struct op *diff_add_barrier(struct plan *plan, enum op_kind kind, const struct route_vec *routes,
			    uint32_t table);
/* Removes those that a wgq that was killed has left. */
bool diff_lift_barriers(const struct snap *snap, struct plan *plan);
bool diff_restore(const struct snap *snap, struct plan *plan);
/* Of RTPROT_KERNEL, which keeps systemd-networkd from deleting the rules as foreign when it
 * restarts (systemd#19106), and which `ip rule` does not print. */
bool diff_add_rules(const struct want *want, uint8_t family, const struct rule_place *place,
		    struct plan *plan);
bool diff_add_suppress_rule(uint8_t family, uint32_t priority, uint32_t line, struct plan *plan);
/* Those that the interface lacks, of a family or, with AF_UNSPEC, of both. */
bool diff_add_addresses(const struct snap *snap, const struct want *want, uint8_t family,
			struct plan *plan);
bool diff_add_routes(const struct route *routes, size_t count, uint32_t table, uint32_t line,
		     struct plan *plan);
/* Without it the answers to the encrypted packets fail a strict rp_filter (linux.bash:240). */
bool diff_add_src_valid_mark(const struct snap *snap, uint32_t line, struct plan *plan);
