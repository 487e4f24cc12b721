/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that up and reload share; each is added to a plan. */
#pragma once

#include "wgq/net/snap.h"
#include "wgq/plan/op.h"
#include "wgq/plan/rule_place.h"
#include "wgq/plan/want/want.h"

/* Adds or deletes routes; without any no step is added, and what is returned is not used. */
struct op *diff_routes(enum op_kind kind, const struct route_vec *routes,
		       const struct route_group *group, struct plan *plan);
/* Routes that were there before. */
void diff_put_back_routes(const struct route_vec *routes, const struct route_group *group,
			  struct plan *plan);
/* On the way back, the plain routes of the tables are added; of all else that goes with addresses
 * or the link, what is gone. */
void diff_return_routes(const struct route_table_vec *tables, struct plan *plan);
void diff_restore(const struct snap *snap, struct plan *plan);
/* Removes those that a wgq that was killed has left. */
void diff_lift_barriers(const struct snap *snap, struct plan *plan);
/* And what throws. */
void diff_lift_unlinked(const struct snap *snap, struct plan *plan);
/* Of RTPROT_KERNEL, which keeps systemd-networkd from deleting the rules as foreign when it
 * restarts (systemd#19106), and which `ip rule` does not print. */
void diff_add_rules(const struct want *want, uint8_t family, const struct rule_place *place,
		    struct plan *plan);
struct op *diff_add_suppress_rule(uint8_t family, uint32_t priority, uint32_t line,
				  struct plan *plan);
/* Those that the interface lacks, of a family or, with AF_UNSPEC, of both. */
void diff_add_addresses(const struct snap *snap, const struct want *want, uint8_t family,
			struct plan *plan);
/* What Forward asks for, without what is so already; for good, like src_valid_mark: what else on
 * this host needs it is not known. */
void diff_add_forwarding(const struct snap *snap, const struct conf *conf, struct plan *plan);
/* Without it the answers to the encrypted packets fail a strict rp_filter (linux.bash:240). */
void diff_add_src_valid_mark(const struct snap *snap, uint32_t line, struct plan *plan);
