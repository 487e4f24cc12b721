// SPDX-License-Identifier: GPL-2.0-or-later
// Which policy rules belong to a tunnel.
//
// Theory of operation
//
// A full tunnel has two rules a family; both wgq and wg-quick make them:
//
//	not fwmark N lookup N			the tunnel rule
//	lookup main suppress_prefixlength 0	the suppress rule
//
// Only rules of these forms, without any other selector, are candidates. All others are never
// deleted.
//
// A tunnel rule belongs to the interface that has the default route of table N. It does not if all
// routes of the table are others', unless the rule is of wgq's protocol and none of them is a
// default route. If the interface has lost that route, and others do not have the table, the mark
// decides: the interface's firewall saves N, or the device has the mark N and a
// peer with a /0 of the family. The /0 is asked for because a second tunnel may have the mark of
// the first only to get past it.
//
// A suppress rule names no tunnel. It comes before its tunnel rule, mostly with the next lower
// number. So it is the last one before the tunnel rule of the same family and protocol, and goes
// with one tunnel rule only. Those that are left over belong to none. wg-quick deletes all of them;
// wgq lets them stay, but for one that it made itself, when a reload adds a new pair.
//
// Of a pair the suppress rule is deleted first. As long as the tunnel rule is there, the next wgq
// finds both.
//
// Callers know more. Where the file sets Table, down deletes only rules of wgq's protocol; reload
// deletes none that a hook may have made (reload_owns_rule()), and leftover.c finds those of an
// interface whose link is gone.
#include "wgq/plan/rules.h"

#include <linux/rtnetlink.h>

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

	snap_needs(snap, LOOK_RULES);
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

void rules_delete_pair(const struct tunnel_rule *tunnel, const struct rule *suppress,
		       struct plan *plan)
{
	if (suppress)
		plan_add(plan, OP_RULE_DEL, 0)->rule = *suppress;
	plan_add(plan, OP_RULE_DEL, 0)->rule = tunnel->rule;
}

int rules_delete(const struct snap *snap,
		 bool (*is_own)(const struct tunnel_rule *rule, const void *context),
		 const void *context, struct plan *plan, struct diag *d)
{
	struct rule_pair_vec pairs = {0};
	int r = rules_pair(snap, &pairs, d);

	for (size_t i = 0; r == 0 && i < pairs.len; i++) {
		const struct tunnel_rule *tunnel = &snap->tunnel_rules.at[i];

		if (is_own(tunnel, context))
			rules_delete_pair(tunnel, pairs.at[i], plan);
	}
	vec_release(&pairs);
	return r == 0 ? plan_check(plan, d) : r;
}

bool rules_is_own(const struct tunnel_rule *tunnel, const struct snap *snap)
{
	bool may_be_others = tunnel->rule.protocol != RTPROT_KERNEL || tunnel->other[0];

	if (tunnel->leads_here || (tunnel->table_used && may_be_others))
		return tunnel->leads_here;
	snap_needs(snap, LOOK_FIREWALL | LOOK_DEVICE);
	return snap->firewall_mark == tunnel->rule.fwmark ||
	       (snap->wg.fwmark == tunnel->rule.fwmark &&
		wg_peers_have_default(&snap->wg.peers, tunnel->rule.family));
}
