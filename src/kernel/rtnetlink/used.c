// SPDX-License-Identifier: GPL-2.0-or-later
// The private prefixes that a host uses, by its addresses and routes.
#include <errno.h>
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
	struct rtnetlink_addr_seen seen;
	int r = rtnetlink_addr_parse(message, &seen);

	return r < 0 ? r : keep(into, &seen.addr.prefix);
}

/* Behind a route that refuses, such as of a list of bogons, there is nobody. */
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
