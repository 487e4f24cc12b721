// SPDX-License-Identifier: GPL-2.0-or-later
// The ways out of this host to an endpoint.
#include "wgq/run/look/uplinks.h"

#include <errno.h>
#include <ifaddrs.h>
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

static void addresses_free_at(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

/* By links that have none yet. */
static int add_others(struct rtnetlink *rt, struct packet *packet, uint32_t tunnel,
		      struct uplink_vec *ret, struct diag *d)
{
	_cleanup_(addresses_free_at) struct ifaddrs *list = NULL;

	if (getifaddrs(&list) < 0)
		return diag_fail(d, errno, "cannot list the addresses of this host");
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const unsigned needed = IFF_UP | IFF_RUNNING;
		uint32_t link = if_nametoindex(i->ifa_name);
		struct uplink found = {0};

		packet->from = addr_of_socket(i->ifa_addr);
		if (packet->from.family != packet->to.family || addr_is_link_local(&packet->from) ||
		    (i->ifa_flags & (needed | IFF_LOOPBACK)) != needed || link == tunnel ||
		    vec_find(known, ret, known->link == link))
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
static int find_on_link(const union endpoint *to, struct uplink *ret, struct diag *d)
{
	_cleanup_(addresses_free_at) struct ifaddrs *list = NULL;

	ret->link = endpoint_scope(to);
	ret->error = if_indextoname(ret->link, ret->name) ? EADDRNOTAVAIL : ENODEV;
	if (getifaddrs(&list) < 0)
		return diag_fail(d, errno, "cannot list the addresses of this host");
	for (const struct ifaddrs *i = list; i && ret->error == EADDRNOTAVAIL; i = i->ifa_next) {
		ret->source = addr_of_socket(i->ifa_addr);
		if (addr_is_link_local(&ret->source) && strcmp(i->ifa_name, ret->name) == 0)
			ret->error = 0;
	}
	return 0;
}

int uplinks_find(struct rtnetlink *rt, const union endpoint *to, uint32_t mark, uint32_t tunnel,
		 struct uplink_vec *ret, struct diag *d)
{
	struct packet packet = {.to = endpoint_addr(to), .mark = mark, .ip_proto = IPPROTO_UDP};
	struct uplink first = {.routed = true};
	bool on_link = addr_is_link_local(&packet.to);
	int r = on_link ? find_on_link(to, &first, d) : look_up(rt, &packet, &first, d);

	if (tunnel && first.link == tunnel)
		first.error = ELOOP;
	if (first.error)
		first.source = (struct addr){0};
	if (r == 0)
		r = add(ret, &first, d);
	return r == 0 && !on_link ? add_others(rt, &packet, tunnel, ret, d) : r;
}
