// SPDX-License-Identifier: GPL-2.0-or-later
// Which rules and routes of a running interface come and go.
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/plan/steps.h"

/* With Table = NUMBER wgq adds no rules, so any of them may be a hook's. */
static bool is_of_hook(const struct conf *conf, uint32_t mark)
{
	if (conf->table_kind != TABLE_AUTO)
		return conf_has_up_hooks(conf);
	return hooks_add_rule(&conf->effects, mark);
}

bool reload_owns_rule(const struct conf *conf, const struct tunnel_rule *tunnel,
		      const struct snap *snap)
{
	return rules_is_own(tunnel, snap) &&
	       (tunnel->rule.protocol == RTPROT_KERNEL || !is_of_hook(conf, tunnel->rule.fwmark));
}

/* Whether a tunnel's rule and the suppress rule that goes with it do what they are for: the
 * kernel's choice of priorities may have been wrong. A suppress rule that is missing can be added.
 */
static bool is_in_place(const struct snap *snap, const struct rule *tunnel,
			const struct rule *suppress)
{
	return !rule_place_blocker(snap, tunnel) &&
	       (suppress ? suppress->place < tunnel->place
			 : rule_place_has_room_before(snap, tunnel));
}

static bool keeps_rule(const struct snap *snap, const struct want *want,
		       const struct rule_pair_vec *pairs, const struct tunnel_rule *tunnel)
{
	return want_is_full_for(want, tunnel->rule.family) && tunnel->rule.fwmark == want->mark &&
	       is_in_place(snap, &tunnel->rule, pairs->at[tunnel - snap->tunnel_rules.at]);
}

/* The one that is wanted; NULL: it is missing. Anybody's will do: it has the same mark and table,
 * so a second one would match nothing that the first has not. */
static const struct tunnel_rule *find_rule(const struct snap *snap, const struct want *want,
					   const struct rule_pair_vec *pairs, uint8_t family)
{
	return vec_find(tunnel, &snap->tunnel_rules,
			tunnel->rule.family == family && keeps_rule(snap, want, pairs, tunnel));
}

int reload_place_rules(const struct snap *snap, const struct rule_pair_vec *pairs,
		       struct reload *reload, struct diag *d)
{
	const struct want *want = &reload->want;
	bool ip = want->full_ip && !find_rule(snap, want, pairs, AF_INET);
	bool ip6 = want->full_ip6 && !find_rule(snap, want, pairs, AF_INET6);

	return rule_places_find(snap, ip, ip6, &reload->places, d);
}

/* A suppress rule whose tunnel rule is gone would otherwise stay beside the new pair. */
static void remove_orphan(const struct snap *snap, const struct rule_pair_vec *pairs,
			  uint8_t family, struct plan *plan)
{
	vec_each(suppress, &snap->suppress_rules) {
		if (suppress->family != family || suppress->protocol != RTPROT_KERNEL ||
		    vec_find(pair, pairs, *pair == suppress))
			continue;
		plan_add(plan, OP_RULE_DEL, 0)->rule = *suppress;
		return;
	}
}

void reload_add_rules(const struct snap *snap, struct reload *reload,
		      const struct rule_pair_vec *pairs, uint8_t family)
{
	const struct want *want = &reload->want;
	struct plan *plan = &reload->plan;
	bool is_ip6 = family == AF_INET6;

	if (!want_is_full_for(want, family))
		return;
	const struct tunnel_rule *tunnel = find_rule(snap, want, pairs, family);
	if (!tunnel) {
		diff_add_rules(want, family, is_ip6 ? &reload->places.ip6 : &reload->places.ip,
			       plan);
		remove_orphan(snap, pairs, family, plan);
	} else if (!pairs->at[tunnel - snap->tunnel_rules.at]) {
		uint32_t line = is_ip6 ? want->default_ip6.line : want->default_ip.line;

		/* The protocol, by which they are paired, is 0 in wg-quick's. */
		diff_add_suppress_rule(family, 0, line, plan)->rule.protocol =
			tunnel->rule.protocol;
	}
}

void reload_remove_rules(const struct snap *snap, struct reload *reload,
			 const struct rule_pair_vec *pairs)
{
	vec_each(tunnel, &snap->tunnel_rules)
		if (reload_owns_rule(reload->want.conf, tunnel, snap) &&
		    !keeps_rule(snap, &reload->want, pairs, tunnel))
			rules_delete_pair(tunnel, pairs->at[tunnel - snap->tunnel_rules.at],
					  &reload->plan);
}

void reload_bar_routes(struct reload *reload, enum op_kind kind)
{
	vec_each(change, &reload->tables) {
		const struct route_group barrier = route_barrier(&change->group);

		diff_routes(kind, &change->to_bar, &barrier, &reload->plan)->routes.temporary =
			true;
	}
}

void reload_replace_routes(struct reload *reload)
{
	vec_each(change, &reload->tables)
		diff_put_back_routes(&change->replacing, &change->group, &reload->plan);
	vec_each(change, &reload->tables)
		diff_routes(OP_ROUTE_DEL, &change->replaced, &change->group, &reload->plan);
}

void reload_add_late_routes(struct reload *reload)
{
	vec_each(change, &reload->tables) {
		diff_put_back_routes(&change->put_back, &change->group, &reload->plan);
		diff_put_back_routes(&change->barred, &change->group, &reload->plan);
		diff_put_back_routes(&change->add_late, &change->group, &reload->plan);
	}
}
