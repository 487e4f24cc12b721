// SPDX-License-Identifier: GPL-2.0-or-later
// One leg of a packet's way: rules, tables, the kernel's own answer, the link.
#include "way_leg.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/kernel/rtnetlink/policy.h"

static int copy_routes(const struct way_table *table, struct policy_route_vec *ret, bool *ret_empty,
		       struct diag *d)
{
	*ret_empty = table->empty;
	if (!vec_reserve(ret, ret->len + table->routes.len))
		return diag_no_memory(d);
	vec_each(route, &table->routes)
		ret->at[ret->len++] = *route;
	return 0;
}

/* For suppress_ifgroup. */
static int find_groups(struct way_tables *tables, struct way_table *table, struct diag *d)
{
	vec_each(route, &table->routes) {
		struct link link = {0};
		int r = 0;

		if (route->hop_count)
			r = rtnetlink_policy_link(tables->rtnetlink, route->hops[0].oif, &link, d);
		if (r < 0)
			return r;
		route->group = link.group;
	}
	return 0;
}

static int tables_list(void *self, const struct addr *to, uint32_t number,
		       struct policy_route_vec *ret, bool *ret_empty, struct diag *d)
{
	struct way_tables *tables = self;

	vec_each(table, tables)
		if (table->table == number && addr_compare(&table->to, to) == 0)
			return copy_routes(table, ret, ret_empty, d);

	struct way_table *table = vec_push(tables);
	if (!table)
		return diag_no_memory(d);
	table->table = number;
	table->to = *to;
	int r = rtnetlink_policy_routes(tables->rtnetlink, to, number, &table->routes,
					&table->empty, d);
	if (r == 0)
		r = find_groups(tables, table, d);
	return r == 0 ? copy_routes(table, ret, ret_empty, d) : r;
}

int way_tables_open(struct way_tables *tables, struct diag *d)
{
	tables->list = (struct packet_tables){.list = tables_list, .self = tables};
	return rtnetlink_open(&tables->rtnetlink, d);
}

void way_tables_close(struct way_tables *tables)
{
	vec_each(table, tables)
		policy_routes_release(&table->routes);
	vec_release(tables);
	rtnetlink_free(tables->rtnetlink);
}

/* An address of this host has a route of type local in table local (inet_addr_type()). */
static int check_source(struct way_tables *tables, struct way_leg *leg, struct diag *d)
{
	_cleanup_(policy_routes_release) struct policy_route_vec routes = {0};
	const struct packet back = {.to = leg->packet.from};
	bool empty;

	if (!leg->packet.from.family)
		return 0;
	int r = tables_list(tables, &back.to, RT_TABLE_LOCAL, &routes, &empty, d);
	const struct policy_route *route = r == 0 ? packet_pick(&back, &routes) : NULL;
	leg->from_elsewhere = !route || route->type != RTN_LOCAL;
	return r;
}

/* The kernel fills in a protocol where none is given, UDP for IPv4. One that no rule asks for is
 * what the walk took the packet for. */
static uint8_t neutral_proto(const struct packet_way *way)
{
	static const uint8_t protos[] = {IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP};
	bool depends = false;

	for (size_t i = 0; i < sizeof(protos); i++) {
		bool asked_for = false;

		vec_each(step, way) {
			depends |= step->outcome == PACKET_DEPENDS;
			asked_for |= step->rule->ip_proto == protos[i];
		}
		if (!depends)
			return 0;
		if (!asked_for)
			return protos[i];
	}
	return 0;
}

/* IPv6 sends from any address. IPv4 does not, nor from loopback through other links, unless
 * route_localnet is set there (ip_route_output_key_hash_rcu(), __mkroute_output()). */
static void check_refusal(struct way_leg *leg)
{
	const struct addr *from = &leg->packet.from;
	bool is_loopback = from->family == AF_INET && from->bytes[0] == 127;

	if (from->family != AF_INET)
		return;
	leg->from_refused = leg->from_elsewhere || (is_loopback && leg->answer_error == EINVAL);
	if (leg->from_refused)
		leg->agrees = leg->answer_error == ENETUNREACH || leg->answer_error == EINVAL;
}

/* If the kernel does not answer, what is known is shown all the same. */
static void ask_kernel(struct way_tables *tables, struct way_leg *leg)
{
	struct packet packet = leg->packet;

	if (!packet.ip_proto)
		packet.ip_proto = neutral_proto(&leg->way);
	leg->asked = rtnetlink_policy_ask(tables->rtnetlink, &packet, &leg->answer,
					  &leg->answer_error, NULL) == 0;
	leg->agrees = packet_agrees(&leg->way, &leg->answer, leg->answer_error);
	check_refusal(leg);
}

/* Of several hops the one that the kernel took; where it was not asked, the first that works. */
static void choose_hop(struct way_leg *leg)
{
	const struct policy_route *route = packet_route(&leg->way);

	if (packet_fate(&leg->way) != PACKET_LEAVES || leg->from_refused)
		return;
	for (uint32_t i = policy_hops_known(route); i-- > 0;)
		if (!route->hops[i].dead)
			leg->hop = route->hops[i];
	if (leg->asked && leg->agrees && leg->answer.hop_count)
		leg->hop = leg->answer.hops[0];
}

static int find_link(struct way_tables *tables, struct way_leg *leg, struct diag *d)
{
	const struct policy_route *route = packet_route(&leg->way);
	int r;

	if (!leg->hop.oif)
		return 0;
	r = rtnetlink_policy_link(tables->rtnetlink, leg->hop.oif, &leg->link, d);
	if (leg->agrees && leg->answer.mtu)
		leg->mtu = leg->answer.mtu;
	else
		leg->mtu = route && route->mtu ? route->mtu : leg->link.mtu;
	return r;
}

static bool has_source_rule(const struct policy_rule_vec *rules, const struct addr *source)
{
	const struct prefix host = {.addr = *source, .len = addr_bits(source)};

	vec_each(rule, rules)
		if (rule->from.len && prefix_covers(&rule->from, &host))
			return true;
	return false;
}

/* ip_route_connect(), include/net/route.h. */
static int walk_connected(struct way_tables *tables, struct way_leg *leg, struct diag *d)
{
	const struct addr *source = &leg->answer.source;

	if (leg->packet.from.family || leg->packet.to.family != AF_INET || !source->family ||
	    !has_source_rule(&leg->rules, source))
		return 0;
	leg->connected = leg->packet;
	leg->connected.from = *source;
	int r = packet_walk(&leg->connected, &leg->rules, &tables->list, &leg->connected_way, d);
	leg->differs_connected = leg->connected_way.decided != leg->way.decided;
	return r;
}

int way_leg_follow(struct way_tables *tables, struct way_leg *leg, struct diag *d)
{
	if (leg->pinned)
		return find_link(tables, leg, d);

	int r = rtnetlink_policy_rules(tables->rtnetlink, leg->packet.to.family, &leg->rules, d);
	if (r == 0)
		r = packet_walk(&leg->packet, &leg->rules, &tables->list, &leg->way, d);
	if (r == 0)
		r = check_source(tables, leg, d);
	if (r < 0)
		return r;
	ask_kernel(tables, leg);
	choose_hop(leg);
	r = walk_connected(tables, leg, d);
	return r == 0 ? find_link(tables, leg, d) : r;
}
