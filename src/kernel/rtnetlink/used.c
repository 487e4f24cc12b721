// SPDX-License-Identifier: GPL-2.0-or-later
// The prefixes that a host uses, by its addresses and routes.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "internal.h"

static int add_used(struct prefix_vec *used, const struct prefix *p)
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

	return r < 0 ? r : add_used(into, &seen.prefix);
}

/* A route that refuses, such as one of a list of bogons, leads to no network. */
static int take_used(const struct nlmsghdr *message, void *into)
{
	struct policy_route seen;
	int r = rtnetlink_route_parse(message, &seen);

	return r < 0 || policy_type_refuses(seen.type) ? r : add_used(into, &seen.to);
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
static int add_others(const struct others *others, const struct policy_route *seen)
{
	uint32_t metric = seen->to.addr.family == AF_INET6 ? ROUTE_METRIC_IPV6 : 0;

	if (seen->table != RT_TABLE_MAIN || seen->type != RTN_UNICAST || !seen->to.len)
		return 0;
	for (uint32_t i = 0; i < policy_hops_known(seen); i++) {
		const struct policy_hop *hop = &seen->hops[i];

		if (hop->oif == others->index || (hop->via.family && seen->metric > metric))
			return 0;
		vec_each(tunnel, others->tunnels)
			if (tunnel->index == hop->oif && seen->protocol != RTPROT_KERNEL)
				return 0;
	}
	return prefix_set_add(others->networks, &seen->to);
}

static int take_others(const struct nlmsghdr *message, void *into)
{
	struct policy_route seen;
	int r = rtnetlink_route_parse(message, &seen);

	return r < 0 ? r : add_others(into, &seen);
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

/* Those of addresses and of administrators are few. Of the others, which may be a full table of
 * BGP, the kernel tells the one that it uses for a network. */
int rtnetlink_others_among(struct rtnetlink *rt, uint32_t index, const struct link_vec *tunnels,
			   const struct prefix_set *asked, struct prefix_set *ret, struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	static const uint8_t protocols[] = {RTPROT_KERNEL, RTPROT_BOOT, RTPROT_STATIC};
	struct others others = {index, tunnels, ret};
	const struct netlink_sink sink = {.take = take_others, .into = &others, .len = &ret->len};
	struct ack ack;

	for (size_t i = 0; asked->len && i < sizeof(families) * sizeof(protocols); i++)
		if (rtnetlink_route_dump_of(rt, families[i % sizeof(families)],
					    protocols[i / sizeof(families)], &sink, &ack) < 0)
			return ack_fail(d, &ack, "list the routes of table main");
	vec_each(network, asked) {
		struct policy_route used;

		if (rtnetlink_route_match(rt, &network->addr, &used, &ack) < 0)
			return ack_fail(d, &ack, "look up a network of the tunnel");
		if (prefix_equal(&used.to, network) && add_others(&others, &used) < 0)
			return diag_no_memory(d);
	}
	prefix_set_sort(ret);
	return 0;
}
