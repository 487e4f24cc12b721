// SPDX-License-Identifier: GPL-2.0-or-later
// What changes of routes and next hops.
//
// Theory of operation
//
// The kernel knows a route by its table, prefix and metric; several routes may have the same, in
// an order. What it tells of a change, and what it does not (net/ipv4/fib_trie.c,
// fib_table_insert(); net/ipv6/ip6_fib.c, fib6_add_rt2node()):
//
//	IPv4	A new route says whether it is alone (NLM_F_EXCL), has replaced the first
//		(NLM_F_REPLACE; nothing is said of that one), or joins others, at either end.
//	IPv6	Routes with gateways that are otherwise the same are one route with several ways. A
//		new one tells all of them; one that goes tells itself alone, and not who is left.
//
// Where that leaves a choice, all is in doubt, and read again: also when a route out of another
// interface has replaced one of ours.
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

enum follow_how follow_how(bool gone, unsigned flags)
{
	if (gone)
		return FOLLOW_GONE;
	if (flags & NLM_F_REPLACE)
		return FOLLOW_REPLACES;
	return flags & NLM_F_EXCL ? FOLLOW_ALONE : FOLLOW_JOINS;
}

static bool is_watched(const struct follow *f, const struct policy_route *route)
{
	return (route->to.addr.family == AF_INET || route->to.addr.family == AF_INET6) &&
	       (route->table == RT_TABLE_MAIN || (f->table && route->table == f->table)) &&
	       !route->from.len && !route->tos && !(route->flags & RTM_F_CLONED);
}

/* The first leg out of the interface; NULL: none. */
static const struct policy_hop *leg_of(const struct follow *f, const struct policy_route *route)
{
	for (uint32_t i = 0; i < policy_hops_known(route); i++)
		if (route->hops[i].oif == f->link)
			return &route->hops[i];
	return NULL;
}

bool follow_watches(const struct follow *f, const struct policy_route *route)
{
	return is_watched(f, route) && f->follows[route->protocol];
}

/* The first route of a node with the same key, from `route' on. */
static struct follow_route *find_key(const struct follow *f, struct follow_route *route,
				     const struct follow_route *like, struct follow_route **before)
{
	for (; route && route->way; *before = route, route = route_next(f, route))
		if (route->metric == like->metric && route->own_table == like->own_table)
			return route;
	return NULL;
}

static void drop_all(struct follow *f, uint32_t index, const struct follow_route *like)
{
	struct follow_route *before = NULL, *found;

	while ((found = find_key(f, &f->nodes.at[index].route, like, &before))) {
		node_drop_route(f, index, before, found);
		before = NULL;
	}
}

static bool is_same(const struct follow_route *a, const struct follow_route *b)
{
	return a->way == b->way && a->several == b->several;
}

/* Is there already, or beside others: in which order is not known. */
static int join(struct follow *f, uint32_t index, const struct follow_route *route, bool is_ip6)
{
	struct follow_route *before = NULL;
	struct follow_route *found = find_key(f, &f->nodes.at[index].route, route, &before);

	/* It tells all of its ways. */
	if (found && is_ip6 && route->several) {
		drop_all(f, index, route);
		return node_add_route(f, index, route);
	}
	if (found && is_same(found, route)) {
		found->follows = route->follows;
		return 0;
	}
	f->in_doubt |= found != NULL;
	return node_add_route(f, index, route);
}

static void remove_route(struct follow *f, uint32_t index, const struct follow_route *route,
			 bool is_ip6)
{
	struct follow_route *before = NULL, *at = &f->nodes.at[index].route, *found;

	while ((found = find_key(f, at, route, &before))) {
		/* Which of its ways are left is not told. */
		if (is_ip6 && found->several && !route->several) {
			f->in_doubt = true;
			return;
		}
		if (is_ip6 ? found->several || is_same(found, route) : is_same(found, route)) {
			node_drop_route(f, index, before, found);
			return;
		}
		before = found;
		at = route_next(f, found);
	}
}

static int take(struct follow *f, uint32_t index, const struct follow_route *route,
		enum follow_how how, bool is_ip6)
{
	struct follow_route *before = NULL, *found;

	switch (how) {
	case FOLLOW_IS:
		return route->way ? node_add_route(f, index, route) : 0;
	case FOLLOW_ALONE:
		drop_all(f, index, route);
		return route->way ? node_add_route(f, index, route) : 0;
	case FOLLOW_REPLACES:
		found = find_key(f, &f->nodes.at[index].route, route, &before);
		/* Ours or not: who knows how many there were. */
		f->in_doubt |= found && !route->way;
		if (found && route->way) {
			uint32_t next = found->next;

			*found = *route;
			found->next = next;
		}
		return found || !route->way ? 0 : node_add_route(f, index, route);
	case FOLLOW_JOINS:
		return route->way ? join(f, index, route, is_ip6) : 0;
	case FOLLOW_GONE:
		if (route->way)
			remove_route(f, index, route, is_ip6);
		return 0;
	}
	return 0;
}

int follow_take_route(struct follow *f, const struct policy_route *seen, enum follow_how how)
{
	bool is_ip6 = seen->to.addr.family == AF_INET6;

	if (!is_watched(f, seen))
		return 0;
	const struct policy_hop *leg = leg_of(f, seen);
	struct follow_route route = {
		.metric = seen->metric,
		.own_table = seen->table != RT_TABLE_MAIN,
		.follows = f->follows[seen->protocol],
		.several = !seen->nexthop && seen->hop_count > 1,
	};
	static const struct addr none;
	bool leads_out = seen->type == RTN_UNICAST && (leg || seen->nexthop);

	if (leads_out)
		route.way = way_make(f, seen->nexthop ? &none : &leg->via, seen->nexthop);
	bool adds = leads_out && how != FOLLOW_GONE;
	uint32_t index = adds ? node_make(f, &seen->to) : node_find(f, &seen->to);
	int r = leads_out && !route.way ? -ENOMEM : adds && !index ? -ENOMEM : 0;
	if (r == 0 && index)
		r = take(f, index, &route, how, is_ip6);
	if (r == 0 && index)
		r = node_touch(f, index);
	f->in_doubt |= r < 0;
	return r;
}

static bool is_used(const struct follow *f, uint32_t id)
{
	vec_each(way, &f->ways)
		if (way->nexthop == id && way->is_used)
			return true;
	vec_each(nexthop, &f->nexthops)
		vec_each(member, nexthop)
			if (*member == id)
				return true;
	return false;
}

/* Routes by way of next hop objects lead elsewhere now. */
static int decide_ways(struct follow *f)
{
	bool changed = false;
	int r = 0;

	vec_each(way, &f->ways) {
		const struct follow_way before = *way;

		if (!way->nexthop)
			continue;
		way_decide(f, way);
		changed |= before.peer != way->peer || before.refusal != way->refusal ||
			   before.leads_out != way->leads_out;
	}
	for (uint32_t i = 1; changed && r == 0 && i < f->nodes.len; i++)
		if (f->nodes.at[i].route.way)
			r = node_touch(f, i);
	return r;
}

static int store_nexthop(struct follow *f, const struct policy_nexthop *nexthop)
{
	size_t place;
	struct policy_nexthop *known = nexthop_find(f, nexthop->id, &place), copy = *nexthop;

	copy.at = NULL;
	copy.len = copy.cap = 0;
	if (!vec_reserve(&copy, nexthop->len))
		return -ENOMEM;
	if (nexthop->len)
		memcpy(copy.at, nexthop->at, nexthop->len * sizeof(nexthop->at[0]));
	copy.len = nexthop->len;
	if (!known) {
		if (!vec_push(&f->nexthops)) {
			vec_release(&copy);
			return -ENOMEM;
		}
		known = &f->nexthops.at[place];
		memmove(known + 1, known, (f->nexthops.len - 1 - place) * sizeof(*known));
	} else {
		vec_release(known);
	}
	*known = copy;
	return 0;
}

int follow_take_nexthop(struct follow *f, const struct policy_nexthop *nexthop, bool gone)
{
	size_t place;
	struct policy_nexthop *known = nexthop_find(f, nexthop->id, &place);
	int r = 0;

	if (gone) {
		/* IPv4 routes go with it, and the groups that it was in change. */
		f->in_doubt |= is_used(f, nexthop->id);
		if (!known)
			return 0;
		vec_release(known);
		f->nexthops.len--;
		memmove(known, known + 1, (f->nexthops.len - place) * sizeof(*known));
	} else {
		r = store_nexthop(f, nexthop);
	}
	if (r == 0)
		r = decide_ways(f);
	f->in_doubt |= r < 0;
	return r;
}
