/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The deletion of policy rules: which of those that are there belong to a tunnel. */
#pragma once

#include <stdbool.h>

#include "wgq/net/snap.h"
#include "wgq/plan/op.h"

/* Appends the deletion of each tunnel rule that `is_own` picks, and of the suppress rule that was
 * added with it. false: no memory. */
bool rules_delete(const struct snap *snap,
		  bool (*is_own)(const struct tunnel_rule *rule, const void *context),
		  const void *context, struct plan *plan);
