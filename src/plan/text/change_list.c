// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan changes, by group.
#include <errno.h>

#include "wgq/plan/text/change.h"

/* Keeps the plan's order within a group: a sort by counting. */
static int by_group(struct change_vec *changes)
{
	struct change_vec sorted = {0};

	if (!vec_reserve(&sorted, changes->len))
		return -ENOMEM;
	for (enum change_group group = 0; group < CHANGE_GROUPS; group++)
		vec_each(change, changes)
			if (change->group == group)
				sorted.at[sorted.len++] = *change;
	vec_release(changes);
	*changes = sorted;
	return 0;
}

int change_list(const struct plan *plan, const struct peer_names *names, struct change_vec *ret,
		struct diag *d)
{
	int r = 0;

	vec_each(op, plan)
		if (r == 0 && !op->back_only && op_types[op->kind].list)
			r = op_types[op->kind].list(op, ret);
	if (r == 0)
		r = change_find_new_keys(names, ret);
	if (r == 0)
		r = by_group(ret);
	return r < 0 ? diag_no_memory(d) : 0;
}
