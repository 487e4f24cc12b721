// SPDX-License-Identifier: GPL-2.0-or-later
// Which of several routes the kernel takes for a packet.
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/plan/packet/packet.h"

/* Not all of its hops are dead. A route without hops is a refusal, or has them in an object that
 * the kernel did not show. */
static bool is_alive(const struct policy_route *route)
{
	for (uint32_t i = 0; i < policy_hops_known(route); i++)
		if (!route->hops[i].dead)
			return true;
	return route->hop_count == 0 || route->hop_count > POLICY_HOPS_MAX;
}

/* Of two for the same addresses: less metric, then the preferred router, then the first. */
static bool is_better(const struct policy_route *route, const struct policy_route *best)
{
	if (!best || route->metric != best->metric)
		return !best || route->metric < best->metric;
	return route->preference > best->preference;
}

/* fib_table_lookup(): the longest prefix that has a route that is alive and for no TOS. */
static const struct policy_route *pick_ipv4(const struct policy_route_vec *routes)
{
	const struct policy_route *best = NULL;

	vec_each(route, routes) {
		if (route->tos || !is_alive(route))
			continue;
		if (!best || route->to.len > best->to.len ||
		    (route->to.len == best->to.len && is_better(route, best)))
			best = route;
	}
	return best;
}

/* The routes for one prefix and those sources of one length that take the packet. */
struct node {
	unsigned to_len, from_len;
	bool there;                      /* it has a route */
	const struct policy_route *best; /* of those that are alive */
};

static struct node node_look(const struct packet *packet, const struct policy_route_vec *routes,
			     unsigned to_len, unsigned from_len)
{
	const struct prefix from = {
		.addr = {.family = AF_INET6}, /* the unspecified one, where none is chosen */
		.len = 128,
	};
	const struct prefix chosen = {.addr = packet->from, .len = 128};
	const struct prefix *source = packet->from.family ? &chosen : &from;
	struct node node = {.to_len = to_len, .from_len = from_len};

	vec_each(route, routes) {
		if (route->to.len != to_len || route->from.len != from_len ||
		    (from_len && !prefix_covers(&route->from, source)))
			continue;
		node.there = true;
		if (is_alive(route) && is_better(route, node.best))
			node.best = route;
	}
	return node;
}

/* fib6_node_lookup(): the longest prefix, and among its routes the longest source. A prefix that
 * has routes for some sources, but none for this one, is passed over with its routes for all
 * sources; only ::/0 is not, being the root. Once a prefix was found and its routes are all dead,
 * fib6_backtrack() goes up, and looks at all of them. */
static const struct policy_route *pick_ipv6(const struct packet *packet,
					    const struct policy_route_vec *routes)
{
	bool found = false;

	for (unsigned to_len = 129; to_len-- > 0;) {
		bool sources = vec_find(route, routes, route->to.len == to_len && route->from.len);

		for (unsigned from_len = sources ? 128 : 0; from_len > 0; from_len--) {
			struct node node = node_look(packet, routes, to_len, from_len);

			if (node.best)
				return node.best;
			found |= node.there;
		}
		if (sources && !found && to_len)
			continue;

		struct node node = node_look(packet, routes, to_len, 0);
		if (node.best)
			return node.best;
		found |= node.there;
	}
	return NULL;
}

const struct policy_route *packet_pick(const struct packet *packet,
				       const struct policy_route_vec *routes)
{
	return packet->to.family == AF_INET6 ? pick_ipv6(packet, routes) : pick_ipv4(routes);
}
