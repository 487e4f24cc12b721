// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of a packet that was walked, and whether the kernel says so too.
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/plan/packet/packet.h"

const struct policy_route *packet_route(const struct packet_way *way)
{
	const struct packet_step *step = way->decided < way->len ? &way->at[way->decided] : NULL;

	return step && step->route.type != RTN_UNSPEC ? &step->route : NULL;
}

static enum packet_fate rule_fate(uint8_t action)
{
	switch (action) {
	case FR_ACT_UNREACHABLE:
		return PACKET_UNREACHABLE;
	case FR_ACT_PROHIBIT:
		return PACKET_PROHIBITED;
	default:
		return PACKET_BLACKHOLED;
	}
}

enum packet_fate packet_fate(const struct packet_way *way)
{
	const struct policy_route *route = packet_route(way);

	if (way->decided >= way->len)
		return PACKET_LOST;
	if (!route)
		return rule_fate(way->at[way->decided].rule->action);
	switch (route->type) {
	case RTN_LOCAL:
	case RTN_ANYCAST:
		return PACKET_STAYS;
	case RTN_UNREACHABLE:
		return PACKET_UNREACHABLE;
	case RTN_PROHIBIT:
		return PACKET_PROHIBITED;
	case RTN_BLACKHOLE:
		return PACKET_BLACKHOLED;
	default:
		return PACKET_LEAVES;
	}
}

/* Without rules of other people the IPv4 tables local and main are one (fib_trie_alias()), which
 * goes by the name of main. */
static bool is_shared(const struct policy_route *route, const struct policy_route *answer)
{
	return route->to.addr.family == AF_INET && route->table == RT_TABLE_LOCAL &&
	       answer->table == RT_TABLE_MAIN;
}

/* Only some kernels and types of routes tell a gateway or the table. */
static bool leaves_so(const struct policy_route *route, const struct policy_route *answer)
{
	const struct policy_hop *told = answer->hop_count ? &answer->hops[0] : NULL;

	if (answer->table && answer->table != route->table && !is_shared(route, answer))
		return false;
	if (!told || !route->hop_count)
		return true;
	for (uint32_t i = 0; i < policy_hops_known(route); i++) {
		const struct policy_hop *hop = &route->hops[i];

		if (hop->oif == told->oif &&
		    (!told->via.family || addr_compare(&hop->via, &told->via) == 0))
			return true;
	}
	return route->hop_count > POLICY_HOPS_MAX;
}

bool packet_agrees(const struct packet_way *way, const struct policy_route *answer, int error)
{
	const struct policy_route *route = packet_route(way);

	switch (packet_fate(way)) {
	case PACKET_LEAVES:
		return !error && answer->type != RTN_LOCAL && !policy_type_refuses(answer->type) &&
		       leaves_so(route, answer);
	case PACKET_STAYS:
		return !error && (answer->type == RTN_LOCAL || answer->type == RTN_ANYCAST);
	case PACKET_LOST:
		return error == ENETUNREACH;
	case PACKET_UNREACHABLE:
		return error == EHOSTUNREACH || error == ENETUNREACH ||
		       (!error && answer->type == RTN_UNREACHABLE);
	case PACKET_PROHIBITED:
		return error == EACCES || (!error && answer->type == RTN_PROHIBIT);
	case PACKET_BLACKHOLED:
		return error == EINVAL || (!error && answer->type == RTN_BLACKHOLE);
	}
	return false;
}
