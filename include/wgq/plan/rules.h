/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy rules: which of those that are there belong to a tunnel. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/net/snap.h"
#include "wgq/plan/op.h"

/* Whether a tunnel's rule is the observed interface's. When its table leads nowhere, because
 * somebody flushed it, it still is if the firewall saves the mark, or if the interface has it and
 * would hold the default route: a second tunnel may carry the same mark only to get around the
 * first. */
bool rules_is_own(const struct tunnel_rule *tunnel, const struct snap *snap);

/* For each tunnel rule of the snapshot, in its order, the suppress rule that was added with it;
 * NULL: it is gone. No tunnel owns other suppress rules. */
struct rule_pair_vec {
	VEC(const struct rule *);
};
int rules_pair(const struct snap *snap, struct rule_pair_vec *ret, struct diag *d);

/* Appends the deletion of a tunnel rule, and before it of the suppress rule that was added with it
 * (NULL: there is none): the one that says whose they are goes last, so that both are found again
 * whenever wgq is killed. */
void rules_delete_pair(const struct tunnel_rule *tunnel, const struct rule *suppress,
		       struct plan *plan);

/* Appends the deletion of each tunnel rule that `is_own` picks, and of the suppress rule that was
 * added with it. */
int rules_delete(const struct snap *snap,
		 bool (*is_own)(const struct tunnel_rule *rule, const void *context),
		 const void *context, struct plan *plan, struct diag *d);
