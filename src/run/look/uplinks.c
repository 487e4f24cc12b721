// SPDX-License-Identifier: GPL-2.0-or-later
// The ways out of this host to an endpoint.
#include "wgq/run/look/uplinks.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink/policy.h"

static int add(struct uplink_vec *uplinks, const struct uplink *uplink, struct diag *d)
{
	struct uplink *copy = vec_push(uplinks);

	if (!copy)
		return diag_no_memory(d);
	*copy = *uplink;
	return 0;
}

/* What the kernel says to a packet; *ret->error is positive where it is not sent. */
static int look_up(struct rtnetlink *rt, const struct packet *packet, struct uplink *ret,
		   struct diag *d)
{
	struct policy_route route;
	int r = rtnetlink_policy_ask(rt, packet, &route, &ret->error, d);

	if (r < 0)
		return r;
	if (!ret->error && (policy_type_refuses(route.type) || !route.hop_count))
		ret->error = ENETUNREACH;
	ret->source = route.source.family ? route.source : packet->from;
	ret->link = policy_route_oif(&route);
	memcpy(ret->name, route.hops[0].ifname, sizeof(ret->name));
	return 0;
}

int uplinks_look(struct ifaddrs **ret, struct diag *d)
{
	if (getifaddrs(ret) < 0)
		return diag_fail(d, errno, "cannot list the addresses of this host");
	return 0;
}

void uplinks_look_free(struct ifaddrs *look)
{
	if (look)
		freeifaddrs(look);
}

static bool is_carrying(const struct ifaddrs *i)
{
	const unsigned needed = IFF_UP | IFF_RUNNING;

	return (i->ifa_flags & needed) == needed;
}

/* The kernel keeps the routes of a link that has lost its carrier, and goes on using them unless
 * ignore_routes_with_linkdown is set. */
static bool has_carrier(const struct ifaddrs *look, const char *name)
{
	for (const struct ifaddrs *i = look; i; i = i->ifa_next)
		if (strcmp(i->ifa_name, name) == 0)
			return is_carrying(i);
	return true;
}

/* Each link is listed with its hardware address, and its number, before all others. */
static uint32_t index_of(const struct ifaddrs *look, const char *name)
{
	for (const struct ifaddrs *i = look; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET &&
		    strcmp(i->ifa_name, name) == 0)
			return (uint32_t)((const struct sockaddr_ll *)(const void *)i->ifa_addr)
				->sll_ifindex;
	return if_nametoindex(name);
}

/* By links that have none yet. */
static int add_others(struct rtnetlink *rt, const struct ifaddrs *look, struct packet *packet,
		      uint32_t tunnel, struct uplink_vec *ret, struct diag *d)
{
	for (const struct ifaddrs *i = look; i; i = i->ifa_next) {
		struct uplink found = {0};
		uint32_t link;

		packet->from = addr_of_socket(i->ifa_addr);
		if (packet->from.family != packet->to.family || addr_is_link_local(&packet->from) ||
		    !is_carrying(i) || i->ifa_flags & IFF_LOOPBACK)
			continue;
		link = index_of(look, i->ifa_name);
		if (link == tunnel || vec_find(known, ret, known->link == link))
			continue;
		int r = look_up(rt, packet, &found, d);
		if (r == 0 && !found.error && found.link == link)
			r = add(ret, &found, d);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The endpoint itself says by which link; no rule is asked. */
static void find_on_link(const struct ifaddrs *look, const union endpoint *to, struct uplink *ret)
{
	ret->link = endpoint_scope(to);
	ret->error = if_indextoname(ret->link, ret->name) ? EADDRNOTAVAIL : ENODEV;
	for (const struct ifaddrs *i = look; i && ret->error == EADDRNOTAVAIL; i = i->ifa_next) {
		ret->source = addr_of_socket(i->ifa_addr);
		if (addr_is_link_local(&ret->source) && strcmp(i->ifa_name, ret->name) == 0)
			ret->error = 0;
	}
}

int uplinks_find(struct rtnetlink *rt, const struct ifaddrs *look, const union endpoint *to,
		 uint32_t mark, uint32_t tunnel, struct uplink_vec *ret, struct diag *d)
{
	struct packet packet = {.to = endpoint_addr(to), .mark = mark, .ip_proto = IPPROTO_UDP};
	struct uplink first = {.routed = true};
	bool on_link = addr_is_link_local(&packet.to);
	int r = 0;

	if (on_link)
		find_on_link(look, to, &first);
	else
		r = look_up(rt, &packet, &first, d);
	if (tunnel && first.link == tunnel)
		first.error = ELOOP;
	else if (!first.error && !has_carrier(look, first.name))
		first.error = ENETDOWN;
	if (first.error)
		first.source = (struct addr){0};
	if (r == 0)
		r = add(ret, &first, d);
	return r == 0 && !on_link ? add_others(rt, look, &packet, tunnel, ret, d) : r;
}
