// SPDX-License-Identifier: GPL-2.0-or-later
// The prefixes that a host uses, by its addresses and routes.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "internal.h"

static int keep(struct prefix_vec *used, const struct prefix *p)
{
	if (!subnet_matters(p))
		return 0;
	struct prefix *copy = vec_push(used);
	if (!copy)
		return -ENOMEM;
	*copy = *p;
	prefix_mask(copy);
	return 0;
}

static int take_address(const struct nlmsghdr *message, void *into)
{
	struct link_addr seen;
	int r = rtnetlink_addr_parse(message, &seen);

	return r < 0 ? r : keep(into, &seen.prefix);
}

/* A route that refuses, such as one of a list of bogons, leads to no network. */
static int take_used(const struct nlmsghdr *message, void *into)
{
	struct policy_route seen;
	int r = rtnetlink_route_parse(message, &seen);

	return r < 0 || policy_type_refuses(seen.type) ? r : keep(into, &seen.to);
}

int rtnetlink_used_list(struct rtnetlink *rt, struct prefix_vec *ret, struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	const struct netlink_sink addresses = {.take = take_address, .into = ret, .len = &ret->len};
	const struct netlink_sink routes = {.take = take_used, .into = ret, .len = &ret->len};
	struct ack ack;

	for (size_t i = 0; i < sizeof(families); i++) {
		if (rtnetlink_addr_dump(rt, families[i], 0, &addresses, &ack) < 0)
			return ack_fail(d, &ack, "list the addresses of this host");
		if (rtnetlink_route_dump(rt, families[i], 0, 0, &routes, &ack) < 0)
			return ack_fail(d, &ack, "list the routes of this host");
	}
	return 0;
}

struct others {
	uint32_t index;
	const struct link_vec *tunnels;
	struct prefix_set *networks;
};

/* Table main has more than one route to a network, of which the kernel uses that with the least
 * metric. A route by a gateway with a higher metric than a tunnel's is there for when the tunnel is
 * down. A tunnel's routes are of its own configuration, but for those of its addresses. */
static int take_others(const struct nlmsghdr *message, void *into)
{
	const struct others *others = into;
	struct policy_route seen;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.table != RT_TABLE_MAIN || seen.type != RTN_UNICAST || !seen.to.len)
		return r;
	uint32_t metric = seen.to.addr.family == AF_INET6 ? ROUTE_METRIC_IPV6 : 0;
	for (uint32_t i = 0; i < policy_hops_known(&seen); i++) {
		const struct policy_hop *hop = &seen.hops[i];

		if (hop->oif == others->index || (hop->via.family && seen.metric > metric))
			return 0;
		vec_each(tunnel, others->tunnels)
			if (tunnel->index == hop->oif && seen.protocol != RTPROT_KERNEL)
				return 0;
	}
	return prefix_set_add(others->networks, &seen.to);
}

int rtnetlink_others_list(struct rtnetlink *rt, uint32_t index, const struct link_vec *tunnels,
			  struct prefix_set *ret, struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct others others = {index, tunnels, ret};
	const struct netlink_sink sink = {.take = take_others, .into = &others, .len = &ret->len};
	struct ack ack;

	for (size_t i = 0; i < sizeof(families); i++)
		if (rtnetlink_route_dump(rt, families[i], RT_TABLE_MAIN, 0, &sink, &ack) < 0)
			return ack_fail(d, &ack, "list the routes of table main");
	prefix_set_sort(ret);
	return 0;
}
