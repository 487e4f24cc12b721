// SPDX-License-Identifier: GPL-2.0-or-later
// Walks one packet through the policy rules.
#include "wgq/plan/packet/packet.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Whether a selector takes the packet, in this order: the least of all selectors counts. */
enum verdict { NO, MAYBE, YES };

static enum verdict verdict_of(bool taken)
{
	return taken ? YES : NO;
}

static bool covers(const struct prefix *prefix, const struct addr *addr)
{
	const struct prefix host = {.addr = *addr, .len = addr_bits(addr)};

	return prefix->addr.family == addr->family && prefix_covers(prefix, &host);
}

/* Without a source IPv4 compares 0.0.0.0, and IPv6 says no (fib6_rule_match()). */
static enum verdict from_verdict(const struct policy_rule *rule, const struct packet *packet)
{
	struct addr from = packet->from;

	if (!from.family && packet->to.family == AF_INET6)
		return NO;
	from.family = packet->to.family;
	return verdict_of(covers(&rule->from, &from));
}

static enum verdict port_verdict(const struct policy_ports *ports, uint16_t port)
{
	if (!ports->last)
		return YES;
	return port ? verdict_of(port >= ports->first && port <= ports->last) : MAYBE;
}

static enum verdict ports_verdict(const struct policy_rule *rule, const struct packet *packet)
{
	enum verdict sport = port_verdict(&rule->sport, packet->sport);
	enum verdict dport = port_verdict(&rule->dport, packet->dport);

	return sport < dport ? sport : dport;
}

/* One selector of a rule; YES where the rule does not have it. */
static enum verdict selector_verdict(enum packet_selector selector, const struct policy_rule *rule,
				     const struct packet *packet)
{
	switch (selector) {
	case SELECTOR_NONE:
		return YES;
	case SELECTOR_TO:
		return rule->to.len ? verdict_of(covers(&rule->to, &packet->to)) : YES;
	case SELECTOR_FROM:
		return rule->from.len ? from_verdict(rule, packet) : YES;
	case SELECTOR_MARK:
		return verdict_of(((rule->fwmark ^ packet->mark) & rule->fwmask) == 0);
	case SELECTOR_IIF: /* what is made here comes in through lo (LOOPBACK_IFINDEX) */
		return verdict_of(!rule->iif[0] || strcmp(rule->iif, "lo") == 0);
	case SELECTOR_OIF: /* only what a program has bound to a link has one before the route */
		return verdict_of(!rule->oif[0]);
	case SELECTOR_TOS:
		return verdict_of(!rule->tos);
	case SELECTOR_UID:
		return verdict_of(!rule->has_uid || (packet->uid >= rule->uid_first &&
						     packet->uid <= rule->uid_last));
	case SELECTOR_PROTO:
		return rule->ip_proto && !packet->ip_proto
			       ? MAYBE
			       : verdict_of(!rule->ip_proto || packet->ip_proto == rule->ip_proto);
	case SELECTOR_PORT:
		return ports_verdict(rule, packet);
	case SELECTOR_L3MDEV:
		return verdict_of(!rule->l3mdev);
	case SELECTOR_TUNNEL:
		return verdict_of(!rule->tunnel);
	case SELECTOR_UNKNOWN:
		return rule->unknown ? MAYBE : YES;
	}
	return MAYBE;
}

static bool has_selector(enum packet_selector selector, const struct policy_rule *rule)
{
	switch (selector) {
	case SELECTOR_NONE:
		return false;
	case SELECTOR_TO:
		return rule->to.len;
	case SELECTOR_FROM:
		return rule->from.len;
	case SELECTOR_MARK:
		return rule->fwmask;
	case SELECTOR_IIF:
		return rule->iif[0];
	case SELECTOR_OIF:
		return rule->oif[0];
	case SELECTOR_TOS:
		return rule->tos;
	case SELECTOR_UID:
		return rule->has_uid;
	case SELECTOR_PROTO:
		return rule->ip_proto;
	case SELECTOR_PORT:
		return rule->sport.last || rule->dport.last;
	case SELECTOR_L3MDEV:
		return rule->l3mdev;
	case SELECTOR_TUNNEL:
		return rule->tunnel;
	case SELECTOR_UNKNOWN:
		return rule->unknown;
	}
	return false;
}

/* The verdict of all selectors together, before `not`; *ret_selector is the one that decides
 * against the rule. */
static enum verdict rule_verdict(const struct policy_rule *rule, const struct packet *packet,
				 enum packet_selector *ret_selector)
{
	enum verdict all = YES;

	*ret_selector = SELECTOR_NONE;
	for (enum packet_selector s = SELECTOR_TO; s <= SELECTOR_UNKNOWN; s++) {
		enum verdict one = selector_verdict(s, rule, packet);

		if (one < all) {
			all = one;
			*ret_selector = s;
		}
	}
	return all;
}

/* If a `not` rule matches, all its selectors exclude the packet: the first is named.
 */
static enum verdict inverted(enum verdict verdict, const struct policy_rule *rule,
			     enum packet_selector *selector)
{
	if (verdict == MAYBE)
		return MAYBE;
	*selector = SELECTOR_NONE;
	if (verdict == NO)
		return YES;
	for (enum packet_selector s = SELECTOR_UNKNOWN; s > SELECTOR_NONE; s--)
		if (has_selector(s, rule))
			*selector = s;
	return NO;
}

int packet_look(const struct packet *packet, const struct packet_tables *tables,
		struct packet_step *step, struct diag *d)
{
	_cleanup_(policy_routes_release) struct policy_route_vec routes = {0};
	int r;

	if (step->looked || step->rule->action != FR_ACT_TO_TBL || step->rule->l3mdev)
		return 0;
	r = tables->list(tables->self, &packet->to, step->rule->table, &routes, &step->empty, d);
	if (r < 0)
		return r;

	const struct policy_route *route = packet_pick(packet, &routes);
	step->looked = true;
	if (route)
		step->route = *route;
	return 0;
}

/* fib4_rule_suppress(); a route that is an error itself is not refused. */
static bool is_suppressed(const struct policy_rule *rule, const struct policy_route *route)
{
	if (policy_type_refuses(route->type))
		return false;
	return (rule->has_suppress_prefixlen && route->to.len <= rule->suppress_prefixlen) ||
	       (rule->has_suppress_group && route->hop_count &&
		route->group == rule->suppress_group);
}

static enum packet_outcome table_outcome(const struct packet_step *step)
{
	if (step->route.type == RTN_UNSPEC)
		return PACKET_NO_ROUTE;
	if (step->route.type == RTN_THROW)
		return PACKET_THROWN;
	return is_suppressed(step->rule, &step->route) ? PACKET_SUPPRESSED : PACKET_DECIDED;
}

static enum packet_outcome action_outcome(const struct packet_step *step)
{
	switch (step->rule->action) {
	case FR_ACT_TO_TBL:
		return table_outcome(step);
	case FR_ACT_GOTO:
		return step->rule->dangling ? PACKET_PASSED : PACKET_JUMPED;
	case FR_ACT_NOP:
		return PACKET_PASSED;
	default:
		return PACKET_DECIDED;
	}
}

static int step_take(const struct packet *packet, const struct packet_tables *tables,
		     struct packet_step *step, struct diag *d)
{
	enum verdict verdict = rule_verdict(step->rule, packet, &step->selector);

	if (step->rule->invert)
		verdict = inverted(verdict, step->rule, &step->selector);
	if (verdict != YES) {
		step->outcome = verdict == NO ? PACKET_SKIPPED : PACKET_DEPENDS;
		return 0;
	}
	int r = packet_look(packet, tables, step, d);
	if (r == 0)
		step->outcome = action_outcome(step);
	return r;
}

/* The rule that a goto at a step leads to. The kernel takes none that leads back, so that it ends.
 */
static size_t jump(const struct packet_way *way, size_t from)
{
	for (size_t i = from + 1; i < way->len; i++)
		if (way->at[i].rule->priority == way->at[from].rule->target)
			return i;
	return from + 1;
}

int packet_walk(const struct packet *packet, const struct policy_rule_vec *rules,
		const struct packet_tables *tables, struct packet_way *ret, struct diag *d)
{
	ret->decided = SIZE_MAX;
	vec_each(rule, rules) {
		struct packet_step *step = vec_push(ret);

		if (!step)
			return diag_no_memory(d);
		step->rule = rule;
	}
	for (size_t i = 0; i < ret->len && ret->decided == SIZE_MAX;) {
		struct packet_step *step = &ret->at[i];
		int r = step_take(packet, tables, step, d);

		if (r < 0)
			return r;
		if (step->outcome == PACKET_DECIDED)
			ret->decided = i;
		i = step->outcome == PACKET_JUMPED ? jump(ret, i) : i + 1;
	}
	return 0;
}

void packet_way_release(struct packet_way *way)
{
	vec_release(way);
}
