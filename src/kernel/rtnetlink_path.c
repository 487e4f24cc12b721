// SPDX-License-Identifier: GPL-2.0-or-later
// The MTU of the way to an address, and of the default route.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

static int path_take(struct nlmsghdr *message, void *into)
{
	return rtnetlink_route_parse(message, into);
}

/* A route that leads nowhere is told by an errno (fib_props[], net/ipv4/fib_semantics.c):
 * unreachable, none, prohibit; EINVAL is a blackhole, unless the kernel says what is invalid. */
static bool is_no_way(const struct ack *ack)
{
	return ack->error == EHOSTUNREACH || ack->error == ENETUNREACH || ack->error == EACCES ||
	       (ack->error == EINVAL && !ack->text[0]);
}

/* IPv6 is not in the kernel, or switched off at boot. */
static bool is_no_family(const struct ack *ack)
{
	return ack->error == EAFNOSUPPORT || ack->error == EOPNOTSUPP;
}

static bool leads_on(const struct rtnetlink_route_seen *route)
{
	return route->type != RTN_UNREACHABLE && route->type != RTN_PROHIBIT &&
	       route->type != RTN_BLACKHOLE && route->type != RTN_THROW;
}

/* ret->oif 0: there is no way. */
static int ask_way(struct rtnetlink *rt, const struct addr *to, uint32_t mark,
		   struct rtnetlink_route_seen *ret, struct ack *ret_ack)
{
	const struct rtmsg head = {
		.rtm_family = to->family,
		.rtm_dst_len = addr_bits(to),
	};
	const struct rtnetlink_sink sink = {.take = path_take, .into = ret};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETROUTE, 0, &head, sizeof(head));

	*ret_ack = (struct ack){.error = ENOMEM};
	if (!message || nla_put(message, RTA_DST, addr_bits(to) / 8, to->bytes) < 0 ||
	    (mark && nla_put_u32(message, RTA_MARK, mark) < 0))
		return -ENOMEM;

	int r = rtnetlink_talk(rt, message, &sink, ret_ack);
	if (is_no_way(ret_ack) || is_no_family(ret_ack) || (r == 0 && !leads_on(ret))) {
		*ret = (struct rtnetlink_route_seen){0};
		return 0;
	}
	return r;
}

/* The route's own MTU, else that of its device; 0 where it has neither. */
static int read_path(struct rtnetlink *rt, const struct rtnetlink_route_seen *route,
		     struct rtnetlink_path *path, struct ack *ret_ack)
{
	int r = 0;

	if (!route->oif)
		path->link = (struct link){0};
	else if (route->oif != path->link.index)
		r = rtnetlink_link_get_index(rt, route->oif, &path->link, ret_ack);
	path->mtu = route->mtu ? route->mtu : path->link.mtu;
	return r;
}

int rtnetlink_path_get(struct rtnetlink *rt, const struct addr *to, uint32_t mark,
		       struct rtnetlink_path *path, struct diag *d)
{
	struct rtnetlink_route_seen route = {0};
	char text[ADDR_TEXT_MAX];
	struct ack ack;
	int r = ask_way(rt, to, mark, &route, &ack);

	if (r == 0)
		r = read_path(rt, &route, path, &ack);
	if (r < 0) {
		addr_format(to, text);
		return ack_fail(d, &ack, "look up the way to %s", text);
	}
	return 0;
}

static int default_take(struct nlmsghdr *message, void *into)
{
	struct rtnetlink_route_seen *first = into, seen;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.prefix.addr.family != AF_INET || seen.prefix.len != 0 ||
	    seen.table != RT_TABLE_MAIN)
		return r;
	*first = seen;
	return RTNETLINK_ENOUGH;
}

int rtnetlink_default_get(struct rtnetlink *rt, struct rtnetlink_path *ret, struct diag *d)
{
	const struct rtmsg head = {.rtm_family = AF_INET};
	struct rtnetlink_route_seen route = {0};
	const struct rtnetlink_sink sink = {.take = default_take, .into = &route};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
	struct ack ack;

	*ret = (struct rtnetlink_path){0};
	if (!message || nla_put_u32(message, RTA_TABLE, RT_TABLE_MAIN) < 0)
		return diag_no_memory(d);

	int r = rtnetlink_talk(rt, message, &sink, &ack);
	if (r == -ENOENT)
		return 0;
	if (r < 0 || read_path(rt, &route, ret, &ack) < 0)
		return ack_fail(d, &ack, "look up the default route");
	return 0;
}
