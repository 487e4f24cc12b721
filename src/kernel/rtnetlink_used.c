// SPDX-License-Identifier: GPL-2.0-or-later
// The private prefixes that a host uses, by its addresses and routes.
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

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

static int take_address(struct nlmsghdr *message, void *into)
{
	struct rtnetlink_addr_seen seen;
	int r = rtnetlink_addr_parse(message, &seen);

	return r < 0 ? r : keep(into, &seen.addr.prefix);
}

/* Behind a route that refuses, such as of a list of bogons, there is nobody. */
static bool leads_nowhere(uint8_t type)
{
	return type == RTN_UNREACHABLE || type == RTN_BLACKHOLE || type == RTN_PROHIBIT;
}

static int take_route(struct nlmsghdr *message, void *into)
{
	struct rtnetlink_route_seen seen;
	int r = rtnetlink_route_parse(message, &seen);

	return r < 0 || leads_nowhere(seen.type) ? r : keep(into, &seen.prefix);
}

static int dump(struct rtnetlink *rt, int type, const void *head, size_t n,
		const struct rtnetlink_sink *sink, struct ack *ret_ack)
{
	_cleanup_message_ struct nl_msg *message = rtnetlink_message(type, NLM_F_DUMP, head, n);

	*ret_ack = (struct ack){.error = ENOMEM};
	if (!message)
		return -ENOMEM;
	int r = rtnetlink_talk(rt, message, sink, ret_ack);
	/* A family that the kernel does not have. */
	return r == -EAFNOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}

int rtnetlink_used_list(struct rtnetlink *rt, struct prefix_vec *ret, struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	const struct rtnetlink_sink addresses = {
		.take = take_address, .into = ret, .len = &ret->len};
	const struct rtnetlink_sink routes = {.take = take_route, .into = ret, .len = &ret->len};
	struct ack ack;

	for (size_t i = 0; i < sizeof(families); i++) {
		const struct ifaddrmsg address = {.ifa_family = families[i]};
		const struct rtmsg route = {.rtm_family = families[i]};

		if (dump(rt, RTM_GETADDR, &address, sizeof(address), &addresses, &ack) < 0)
			return ack_fail(d, &ack, "list the addresses of this host");
		if (dump(rt, RTM_GETROUTE, &route, sizeof(route), &routes, &ack) < 0)
			return ack_fail(d, &ack, "list the routes of this host");
	}
	return 0;
}
