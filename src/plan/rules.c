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

int rules_pair(const struct snap *snap, struct rule_pair_vec *ret, struct diag *d)
{
	_cleanup_free_ bool *taken = mem_calloc(snap->suppress_rules.len, sizeof(*taken));

	if (!taken || !vec_reserve(ret, snap->tunnel_rules.len))
		return diag_no_memory(d);
	vec_each(tunnel, &snap->tunnel_rules) {
		const struct rule *suppress = find_suppress(snap, &tunnel->rule, taken);

		if (suppress)
			taken[suppress - snap->suppress_rules.at] = true;
		ret->at[ret->len++] = suppress;
	}
	return 0;
}

bool rules_delete_one(const struct rule *rule, struct plan *plan)
{
	struct op *op = vec_push(plan);

	if (!op)
		return false;
	op->kind = OP_RULE_DEL;
	op->rule = *rule;
	return true;
}

bool rules_delete_pair(const struct tunnel_rule *tunnel, const struct rule *suppress,
		       struct plan *plan)
{
	return (!suppress || rules_delete_one(suppress, plan)) &&
	       rules_delete_one(&tunnel->rule, plan);
}

int rules_delete(const struct snap *snap,
		 bool (*is_own)(const struct tunnel_rule *rule, const void *context),
		 const void *context, struct plan *plan, struct diag *d)
{
	struct rule_pair_vec pairs = {0};
	int r = rules_pair(snap, &pairs, d);

	for (size_t i = 0; r == 0 && i < pairs.len; i++) {
		const struct tunnel_rule *tunnel = &snap->tunnel_rules.at[i];

		if (is_own(tunnel, context) && !rules_delete_pair(tunnel, pairs.at[i], plan))
			r = diag_no_memory(d);
	}
	vec_release(&pairs);
	return r;
}

bool rules_is_own(const struct tunnel_rule *tunnel, const struct snap *snap)
{
	if (tunnel->leads_here || tunnel->table_used)
		return tunnel->leads_here;
	return snap->firewall_mark == tunnel->rule.fwmark ||
	       (snap->wg.fwmark == tunnel->rule.fwmark &&
		wg_peers_have_default(&snap->wg.peers, tunnel->rule.family));
}
