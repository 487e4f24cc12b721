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

static bool has_route(const struct route_vec *sorted, const struct route *route)
{
	return sorted->len &&
	       bsearch(route, sorted->at, sorted->len, sizeof(*route), compare_routes);
}

static int add_route(struct route_vec *routes, const struct route *route)
{
	struct route *copy = vec_push(routes);

	if (!copy)
		return -ENOMEM;
	*copy = *route;
	return 0;
}

static struct table_change *change_of(struct table_change_vec *changes, uint32_t table)
{
	vec_each(change, changes)
		if (change->table == table)
			return change;

	struct table_change *change = vec_push(changes);
	if (change)
		change->table = table;
	return change;
}

/* Routes of one table: what is wanted there, longest first. */
static int wanted_in(const struct want *want, uint32_t table, struct route_vec *ret)
{
	int r = 0;

	if (table == want->table)
		r = sorted_copy(&want->routes, ret);
	if (r == 0 && want->full_ip6 && table == want->mark)
		r = add_route(ret, &want->default_ip6);
	if (r == 0 && want->full_ip && table == want->mark)
		r = add_route(ret, &want->default_ip);
	if (r == 0 && !is_sorted(ret))
		route_sort(ret->at, ret->len);
	return r;
}

static const struct route_table *table_in(const struct route_table_vec *tables, uint32_t table)
{
	static const struct route_table none;

	vec_each(known, tables)
		if (known->table == table)
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

/* One table: what is wanted and what is there, both sorted, and what keeps a wanted route out. */
struct table_sides {
	struct route_vec wanted, running;
	struct route_vec served; /* by somebody else's route, which ours cannot be added beside */
	struct route_vec barred; /* by what a killed wgq has left */
	struct prefix_set held;  /* until an address has gone */
};

static int sides_make(const struct want *want, const struct snap *snap,
		      const struct link_addr_vec *gone, uint32_t number, struct table_sides *ret)
{
	const struct route_table *table = table_in(&snap->tables, number);
	int r = wanted_in(want, number, &ret->wanted);

	if (r == 0)
		r = sorted_copy(&table->plain, &ret->running);
	if (r == 0)
		r = sorted_copy(&table->others, &ret->served);
	if (r == 0)
		r = sorted_copy(&table_in(&snap->barriers, number)->plain, &ret->barred);
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

static int sides_merge(const struct table_sides *sides, struct table_change *change)
{
	const struct route_vec *wanted = &sides->wanted, *running = &sides->running;
	int r = 0;

	for (size_t i = 0, j = 0; r == 0 && (i < wanted->len || j < running->len);) {
		int order = i == wanted->len    ? 1
			    : j == running->len ? -1
						: compare_routes(&wanted->at[i], &running->at[j]);

		if (order > 0)
			r = add_route(&change->remove, &running->at[j]);
		else if (order < 0 && has_route(&sides->barred, &wanted->at[i]))
			r = add_route(&change->barred, &wanted->at[i]);
		else if (order < 0 && prefix_set_has(&sides->held, &wanted->at[i].prefix))
			r = add_route(&change->add_late, &wanted->at[i]);
		else if (order < 0 && !has_route(&sides->served, &wanted->at[i]))
			r = add_route(&change->add, &wanted->at[i]);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int compare_table(const struct want *want, const struct snap *snap,
			 const struct link_addr_vec *gone, struct table_change *change)
{
	struct table_sides sides = {0};
	int r = sides_make(want, snap, gone, change->table, &sides);

	if (r == 0)
		r = sides_merge(&sides, change);
	/* A link loses its routes when a hook puts it into a VRF, which has a table of its own. */
	if (snap->link.in_vrf && change->table == RT_TABLE_MAIN)
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

/* What is lost with the last address is removed before and added again behind it, so that an undo
 * finds it as well. */
static int lose_ipv4(const struct snap *snap, struct table_change *change)
{
	struct route_vec removed = change->remove;
	size_t kept = 0;
	int r = 0;

	change->remove = (struct route_vec){0};
	vec_each(route, &table_in(&snap->tables, change->table)->plain) {
		bool goes = has_route(&removed, route);
		bool ipv4 = route->prefix.addr.family == AF_INET;

		if (r == 0 && (goes || ipv4))
			r = add_route(&change->remove, route);
		if (r == 0 && ipv4 && !goes)
			r = add_route(&change->put_back, route);
	}
	vec_each(route, &change->add) {
		if (route->prefix.addr.family != AF_INET)
			change->add.at[kept++] = *route;
		else if (r == 0)
			r = add_route(&change->add_late, route);
	}
	change->add.len = kept;
	routes_release(&removed);
	return r;
}

static void keep_what_is_not_ours(const struct want *want, const struct snap *snap,
				  const struct suspect_vec *suspects, struct table_change *change)
{
	const struct conf *conf = want->conf;
	bool untouched = !is_own_table(want, snap, change->table) ||
			 (conf->table_kind == TABLE_OFF && conf_has_up_hooks(conf));
	size_t kept = 0;

	vec_each(route, &change->remove) {
		if (!untouched && suspects_are_ours(suspects, &route->prefix) &&
		    !hooks_add_route(&conf->effects, HOOKS_AT_ALL, change->table, &route->prefix))
			change->remove.at[kept++] = *route;
	}
	change->remove.len = kept;
}

static int compare_all(const struct want *want, const struct snap *snap,
		       const struct link_addr_vec *gone, struct table_change_vec *ret)
{
	struct suspect_vec suspects = {0};
	int r = 0;

	if ((want->routes.len && !change_of(ret, want->table)) ||
	    (want_is_full(want) && !change_of(ret, want->mark)))
		return -ENOMEM;
	vec_each(known, &snap->tables)
		if (!change_of(ret, known->table))
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
	if (loses_ipv4(want, snap, gone))
		vec_each(change, ret)
			if (r == 0)
				r = lose_ipv4(snap, change);
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
		routes_release(&change->barred);
		routes_release(&change->remove);
	}
	vec_release(changes);
}
