// SPDX-License-Identifier: GPL-2.0-or-later
// Which routes of an interface are missing, and which are too many.
#include "wgq/plan/reload/tables.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/net/route_sort.h"
#include "wgq/plan/reload/suspects.h"

static int compare_routes(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	return prefix_compare_route(&x->prefix, &y->prefix);
}

static bool is_sorted(const struct route_vec *routes)
{
	for (size_t i = 1; i < routes->len; i++)
		if (compare_routes(&routes->at[i - 1], &routes->at[i]) > 0)
			return false;
	return true;
}

static int sorted_copy(const struct route_vec *routes, struct route_vec *ret)
{
	if (!vec_reserve(ret, routes->len))
		return -ENOMEM;
	if (routes->len)
		memcpy(ret->at, routes->at, routes->len * sizeof(routes->at[0]));
	ret->len = routes->len;
	if (!is_sorted(ret))
		route_sort(ret->at, ret->len);
	return 0;
}

static struct table_change *change_of(struct table_change_vec *changes,
				      const struct route_group *group)
{
	vec_each(change, changes)
		if (route_group_equal(&change->group, group))
			return change;

	struct table_change *change = vec_push(changes);
	if (change)
		change->group = *group;
	return change;
}

/* Routes of one group that are wanted, longest first. */
static int wanted_in(const struct want *want, const struct route_group *group,
		     struct route_vec *ret)
{
	struct want_routes sets[WANT_SETS];

	want_list_routes(want, sets);
	for (size_t i = 0; i < WANT_SETS; i++) {
		if (sets[i].group.table != group->table)
			continue;
		if (!vec_reserve(ret, ret->len + sets[i].routes.len))
			return -ENOMEM;
		vec_each(route, &sets[i].routes) {
			const struct route_group own =
				route_group_of(&sets[i].group, route->prefix.addr.family);

			if (route_group_equal(&own, group))
				ret->at[ret->len++] = *route;
		}
	}
	if (!is_sorted(ret))
		route_sort(ret->at, ret->len);
	return 0;
}

static const struct route_table *table_in(const struct route_table_vec *tables,
					  const struct route_group *group)
{
	static const struct route_table none;

	vec_each(known, tables)
		if (route_group_equal(&known->group, group))
			return known;
	return &none;
}

/* With its last IPv4 address an interface loses every IPv4 route, in every table (fib_disable_ip(),
 * net/ipv4/fib_frontend.c). */
static bool loses_ipv4(const struct want *want, const struct snap *snap,
		       const struct link_addr_vec *gone)
{
	size_t left = 0, going = 0;

	vec_each(addr, &snap->addrs)
		left += addr->prefix.addr.family == AF_INET;
	vec_each(addr, gone)
		going += addr->prefix.addr.family == AF_INET;
	vec_each(addr, &want->addrs)
		if (addr->prefix.addr.family == AF_INET)
			return false;
	return left && left == going;
}

/* One group: what is wanted and what is there, both sorted, and what keeps a wanted route out. */
struct table_sides {
	struct route_vec wanted, running;
	struct route_vec served; /* by somebody else's route, which ours cannot be added beside */
	struct route_vec barred; /* by what a killed wgq has left */
	struct prefix_set held;  /* the networks of the addresses that go */
};

static int sides_make(const struct want *want, const struct snap *snap,
		      const struct link_addr_vec *gone, const struct route_group *group,
		      struct table_sides *ret)
{
	const struct route_group others = {.table = group->table};
	const struct route_group barrier = route_barrier(group);
	bool throws = group->lead == ROUTE_THROW;
	int r = wanted_in(want, group, &ret->wanted);

	if (r == 0)
		r = sorted_copy(&table_in(throws ? &snap->throws : &snap->tables, group)->plain,
				&ret->running);
	if (r < 0 || throws)
		return r;
	r = sorted_copy(&table_in(&snap->tables, &others)->others, &ret->served);
	if (r == 0)
		r = sorted_copy(&table_in(&snap->barriers, &barrier)->plain, &ret->barred);
	return r == 0 ? prefix_set_of_networks(gone, &ret->held) : r;
}

static void sides_release(struct table_sides *sides)
{
	routes_release(&sides->wanted);
	routes_release(&sides->running);
	routes_release(&sides->served);
	routes_release(&sides->barred);
	prefix_set_release(&sides->held);
}

bool tables_is_mistaken(const struct route_group *group)
{
	enum { ADDRCONF_METRIC = 256 };

	return group->table == RT_TABLE_MAIN && group->metric && group->metric <= ADDRCONF_METRIC;
}

/* By the route that the kernel made for an address which goes: in IPv4 it has the same metric, and
 * in IPv6 the kernel would delete this one in its place. */
static bool is_held(const struct table_sides *sides, const struct route_group *group,
		    const struct route *route)
{
	return (route->prefix.addr.family == AF_INET ? !group->metric
						     : tables_is_mistaken(group)) &&
	       prefix_set_has(&sides->held, &route->prefix);
}

static int sides_merge(const struct table_sides *sides, struct table_change *change)
{
	const struct route_vec *wanted = &sides->wanted, *running = &sides->running;
	int r = 0;

	for (size_t i = 0, j = 0; r == 0 && (i < wanted->len || j < running->len);) {
		int order = i == wanted->len    ? 1
			    : j == running->len ? -1
						: compare_routes(&wanted->at[i], &running->at[j]);

		if (order > 0)
			r = route_add(&change->remove, &running->at[j]);
		else if (order < 0 && route_is_in(&sides->barred, &wanted->at[i].prefix))
			r = route_add(&change->barred, &wanted->at[i]);
		else if (order < 0 && is_held(sides, &change->group, &wanted->at[i]))
			r = route_add(&change->add_late, &wanted->at[i]);
		else if (order < 0 && !route_is_in(&sides->served, &wanted->at[i].prefix))
			r = route_add(&change->add, &wanted->at[i]);
		else if (order == 0 && running->at[j].prefix.addr.family == AF_INET6 &&
			 is_held(sides, &change->group, &running->at[j])) {
			r = route_add(&change->remove, &running->at[j]);
			if (r == 0)
				r = route_add(&change->put_back, &running->at[j]);
		}
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int compare_table(const struct want *want, const struct snap *snap,
			 const struct link_addr_vec *gone, struct table_change *change)
{
	struct table_sides sides = {0};
	int r = sides_make(want, snap, gone, &change->group, &sides);

	if (r == 0)
		r = sides_merge(&sides, change);
	/* A link loses its routes when a hook puts it into a VRF, which has a table of its own. */
	if (snap->link.in_vrf && change->group.table == RT_TABLE_MAIN)
		change->add.len = change->add_late.len = change->barred.len = 0;
	sides_release(&sides);
	return r;
}

/* Table auto and numbers are wgq's own. Others were filled by a former configuration, if not by a
 * hook. */
static bool is_own_table(const struct want *want, const struct snap *snap, uint32_t table)
{
	if (table == RT_TABLE_MAIN || table == want->table)
		return true;
	vec_each(tunnel, &snap->tunnel_rules)
		if (tunnel->leads_here && tunnel->rule.table == table)
			return true;
	return !hooks_fill_table(&want->conf->effects, table);
}

static void split_ipv4(struct route_vec *routes, struct route_vec *ret_ipv4, int *r)
{
	size_t kept = 0;

	vec_each(route, routes) {
		if (route->prefix.addr.family != AF_INET)
			routes->at[kept++] = *route;
		else if (*r == 0)
			*r = route_add(ret_ipv4, route);
	}
	routes->len = kept;
}

/* What is lost with the last address is removed before and added again behind it, so that an undo
 * finds it as well. What is new comes behind it, too. What throws is on no link, and stays. */
static int lose_ipv4(const struct snap *snap, struct table_change *change)
{
	struct route_vec removed = change->remove;
	int r = 0;

	if (change->group.lead == ROUTE_THROW)
		return 0;
	change->remove = (struct route_vec){0};
	vec_each(route, &table_in(&snap->tables, &change->group)->plain) {
		bool ipv4 = route->prefix.addr.family == AF_INET;
		bool goes = route_is_in(&removed, &route->prefix) ||
			    (ipv4 && route_is_in(&change->replaced, &route->prefix));

		if (r == 0 && (goes || ipv4))
			r = route_add(&change->remove, route);
		if (r == 0 && ipv4 && !goes)
			r = route_add(&change->put_back, route);
	}
	routes_release(&removed);
	split_ipv4(&change->replaced, &removed, &r);
	split_ipv4(&change->add, &change->add_late, &r);
	split_ipv4(&change->replacing, &change->put_back, &r);
	routes_release(&removed);
	return r;
}

int tables_unbarred(const struct snap *snap, const struct route_group *group,
		    const struct route_vec *routes, struct route_vec *ret)
{
	_cleanup_(routes_release) struct route_vec barred = {0};
	const struct route_group barrier = route_barrier(group);
	int r = sorted_copy(&table_in(&snap->barriers, &barrier)->plain, &barred);

	vec_each(route, routes)
		if (r == 0 && !route_is_in(&barred, &route->prefix))
			r = route_add(ret, route);
	return r;
}

/* Whether a route of the one and one of the other cannot be told apart by prefix and metric. */
static bool in_each_others_way(const struct route_group *a, const struct route_group *b)
{
	return a->table == b->table && a->metric == b->metric && a->lead == ROUTE_INTO &&
	       b->lead == ROUTE_INTO && !route_group_equal(a, b);
}

/* Takes the routes of the list that are in the other one, of a family (0: both), out of it. */
static int move_common(struct route_vec *routes, const struct route_vec *others, uint8_t family,
		       struct route_vec *ret)
{
	size_t kept = 0;
	int r = 0;

	vec_each(route, routes) {
		if ((family && route->prefix.addr.family != family) ||
		    !route_is_in(others, &route->prefix))
			routes->at[kept++] = *route;
		else if (r == 0)
			r = route_add(ret, route);
	}
	routes->len = kept;
	return r;
}

/* The new one is put beside the old one, but in IPv6 two that differ in their protocol alone are
 * one to the kernel (rt6_duplicate_nexthop(), net/ipv6/ip6_fib.c): there it comes behind a barrier.
 */
static int replace_routes(struct table_change_vec *changes)
{
	int r = 0;

	vec_each(old, changes) {
		vec_each(new, changes) {
			if (!in_each_others_way(&old->group, &new->group))
				continue;
			if (old->group.shared == new->group.shared)
				r = move_common(&new->add, &old->remove, AF_INET6, &new->add_late);
			if (r == 0)
				r = move_common(&new->add, &old->remove, 0, &new->replacing);
			if (r == 0)
				r = move_common(&old->remove, &new->replacing, 0, &old->replaced);
			if (r < 0)
				return r;
		}
	}
	return r;
}

static void keep_what_is_not_ours(const struct want *want, const struct snap *snap,
				  const struct suspect_vec *suspects, struct table_change *change)
{
	const struct conf *conf = want->conf;
	bool untouched = !is_own_table(want, snap, change->group.table) ||
			 (conf->table_kind == TABLE_OFF && conf_has_up_hooks(conf));
	size_t kept = 0;

	if (change->group.own || change->group.lead == ROUTE_THROW)
		return;
	vec_each(route, &change->remove) {
		if (!untouched && suspects_are_ours(suspects, &route->prefix) &&
		    !hooks_add_route(&conf->effects, HOOKS_AT_ALL, change->group.table,
				     &route->prefix))
			change->remove.at[kept++] = *route;
	}
	change->remove.len = kept;
}

static int compare_all(const struct want *want, const struct snap *snap,
		       const struct link_addr_vec *gone, struct table_change_vec *ret)
{
	const struct route_table_vec *running[] = {&snap->tables, &snap->throws};
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct want_routes sets[WANT_SETS];
	struct suspect_vec suspects = {0};
	int r = 0;

	want_list_routes(want, sets);
	for (size_t i = 0; i < 2 * WANT_SETS; i++) {
		const struct route_group group =
			route_group_of(&sets[i / 2].group, families[i % 2]);

		if (sets[i / 2].routes.len && !change_of(ret, &group))
			return -ENOMEM;
	}
	for (size_t i = 0; i < 2; i++)
		vec_each(known, running[i])
			if (!change_of(ret, &known->group))
				return -ENOMEM;
	vec_each(change, ret)
		if (r == 0)
			r = compare_table(want, snap, gone, change);
	if (r == 0)
		r = suspects_list(ret, &suspects);
	if (r == 0 && suspects.len) {
		suspects_mark(&suspects, &snap->wg.peers, prefix_equal, SUSPECT_EXPLAINED);
		suspects_mark(&suspects, &want->device.peers, prefix_covers, SUSPECT_LED);
		vec_each(change, ret)
			keep_what_is_not_ours(want, snap, &suspects, change);
	}
	vec_release(&suspects);
	if (r == 0)
		r = replace_routes(ret);
	if (loses_ipv4(want, snap, gone))
		vec_each(change, ret)
			if (r == 0)
				r = lose_ipv4(snap, change);
	vec_each(change, ret) {
		if (r == 0)
			r = tables_unbarred(snap, &change->group, &change->put_back,
					    &change->to_bar);
		if (r == 0)
			r = tables_unbarred(snap, &change->group, &change->add_late,
					    &change->to_bar);
	}
	return r;
}

int tables_compare(const struct want *want, const struct snap *snap,
		   const struct link_addr_vec *gone, struct table_change_vec *ret, struct diag *d)
{
	return compare_all(want, snap, gone, ret) < 0 ? diag_no_memory(d) : 0;
}

void tables_change_release(struct table_change_vec *changes)
{
	vec_each(change, changes) {
		routes_release(&change->add);
		routes_release(&change->add_late);
		routes_release(&change->put_back);
		routes_release(&change->to_bar);
		routes_release(&change->barred);
		routes_release(&change->remove);
		routes_release(&change->replacing);
		routes_release(&change->replaced);
	}
	vec_release(changes);
}
