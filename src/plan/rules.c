// SPDX-License-Identifier: GPL-2.0-or-later
// Which policy rules go with a tunnel.
#include "wgq/plan/rules.h"

#include "wgq/base/mem.h"

/* The suppress rule that was added right after the tunnel's: the kernel gave it the next lower
 * priority, so it is the closest one evaluated before. Others belong to other tunnels, which keep
 * them; wg-quick deletes them all (linux.bash:107-109). */
static const struct rule *find_suppress(const struct snap *snap, const struct rule *tunnel,
					const bool *taken)
{
	const struct rule *best = NULL;

	for (size_t i = 0; i < snap->suppress_rules.len; i++) {
		const struct rule *rule = &snap->suppress_rules.at[i];

		if (taken[i] || rule->family != tunnel->family ||
		    rule->protocol != tunnel->protocol || rule->priority > tunnel->priority)
			continue;
		if (!best || rule->priority >= best->priority)
			best = rule;
	}
	return best;
}

static bool add_deletion(const struct rule *rule, struct plan *plan)
{
	struct op *op = vec_push(plan);

	if (!op)
		return false;
	op->kind = OP_RULE_DEL;
	op->rule = *rule;
	return true;
}

bool rules_delete(const struct snap *snap,
		  bool (*is_own)(const struct tunnel_rule *rule, const void *context),
		  const void *context, struct plan *plan)
{
	_cleanup_free_ bool *taken = mem_calloc(snap->suppress_rules.len, sizeof(*taken));

	if (!taken)
		return false;
	vec_each(tunnel, &snap->tunnel_rules) {
		if (!is_own(tunnel, context))
			continue;
		if (!add_deletion(&tunnel->rule, plan))
			return false;
		const struct rule *suppress = find_suppress(snap, &tunnel->rule, taken);
		if (!suppress)
			continue;
		taken[suppress - snap->suppress_rules.at] = true;
		if (!add_deletion(suppress, plan))
			return false;
	}
	return true;
}
