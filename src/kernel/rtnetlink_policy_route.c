// SPDX-License-Identifier: GPL-2.0-or-later
// Routes of any kind to one address over rtnetlink, and the kernel's own choice.
#include <errno.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"
#include "wgq/kernel/rtnetlink_policy.h"

/* In the order of preference: RFC 4191 counts 01 high, 00 medium, 11 low (IPV6_DECODE_PREF). */
static uint8_t preference_rank(uint8_t preference)
{
	return (preference & 3) ^ 2;
}

static int via_parse(struct nlattr *attribute, struct addr *ret)
{
	struct rtvia head;

	if (nla_len(attribute) < (int)sizeof(head))
		return -EPROTO;
	memcpy(&head, nla_data(attribute), sizeof(head));
	*ret = (struct addr){.family = (uint8_t)head.rtvia_family};
	if (head.rtvia_family != AF_INET && head.rtvia_family != AF_INET6)
		return -EPROTO;

	size_t n = addr_bits(ret) / 8;
	if (nla_len(attribute) != (int)(sizeof(head) + n))
		return -EPROTO;
	memcpy(ret->bytes, (const char *)nla_data(attribute) + sizeof(head), n);
	return 0;
}

/* The gateway; RTA_VIA is one of the other family. */
static int gateway_parse(struct nlattr *const attributes[], uint8_t family, struct addr *ret)
{
	if (attributes[RTA_GATEWAY])
		return rtnetlink_address_parse(attributes[RTA_GATEWAY], family, ret);
	return attributes[RTA_VIA] ? via_parse(attributes[RTA_VIA], ret) : 0;
}

static struct policy_hop *hop_add(struct policy_route *route, uint32_t oif, unsigned flags,
				  struct policy_hop *spare)
{
	struct policy_hop *hop =
		route->hop_count < POLICY_HOPS_MAX ? &route->hops[route->hop_count] : spare;

	route->hop_count++;
	*hop = (struct policy_hop){.oif = oif, .dead = flags & RTNH_F_DEAD};
	return hop;
}

static int multipath_parse(struct nlattr *attribute, uint8_t family, struct policy_route *ret)
{
	struct nlattr *attributes[RTA_MAX + 1];
	struct policy_hop spare;
	char *at = nla_data(attribute);
	int left = nla_len(attribute);

	while (left >= (int)sizeof(struct rtnexthop)) {
		struct rtnexthop head;

		memcpy(&head, at, sizeof(head));
		if (head.rtnh_len < sizeof(head) || head.rtnh_len > left ||
		    nla_parse(attributes, RTA_MAX, (struct nlattr *)(void *)(at + sizeof(head)),
			      head.rtnh_len - (int)sizeof(head), NULL) < 0)
			return -EPROTO;

		struct policy_hop *hop =
			hop_add(ret, (uint32_t)head.rtnh_ifindex, head.rtnh_flags, &spare);
		if (gateway_parse(attributes, family, &hop->via) < 0)
			return -EPROTO;
		at += RTNH_ALIGN(head.rtnh_len);
		left -= RTNH_ALIGN(head.rtnh_len);
	}
	return 0;
}

static int hops_parse(struct nlattr *const attributes[], const struct rtmsg *head, uint32_t oif,
		      struct policy_route *ret)
{
	struct policy_hop spare;

	if (attributes[RTA_MULTIPATH])
		return multipath_parse(attributes[RTA_MULTIPATH], head->rtm_family, ret);
	if (!oif)
		return 0;
	struct policy_hop *hop = hop_add(ret, oif, head->rtm_flags, &spare);
	return gateway_parse(attributes, head->rtm_family, &hop->via);
}

static int source_parse(struct nlattr *attribute, const struct rtmsg *head, struct prefix *ret)
{
	*ret = (struct prefix){.addr.family = head->rtm_family, .len = head->rtm_src_len};
	if (head->rtm_src_len > addr_bits(&ret->addr))
		return -EPROTO;
	return attribute ? rtnetlink_address_parse(attribute, head->rtm_family, &ret->addr) : 0;
}

static int details_parse(struct nlmsghdr *message, uint32_t oif, struct policy_route *ret)
{
	static struct nla_policy policy[RTA_MAX + 1] = {
		[RTA_PRIORITY] = {.type = NLA_U32},
		[RTA_NH_ID] = {.type = NLA_U32},
		[RTA_PREF] = {.type = NLA_U8},
	};
	struct nlattr *attributes[RTA_MAX + 1];
	const struct rtmsg *head = nlmsg_data(message);

	if (nlmsg_parse(message, sizeof(*head), attributes, RTA_MAX, policy) < 0 ||
	    source_parse(attributes[RTA_SRC], head, &ret->from) < 0 ||
	    hops_parse(attributes, head, oif, ret) < 0)
		return -EPROTO;
	if (attributes[RTA_PREFSRC] &&
	    rtnetlink_address_parse(attributes[RTA_PREFSRC], head->rtm_family, &ret->source) < 0)
		return -EPROTO;
	if (attributes[RTA_PRIORITY])
		ret->metric = nla_get_u32(attributes[RTA_PRIORITY]);
	if (attributes[RTA_NH_ID])
		ret->nexthop = nla_get_u32(attributes[RTA_NH_ID]);
	ret->preference = preference_rank(attributes[RTA_PREF] ? nla_get_u8(attributes[RTA_PREF])
							       : ICMPV6_ROUTER_PREF_MEDIUM);
	ret->tos = head->rtm_tos;
	return 0;
}

int rtnetlink_policy_route_parse(struct nlmsghdr *message, struct policy_route *ret)
{
	struct rtnetlink_route_seen seen;
	int r = rtnetlink_route_parse(message, &seen);

	*ret = (struct policy_route){
		.type = seen.type, .table = seen.table, .mtu = seen.mtu, .to = seen.prefix};
	if (r < 0 || (seen.prefix.addr.family != AF_INET && seen.prefix.addr.family != AF_INET6))
		return r;
	return details_parse(message, seen.oif, ret);
}

static void name_hops(struct policy_route *route)
{
	for (uint32_t i = 0; i < policy_hops_known(route); i++)
		if (!if_indextoname(route->hops[i].oif, route->hops[i].ifname))
			route->hops[i].ifname[0] = '\0';
}

struct route_list {
	struct policy_route_vec *routes;
	struct prefix to;
	uint32_t table;
	bool used;
};

/* Filters again: a kernel before 4.20 does not, and one without IPv6 answers with IPv4. */
static int route_take(struct nlmsghdr *message, void *into)
{
	struct route_list *list = into;
	struct rtnetlink_route_seen seen;
	int r = rtnetlink_route_parse(message, &seen);
	const struct rtmsg *head = nlmsg_data(message);

	if (r < 0 || seen.prefix.addr.family != list->to.addr.family || seen.table != list->table ||
	    head->rtm_flags & RTM_F_CLONED)
		return r;
	list->used = true;
	if (!prefix_covers(&seen.prefix, &list->to))
		return 0;

	struct policy_route *route = vec_push(list->routes);
	return route ? rtnetlink_policy_route_parse(message, route) : -ENOMEM;
}

static int route_dump(struct rtnetlink *rt, struct route_list *list, struct ack *ret_ack)
{
	const struct rtmsg head = {.rtm_family = list->to.addr.family};
	const struct rtnetlink_sink sink = {
		.take = route_take, .into = list, .len = &list->routes->len};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));

	*ret_ack = (struct ack){.error = ENOMEM};
	if (!message || nla_put_u32(message, RTA_TABLE, list->table) < 0)
		return -ENOMEM;

	int r = rtnetlink_talk(rt, message, &sink, ret_ack);
	/* No such table, no such family: no routes. */
	return r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}

int rtnetlink_policy_routes(struct rtnetlink *rt, const struct addr *to, uint32_t table,
			    struct policy_route_vec *ret, bool *ret_empty, struct diag *d)
{
	struct route_list list = {
		.routes = ret, .to = {.addr = *to, .len = addr_bits(to)}, .table = table};
	size_t first = ret->len;
	struct ack ack;

	if (route_dump(rt, &list, &ack) < 0)
		return ack_fail(d, &ack, "list the routes of table %u", table);
	for (size_t i = first; i < ret->len; i++)
		name_hops(&ret->at[i]);
	*ret_empty = !list.used;
	return 0;
}

static int answer_take(struct nlmsghdr *message, void *into)
{
	return rtnetlink_policy_route_parse(message, into);
}

static struct nl_msg *question(const struct packet *packet)
{
	const struct rtmsg head = {
		.rtm_family = packet->to.family,
		.rtm_dst_len = addr_bits(&packet->to),
		.rtm_src_len = packet->from.family ? addr_bits(&packet->from) : 0,
		/* IPv6 says the table in any case, and takes no such flag. */
		.rtm_flags = packet->to.family == AF_INET ? RTM_F_LOOKUP_TABLE : 0,
	};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETROUTE, 0, &head, sizeof(head));

	if (!message || nla_put(message, RTA_DST, head.rtm_dst_len / 8, packet->to.bytes) < 0 ||
	    nla_put_u32(message, RTA_UID, packet->uid) < 0)
		return NULL;
	if (packet->from.family &&
	    nla_put(message, RTA_SRC, head.rtm_src_len / 8, packet->from.bytes) < 0)
		return NULL;
	if (packet->mark && nla_put_u32(message, RTA_MARK, packet->mark) < 0)
		return NULL;
	if (packet->ip_proto && nla_put_u8(message, RTA_IP_PROTO, packet->ip_proto) < 0)
		return NULL;
	if (packet->sport && nla_put_u16(message, RTA_SPORT, htons(packet->sport)) < 0)
		return NULL;
	if (packet->dport && nla_put_u16(message, RTA_DPORT, htons(packet->dport)) < 0)
		return NULL;
	return steal(message);
}

/* fib_props[], net/ipv4/fib_semantics.c. With words of the kernel's own EINVAL is about the
 * question. */
static bool is_answer(const struct ack *ack)
{
	return ack->error == ENETUNREACH || ack->error == EHOSTUNREACH || ack->error == EACCES ||
	       (ack->error == EINVAL && !ack->text[0]);
}

int rtnetlink_policy_ask(struct rtnetlink *rt, const struct packet *packet,
			 struct policy_route *ret, int *ret_error, struct diag *d)
{
	const struct rtnetlink_sink sink = {.take = answer_take, .into = ret};
	_cleanup_message_ struct nl_msg *message = question(packet);
	char text[ADDR_TEXT_MAX];
	struct ack ack;

	*ret = (struct policy_route){0};
	if (!message)
		return diag_no_memory(d);
	rtnetlink_talk(rt, message, &sink, &ack);
	*ret_error = ack.error;
	if (ack.error && !is_answer(&ack)) {
		addr_format(&packet->to, text);
		return ack_fail(d, &ack, "ask the kernel for the way to %s", text);
	}
	name_hops(ret);
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
