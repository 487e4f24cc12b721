/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where among the rules of a host those of a full tunnel go: the suppress rule before the tunnel's,
 * both before any rule that takes every packet.
 *
 * The kernel's own choice (fib_default_rule_pref(), net/core/fib_rules.c), which is wg-quick's, is
 * one less than the second rule: before all others but the first. It is left to the kernel where
 * that is right. Where the second rule has 0, 1 or 2, it gives both rules one number, or 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/snap.h"

/* Priorities; 0: the kernel chooses. */
struct rule_place {
	uint32_t suppress, tunnel;
};

struct rule_places {
	struct rule_place ip, ip6;
};

/* For new pairs of the families that are asked for: as early as there is room. Warns when that is
 * behind the rule of another tunnel. -ENOSPC: there is no room; the error names the rules in the
 * way. */
int rule_places_find(const struct snap *snap, bool ip, bool ip6, struct rule_places *ret,
		     struct diag *d);

/* Whether a suppress rule to which the kernel gives a priority comes before the tunnel's rule. */
bool rule_place_has_room_before(const struct snap *snap, const struct rule *tunnel);

/* The rule that takes every packet before this one could; NULL: there is none. */
const struct host_rule *rule_place_blocker(const struct snap *snap, const struct rule *rule);
