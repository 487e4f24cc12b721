// SPDX-License-Identifier: GPL-2.0-or-later
// What the undo of a reload needs beside the inverses of its steps.
//
// Theory of operation
//
// The kernel does more than it is asked when addresses come and go, and an inverse takes back only
// what was asked. Steps that are back_only make up for the rest. They do nothing when the plan is
// applied; the undo, which runs from its end to its beginning, takes them when it gets to them.
//
// Routes. With its last IPv4 address an interface loses its IPv4 routes. Where the reload deletes
// that address, tables.c plans the loss: the routes are deleted before it, and those that stay are
// added again after it, so that both have inverses. Where the reload adds the first IPv4 address,
// the undo deletes it, and then adds the routes that were there (find_lost()). With an IPv6 address
// the kernel deletes the first route to its network, which may be ours: tables_is_mistaken().
//
// Barriers. While such routes are away, and until new ones that wait for an address to go are
// there, packets must not leave past the tunnel, not even by a foreign route to the same prefix. So
// an unreachable route is added before each, with the same metric, before anything that leads into
// the tunnel goes, and deleted when the route is there, which is put before it. Its window tells
// whose it is. It is on no link: if wgq is killed it stays, and the next down, reload or up
// --replace of the interface deletes it (diff_lift_barriers()). Until then it serves that reload,
// too, whose undo leaves it there.
//
// Order. The source of packets is the first address, and an IPv4 address that comes back is put
// behind those that are there. Where the inverses alone would change the order, those that stood
// behind the first deleted one, but for addresses of hooks, are deleted and added once more in the
// former order (reload_keep_order()). The undo leaves this out if no IPv4 address was deleted.
//
// Subnets. With the first IPv4 address of a subnet the kernel deletes the others, unless
// promote_secondaries is on. The plan turns that on for as long as it needs it (addrs.c). Where it
// is off and two addresses share a subnet, the order is not restored.
//
// All else. Routes of others go with an address that they name, and IPv6 addresses with a link that
// is set down. OP_RESTORE, the first step of the plan and so the last of the undo, makes those
// again that are gone, from the kernel's own messages.
#include <errno.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/net/route_sort.h"

#include "internal.h"
#include "wgq/plan/steps.h"

static bool gets_ipv4(const struct snap *snap, const struct reload *reload)
{
	return !addrs_have_family(&snap->addrs, AF_INET) &&
	       addrs_have_family(&reload->want.addrs, AF_INET);
}

/* The networks of the addresses that are added, which a route with a low metric may be to. */
static int list_new_networks(const struct snap *snap, const struct reload *reload,
			     struct prefix_set *ret)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};
	int r = prefix_set_of_addrs(&snap->addrs, &there);

	vec_each(addr, &reload->want.addrs) {
		struct prefix network = addr->prefix;

		prefix_mask(&network);
		if (r == 0 && !prefix_set_has(&there, &addr->prefix))
			r = prefix_set_add(ret, &network);
	}
	prefix_set_sort(ret);
	return r;
}

/* What the kernel takes when addresses are deleted that the interface did not have before: with the
 * last one of IPv4 every IPv4 route, in every table (fib_disable_ip(), net/ipv4/fib_frontend.c);
 * with one of IPv6 what it takes for the address' own route. */
static int find_lost(const struct snap *snap, struct reload *reload)
{
	_cleanup_prefix_set_ struct prefix_set networks = {0};
	int r = list_new_networks(snap, reload, &networks);
	bool ipv4 = gets_ipv4(snap, reload);

	vec_each(table, &snap->tables) {
		for (size_t ip6 = 0; ip6 < 2; ip6++) {
			struct route_table *lost = vec_push(&reload->lost_on_the_way_back[ip6]);
			struct route_table *bars = vec_push(&reload->barred_on_the_way_back[ip6]);

			if (!lost || !bars)
				return -ENOMEM;
			lost->group = table->group;
			bars->group = route_barrier(&table->group);
			vec_each(route, &table->plain) {
				bool is_ip6 = route->prefix.addr.family == AF_INET6;
				bool goes =
					is_ip6 ? tables_is_mistaken(&table->group) &&
							 prefix_set_has(&networks, &route->prefix)
					       : ipv4;

				if (r == 0 && is_ip6 == ip6 && goes)
					r = route_add(&lost->plain, route);
			}
			if (r == 0)
				r = tables_unbarred(snap, &table->group, &lost->plain,
						    &bars->plain);
		}
	}
	return r;
}

/* In between, packets are refused, and do not leave past the tunnel. */
static void bar_on_the_way_back(struct reload *reload, bool ip6, enum op_kind kind)
{
	vec_each(table, &reload->barred_on_the_way_back[ip6])
		diff_routes(kind, &table->plain, &table->group, &reload->plan)->back_only = true;
}

void reload_add_addresses(const struct snap *snap, struct reload *reload)
{
	reload->plan.failed |= find_lost(snap, reload) < 0;
	for (size_t ip6 = 0; ip6 < 2; ip6++) {
		bar_on_the_way_back(reload, ip6, OP_ROUTE_DEL);
		diff_return_routes(&reload->lost_on_the_way_back[ip6], &reload->plan);
		diff_add_addresses(snap, &reload->want, ip6 ? AF_INET6 : AF_INET, &reload->plan);
		/* So that the kernel deletes the address' own. */
		if (ip6)
			vec_each(table, &reload->lost_on_the_way_back[ip6])
				diff_routes(OP_ROUTE_DEL, &table->plain, &table->group,
					    &reload->plan)
					->back_only = true;
		bar_on_the_way_back(reload, ip6, OP_ROUTE_ADD);
	}
}

/* Others' routes go with an address that they name, and with the last one of IPv4; IPv6 addresses
 * with a link that is set down. On the way back it is the very last step. */
void reload_restore(const struct snap *snap, struct reload *reload)
{
	if (reload->gone.len || gets_ipv4(snap, reload) || !snap->link.up)
		diff_restore(snap, &reload->plan);
}

/* Whether no two IPv4 addresses share a subnet, so that none takes another with it. */
static bool are_apart(const struct snap *snap, struct plan *plan)
{
	_cleanup_prefix_set_ struct prefix_set networks = {0};

	plan->failed |= prefix_set_of_networks(&snap->addrs, &networks) < 0;
	for (size_t i = 1; i < networks.len; i++)
		if (networks.at[i].addr.family == AF_INET &&
		    prefix_compare(&networks.at[i - 1], &networks.at[i]) == 0)
			return false;
	return true;
}

/* The IPv4 addresses behind the first one that goes, but for those of hooks; none where all go and
 * come back in their order. */
static bool list_followers(const struct snap *snap, const struct reload *reload, bool promotes,
			   struct link_addr_vec *ret)
{
	_cleanup_prefix_set_ struct prefix_set gone = {0}, wanted = {0};
	/* A new one that goes again may promote one that came back, which puts that behind. */
	bool behind = false;
	bool mixed = promotes && addrs_have_family(&reload->want.addrs, AF_INET);

	if (prefix_set_of_addrs(&reload->gone, &gone) < 0 ||
	    prefix_set_of_addrs(&reload->want.addrs, &wanted) < 0)
		return false;
	vec_each(addr, &snap->addrs) {
		bool goes = prefix_set_has(&gone, &addr->prefix);
		bool wants = prefix_set_has(&wanted, &addr->prefix);

		if (addr->prefix.addr.family != AF_INET)
			continue;
		if (behind && (goes || wants) && reload_copy_addr(ret, addr) < 0)
			return false;
		mixed |= behind && wants;
		behind |= goes;
	}
	if (!mixed)
		ret->len = 0;
	return true;
}

/* The kernel puts an address behind all that are there, and the first one is the source of packets
 * (__inet_insert_ifa(), inet_select_addr(), net/ipv4/devinet.c). So those that were behind one that
 * comes back go and come again: the last of a subnet goes first, while the one that came back
 * stays, with the IPv4 routes. */
void reload_keep_order(const struct snap *snap, struct reload *reload, bool promotes)
{
	_cleanup_(addrs_release) struct link_addr_vec followers = {0};

	if (!list_followers(snap, reload, promotes, &followers))
		reload->plan.failed = true;
	if (!promotes && followers.len && !are_apart(snap, &reload->plan))
		return;
	for (size_t i = followers.len; i-- > 0;)
		plan_add_back_only(&reload->plan, OP_ADDR_ADD)->addr = followers.at[i];
	vec_each(addr, &followers)
		plan_add_back_only(&reload->plan, OP_ADDR_DEL)->addr = *addr;
}
