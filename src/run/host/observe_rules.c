// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: looks at the policy rules of this host, and at what they lead to.
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink/policy.h"

#include "internal.h"

/* The interface that the default route of the table leads to. */
static int find_other(struct host *h, struct tunnel_rule *tunnel, struct diag *d)
{
	_cleanup_(policy_routes_release) struct policy_route_vec routes = {0};
	const struct addr any = {.family = tunnel->rule.family};
	bool is_empty;
	int r = rtnetlink_policy_routes(h->rtnetlink, &any, tunnel->rule.table, &routes, &is_empty,
					d);

	vec_each(route, &routes)
		if (route->to.len == 0 && route->hop_count && !tunnel->other[0])
			memcpy(tunnel->other, route->hops[0].ifname, sizeof(tunnel->other));
	return r;
}

static int look_behind(struct host *h, struct tunnel_rule *tunnel, struct diag *d)
{
	_cleanup_(routes_release) struct route_vec routes = {0};
	const struct rule *rule = &tunnel->rule;
	int r = 0;

	if (h->link.index)
		r = rtnetlink_route_list(h->rtnetlink, rule->family, rule->table, h->link.index,
					 &routes, d);
	/* Several may share the table: who has its default route has the rule. */
	vec_each(route, &routes)
		tunnel->leads_here |= route->prefix.len == 0;
	/* If only the default route is gone, the mark tells whose rule it is. */
	if (r < 0 || routes.len)
		return r;
	r = rtnetlink_table_used(h->rtnetlink, rule->family, rule->table, &tunnel->table_used, d);
	return r == 0 && tunnel->table_used ? find_other(h, tunnel, d) : r;
}

static int has_default(struct host *h, const struct policy_rule *rule, bool *ret, struct diag *d)
{
	_cleanup_(policy_routes_release) struct policy_route_vec routes = {0};
	const struct addr any = {.family = rule->family};
	bool is_empty;
	int r = rtnetlink_policy_routes(h->rtnetlink, &any, rule->table, &routes, &is_empty, d);

	*ret = false;
	vec_each(route, &routes)
		*ret |= route->to.len == 0 && route->type != RTN_THROW;
	return r;
}

/* Behind the rule for the table main no tunnel's may come, be there a default route now or not. One
 * with suppress_prefixlength lets those pass that take a default route. */
static int ends_here(struct host *h, const struct policy_rule *rule, bool *ret, struct diag *d)
{
	*ret = policy_rule_is_for_all(rule) && rule->action != FR_ACT_NOP && !rule->dangling &&
	       !rule->has_suppress_prefixlen;
	if (!*ret || rule->action != FR_ACT_TO_TBL || rule->table == RT_TABLE_MAIN)
		return 0;
	return has_default(h, rule, ret, d);
}

static int take_rule(struct host *h, struct host_rule *known, struct snap *snap, struct diag *d)
{
	struct rule rule;

	policy_rule_narrow(&known->rule, &rule);
	rule.place = known->place;
	if (!rule.exact)
		return ends_here(h, &known->rule, &known->ends, d);
	if (rule.has_suppress) {
		struct rule *copy = vec_push(&snap->suppress_rules);
		if (!copy)
			return diag_no_memory(d);
		*copy = rule;
		return 0;
	}
	struct tunnel_rule *tunnel = vec_push(&snap->tunnel_rules);
	if (!tunnel)
		return diag_no_memory(d);
	tunnel->rule = rule;
	return look_behind(h, tunnel, d);
}

int host_observe_rules(struct host *h, const struct observe_query *query, struct snap *snap,
		       struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	int r = 0;

	(void)query;
	for (size_t f = 0; r == 0 && f < sizeof(families); f++) {
		_cleanup_(policy_rules_release) struct policy_rule_vec rules = {0};

		r = rtnetlink_policy_rules(h->rtnetlink, families[f], &rules, d);
		for (size_t i = 0; r == 0 && i < rules.len; i++) {
			struct host_rule *known = vec_push(&snap->rules);

			if (!known)
				return diag_no_memory(d);
			known->rule = rules.at[i];
			known->place = (uint32_t)i;
			r = take_rule(h, known, snap, d);
		}
	}
	return r;
}
