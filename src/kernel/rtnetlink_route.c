// SPDX-License-Identifier: GPL-2.0-or-later
// Routes over rtnetlink: reading those of one table.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

static int metrics_parse(struct nlattr *attribute, uint32_t *ret_mtu)
{
	static struct nla_policy policy[RTAX_MAX + 1] = {[RTAX_MTU] = {.type = NLA_U32}};
	struct nlattr *metrics[RTAX_MAX + 1];

	if (nla_parse_nested(metrics, RTAX_MAX, attribute, policy) < 0)
		return -EPROTO;
	if (metrics[RTAX_MTU])
		*ret_mtu = nla_get_u32(metrics[RTAX_MTU]);
	return 0;
}

/* Whether it has no attribute but those of every IPv4 route, or IPv6 route, through a link. */
static bool route_is_bare(const struct rtmsg *head, struct nlattr *const *attributes)
{
	bool ipv6 = head->rtm_family == AF_INET6;
	struct nlattr *metric = attributes[RTA_PRIORITY], *preference = attributes[RTA_PREF];
	struct nlattr *cache = attributes[RTA_CACHEINFO];

	for (int i = 1; i <= RTA_MAX; i++)
		if (attributes[i] && i != RTA_DST && i != RTA_OIF && i != RTA_TABLE &&
		    i != RTA_PRIORITY && i != RTA_PREF && i != RTA_CACHEINFO)
			return false;
	if (cache && ((struct rta_cacheinfo *)nla_data(cache))->rta_expires != 0)
		return false;
	if (preference && nla_get_u8(preference) != 0)
		return false;
	return head->rtm_type == RTN_UNICAST && head->rtm_protocol == RTPROT_BOOT &&
	       !(head->rtm_flags & RTNH_F_ONLINK) &&
	       head->rtm_scope == (ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK) &&
	       (metric ? nla_get_u32(metric) : 0) == (ipv6 ? RTNETLINK_METRIC_IPV6 : 0U);
}

int rtnetlink_route_parse(struct nlmsghdr *message, struct rtnetlink_route_seen *ret)
{
	static struct nla_policy policy[RTA_MAX + 1] = {
		[RTA_OIF] = {.type = NLA_U32},
		[RTA_TABLE] = {.type = NLA_U32},
		[RTA_METRICS] = {.type = NLA_NESTED},
		[RTA_PRIORITY] = {.type = NLA_U32},
		[RTA_PREF] = {.type = NLA_U8},
		[RTA_CACHEINFO] = {.minlen = sizeof(struct rta_cacheinfo)},
	};
	struct nlattr *attributes[RTA_MAX + 1];
	struct prefix *prefix = &ret->prefix;

	*ret = (struct rtnetlink_route_seen){0};
	if (message->nlmsg_type != RTM_NEWROUTE || !nlmsg_valid_hdr(message, sizeof(struct rtmsg)))
		return -EPROTO;

	const struct rtmsg *head = nlmsg_data(message);
	prefix->addr.family = head->rtm_family;
	if (head->rtm_family != AF_INET && head->rtm_family != AF_INET6)
		return 0;
	if (nlmsg_parse(message, sizeof(*head), attributes, RTA_MAX, policy) < 0 ||
	    head->rtm_dst_len > addr_bits(&prefix->addr))
		return -EPROTO;
	if (attributes[RTA_DST] &&
	    rtnetlink_address_parse(attributes[RTA_DST], head->rtm_family, &prefix->addr) < 0)
		return -EPROTO;
	if (attributes[RTA_METRICS] && metrics_parse(attributes[RTA_METRICS], &ret->mtu) < 0)
		return -EPROTO;
	prefix->len = head->rtm_dst_len;
	ret->type = head->rtm_type;
	ret->protocol = head->rtm_protocol;
	ret->table = attributes[RTA_TABLE] ? nla_get_u32(attributes[RTA_TABLE]) : head->rtm_table;
	ret->oif = attributes[RTA_OIF] ? nla_get_u32(attributes[RTA_OIF]) : 0;
	ret->plain = !head->rtm_src_len && !head->rtm_tos && !(head->rtm_flags & RTM_F_CLONED) &&
		     !attributes[RTA_MULTIPATH] && !attributes[RTA_NH_ID];
	ret->bare = ret->plain && route_is_bare(head, attributes);
	return 0;
}

struct route_list {
	struct route_vec *routes; /* NULL: one of the table is enough */
	uint32_t table, oif;
	uint8_t family;
	bool used;
};

/* Filters again: a kernel before 4.20 does not, and one without IPv6 answers with IPv4
 * (rtnl_dump_all()). */
static int route_take(struct nlmsghdr *message, void *into)
{
	struct route_list *list = into;
	struct rtnetlink_route_seen seen;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.prefix.addr.family != list->family || seen.table != list->table)
		return r;
	list->used = true;
	if (!list->routes)
		return RTNETLINK_ENOUGH;
	if (!seen.plain || seen.type != RTN_UNICAST || seen.oif != list->oif)
		return 0;

	struct route *route = vec_push(list->routes);
	if (!route)
		return -ENOMEM;
	route->prefix = seen.prefix;
	return 0;
}

static int route_dump(struct rtnetlink *rt, struct route_list *list, struct ack *ret_ack)
{
	const struct rtmsg head = {.rtm_family = list->family};
	const struct rtnetlink_sink sink = {
		.take = route_take, .into = list, .len = list->routes ? &list->routes->len : NULL};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));

	*ret_ack = (struct ack){.error = ENOMEM};
	if (!message || nla_put_u32(message, RTA_TABLE, list->table) < 0 ||
	    (list->routes && nla_put_u32(message, RTA_OIF, list->oif) < 0))
		return -ENOMEM;

	int r = rtnetlink_talk(rt, message, &sink, ret_ack);
	/* No such table, no such link, no such family: no routes. */
	if (r == -ENOENT || r == -ENODEV || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	return r;
}

int rtnetlink_route_list(struct rtnetlink *rt, uint8_t family, uint32_t table, uint32_t oif,
			 struct route_vec *ret, struct diag *d)
{
	struct route_list list = {.routes = ret, .table = table, .oif = oif, .family = family};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (route_dump(rt, &list, &ack) < 0) {
		rtnetlink_link_text(oif, text);
		return ack_fail(d, &ack, "list the routes of table %u through link %s", table,
				text);
	}
	return 0;
}

int rtnetlink_table_used(struct rtnetlink *rt, uint8_t family, uint32_t table, bool *ret,
			 struct diag *d)
{
	struct route_list list = {.table = table, .family = family};
	struct ack ack;

	*ret = false;
	if (route_dump(rt, &list, &ack) < 0)
		return ack_fail(d, &ack, "look for routes in table %u", table);
	*ret = list.used;
	return 0;
}
