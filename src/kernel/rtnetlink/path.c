// SPDX-License-Identifier: GPL-2.0-or-later
// The way to an address as the kernel chooses it, its MTU, and the default route.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/kernel/rtnetlink/policy.h"

static int path_take(const struct nlmsghdr *message, void *into)
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

/* Without hops: there is no way. flags: RTM_F_.... */
static int ask_way(struct rtnetlink *rt, const struct addr *to, uint32_t mark, unsigned int flags,
		   struct policy_route *ret, struct ack *ret_ack)
{
	const struct rtmsg head = {
		.rtm_family = to->family,
		.rtm_dst_len = addr_bits(to),
		.rtm_flags = flags,
	};
	const struct netlink_sink sink = {.take = path_take, .into = ret};
	struct rtnetlink_message message;
	struct nlmsghdr *m = rtnetlink_begin(&message, RTM_GETROUTE, 0, &head, sizeof(head));

	mnl_attr_put(m, RTA_DST, addr_bits(to) / 8, to->bytes);
	if (mark)
		mnl_attr_put_u32(m, RTA_MARK, mark);

	int r = netlink_talk(rt->netlink, m, &sink, ret_ack);
	/* IPv6 is not in the kernel, or switched off at boot. */
	bool no_family = r == -EAFNOSUPPORT || r == -EOPNOTSUPP;
	if (is_no_way(ret_ack) || no_family ||
	    (r == 0 && (policy_type_refuses(ret->type) || ret->type == RTN_THROW))) {
		*ret = (struct policy_route){0};
		return 0;
	}
	return r;
}

int rtnetlink_route_match(struct rtnetlink *rt, const struct addr *to, struct policy_route *ret,
			  struct ack *ret_ack)
{
	*ret = (struct policy_route){0};
	return ask_way(rt, to, 0, RTM_F_FIB_MATCH, ret, ret_ack);
}

/* The route's own MTU, else that of its device; 0 where it has neither. */
static int read_path(struct rtnetlink *rt, const struct policy_route *route,
		     struct rtnetlink_path *path, struct ack *ret_ack)
{
	uint32_t oif = policy_route_oif(route);
	int r = 0;

	if (!oif)
		path->link = (struct link){0};
	else if (oif != path->link.index)
		r = rtnetlink_link_get_index(rt, oif, &path->link, ret_ack);
	path->mtu = route->mtu ? route->mtu : path->link.mtu;
	return r;
}

int rtnetlink_path_get(struct rtnetlink *rt, const struct addr *to, uint32_t mark,
		       struct rtnetlink_path *path, struct diag *d)
{
	struct policy_route route = {0};
	char text[ADDR_TEXT_MAX];
	struct ack ack;
	int r = ask_way(rt, to, mark, 0, &route, &ack);

	if (r == 0)
		r = read_path(rt, &route, path, &ack);
	if (r < 0) {
		addr_format(to, text);
		return ack_fail(d, &ack, "look up the way to %s", text);
	}
	return 0;
}

struct defaults {
	uint32_t own;
	struct policy_route *first; /* that leads elsewhere, else out of own */
};

static int default_take(const struct nlmsghdr *message, void *into)
{
	const struct defaults *defaults = into;
	struct policy_route seen;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.to.addr.family != AF_INET || seen.to.len != 0 ||
	    seen.table != RT_TABLE_MAIN)
		return r;
	bool is_own = defaults->own && policy_route_oif(&seen) == defaults->own;
	if (!is_own || !defaults->first->table)
		*defaults->first = seen;
	return is_own ? 0 : NETLINK_ENOUGH;
}

int rtnetlink_default_get(struct rtnetlink *rt, uint32_t own, struct rtnetlink_path *ret,
			  struct diag *d)
{
	struct policy_route route = {0};
	struct defaults defaults = {own, &route};
	const struct netlink_sink sink = {.take = default_take, .into = &defaults};
	struct ack ack;

	*ret = (struct rtnetlink_path){0};
	int r = rtnetlink_route_dump(rt, AF_INET, RT_TABLE_MAIN, 0, &sink, &ack);
	if (r < 0 || read_path(rt, &route, ret, &ack) < 0)
		return ack_fail(d, &ack, "look up the default route");
	return 0;
}

static struct nlmsghdr *question(struct rtnetlink_message *message, const struct packet *packet)
{
	const struct rtmsg head = {
		.rtm_family = packet->to.family,
		.rtm_dst_len = addr_bits(&packet->to),
		.rtm_src_len = packet->from.family ? addr_bits(&packet->from) : 0,
		/* IPv6 says the table in any case, and takes no such flag. */
		.rtm_flags = packet->to.family == AF_INET ? RTM_F_LOOKUP_TABLE : 0,
	};
	struct nlmsghdr *m = rtnetlink_begin(message, RTM_GETROUTE, 0, &head, sizeof(head));

	mnl_attr_put(m, RTA_DST, head.rtm_dst_len / 8, packet->to.bytes);
	mnl_attr_put_u32(m, RTA_UID, packet->uid);
	if (packet->from.family)
		mnl_attr_put(m, RTA_SRC, head.rtm_src_len / 8, packet->from.bytes);
	if (packet->mark)
		mnl_attr_put_u32(m, RTA_MARK, packet->mark);
	if (packet->ip_proto)
		mnl_attr_put_u8(m, RTA_IP_PROTO, packet->ip_proto);
	if (packet->sport)
		mnl_attr_put_u16(m, RTA_SPORT, htons(packet->sport));
	if (packet->dport)
		mnl_attr_put_u16(m, RTA_DPORT, htons(packet->dport));
	return m;
}

int rtnetlink_policy_ask(struct rtnetlink *rt, const struct packet *packet,
			 struct policy_route *ret, int *ret_error, struct diag *d)
{
	const struct netlink_sink sink = {.take = path_take, .into = ret};
	struct rtnetlink_message message;
	struct nlmsghdr *m = question(&message, packet);
	char text[ADDR_TEXT_MAX];
	struct ack ack;

	*ret = (struct policy_route){0};
	netlink_talk(rt->netlink, m, &sink, &ack);
	*ret_error = ack.error;
	if (ack.error && !is_no_way(&ack)) {
		addr_format(&packet->to, text);
		return ack_fail(d, &ack, "ask the kernel for the way to %s", text);
	}
	rtnetlink_name_hops(ret);
	return 0;
}

int rtnetlink_policy_link(struct rtnetlink *rt, uint32_t index, struct link *ret, struct diag *d)
{
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (rtnetlink_link_get_index(rt, index, ret, &ack) < 0) {
		rtnetlink_link_text(index, text);
		return ack_fail(d, &ack, "look up link %s", text);
	}
	return 0;
}
