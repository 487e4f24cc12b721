// SPDX-License-Identifier: GPL-2.0-or-later
// Routes over rtnetlink: reading them whole, and listing those that somebody asks for.
#include <errno.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/kernel/rtnetlink/policy.h"
#include "wgq/net/route_sort.h"

static int via_parse(const struct nlattr *attribute, struct addr *ret)
{
	struct rtvia head;

	if (mnl_attr_get_payload_len(attribute) < sizeof(head))
		return -EPROTO;
	memcpy(&head, mnl_attr_get_payload(attribute), sizeof(head));
	*ret = (struct addr){.family = (uint8_t)head.rtvia_family};
	if (head.rtvia_family != AF_INET && head.rtvia_family != AF_INET6)
		return -EPROTO;

	size_t n = addr_bits(ret) / 8;
	if (mnl_attr_get_payload_len(attribute) != sizeof(head) + n)
		return -EPROTO;
	memcpy(ret->bytes, (const char *)mnl_attr_get_payload(attribute) + sizeof(head), n);
	return 0;
}

/* The gateway; RTA_VIA is one of the other family. */
static int gateway_parse(const struct nlattr *const attributes[], uint8_t family, struct addr *ret)
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

static int multipath_parse(const struct nlattr *attribute, uint8_t family, struct policy_route *ret)
{
	const struct nlattr *attributes[RTA_MAX + 1];
	const struct netlink_table table = {attributes, NULL, RTA_MAX};
	struct policy_hop spare;
	const char *at = mnl_attr_get_payload(attribute);
	int left = mnl_attr_get_payload_len(attribute);

	while (left >= (int)sizeof(struct rtnexthop)) {
		struct rtnexthop head;

		memcpy(&head, at, sizeof(head));
		if (head.rtnh_len < sizeof(head) || head.rtnh_len > left ||
		    netlink_sort_bytes(at + sizeof(head), head.rtnh_len - sizeof(head), &table) < 0)
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

static int hops_parse(const struct nlattr *const attributes[], const struct rtmsg *head,
		      struct policy_route *ret)
{
	struct policy_hop spare;

	if (attributes[RTA_MULTIPATH])
		return multipath_parse(attributes[RTA_MULTIPATH], head->rtm_family, ret);
	if (!attributes[RTA_OIF])
		return 0;
	struct policy_hop *hop =
		hop_add(ret, mnl_attr_get_u32(attributes[RTA_OIF]), head->rtm_flags, &spare);
	return gateway_parse(attributes, head->rtm_family, &hop->via);
}

static int metrics_parse(const struct nlattr *attribute, struct policy_route *ret)
{
	static const uint8_t least[RTAX_MAX + 1] = {
		[RTAX_MTU] = sizeof(uint32_t), [RTAX_WINDOW] = sizeof(uint32_t)};
	const struct nlattr *metrics[RTAX_MAX + 1] = {NULL};

	if (netlink_sort_nested(attribute, &(struct netlink_table){metrics, least, RTAX_MAX}) < 0)
		return -EPROTO;
	if (metrics[RTAX_MTU])
		ret->mtu = mnl_attr_get_u32(metrics[RTAX_MTU]);
	if (metrics[RTAX_WINDOW])
		ret->window = mnl_attr_get_u32(metrics[RTAX_WINDOW]);
	for (int i = 0; i <= RTAX_MAX; i++)
		ret->more |= metrics[i] && i != RTAX_MTU;
	return 0;
}

/* Whether there is an attribute that struct policy_route has no place for. */
static bool has_more(const struct nlattr *const attributes[])
{
	static const bool known[RTA_MAX + 1] = {
		[RTA_DST] = true,       [RTA_SRC] = true,     [RTA_OIF] = true,
		[RTA_GATEWAY] = true,   [RTA_VIA] = true,     [RTA_PRIORITY] = true,
		[RTA_PREFSRC] = true,   [RTA_METRICS] = true, [RTA_TABLE] = true,
		[RTA_MULTIPATH] = true, [RTA_NH_ID] = true,   [RTA_PREF] = true,
		[RTA_CACHEINFO] = true, [RTA_PAD] = true,
	};

	for (int i = 0; i <= RTA_MAX; i++)
		if (attributes[i] && !known[i])
			return true;
	return false;
}

int rtnetlink_route_parse(const struct nlmsghdr *message, struct policy_route *ret)
{
	static const uint8_t least[RTA_MAX + 1] = {
		[RTA_OIF] = sizeof(uint32_t),      [RTA_TABLE] = sizeof(uint32_t),
		[RTA_PRIORITY] = sizeof(uint32_t), [RTA_NH_ID] = sizeof(uint32_t),
		[RTA_PREF] = sizeof(uint8_t),      [RTA_CACHEINFO] = sizeof(struct rta_cacheinfo),
	};
	const struct nlattr *attributes[RTA_MAX + 1];

	*ret = (struct policy_route){0};
	if ((message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE) ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)))
		return -EPROTO;

	const struct rtmsg *head = mnl_nlmsg_get_payload(message);
	uint8_t family = head->rtm_family;
	ret->to.addr.family = family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (netlink_sort(message, sizeof(*head),
			 &(struct netlink_table){attributes, least, RTA_MAX}) < 0 ||
	    head->rtm_dst_len > addr_bits(&ret->to.addr) ||
	    head->rtm_src_len > addr_bits(&ret->to.addr) || hops_parse(attributes, head, ret) < 0)
		return -EPROTO;

	ret->from = (struct prefix){.addr.family = family, .len = head->rtm_src_len};
	const struct {
		uint16_t type;
		struct addr *addr;
	} addresses[] = {
		{RTA_DST, &ret->to.addr}, {RTA_SRC, &ret->from.addr}, {RTA_PREFSRC, &ret->source}};
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const struct nlattr *at = attributes[addresses[i].type];

		if (at && rtnetlink_address_parse(at, family, addresses[i].addr) < 0)
			return -EPROTO;
	}
	if (attributes[RTA_CACHEINFO]) {
		const struct rta_cacheinfo *cache = mnl_attr_get_payload(attributes[RTA_CACHEINFO]);

		ret->expires = cache->rta_expires;
	}
	ret->more = has_more(attributes);
	if (attributes[RTA_METRICS] && metrics_parse(attributes[RTA_METRICS], ret) < 0)
		return -EPROTO;
	ret->to.len = head->rtm_dst_len;
	ret->type = head->rtm_type;
	ret->protocol = head->rtm_protocol;
	ret->scope = head->rtm_scope;
	ret->flags = head->rtm_flags;
	ret->tos = head->rtm_tos;
	ret->table =
		attributes[RTA_TABLE] ? mnl_attr_get_u32(attributes[RTA_TABLE]) : head->rtm_table;
	if (attributes[RTA_PRIORITY])
		ret->metric = mnl_attr_get_u32(attributes[RTA_PRIORITY]);
	if (attributes[RTA_NH_ID])
		ret->nexthop = mnl_attr_get_u32(attributes[RTA_NH_ID]);
	/* In their order: RFC 4191 counts 01 high, 00 medium, 11 low (IPV6_DECODE_PREF). */
	uint8_t preference = attributes[RTA_PREF] ? mnl_attr_get_u8(attributes[RTA_PREF])
						  : ICMPV6_ROUTER_PREF_MEDIUM;
	ret->preference = (preference & 3) ^ 2;
	return 0;
}

static int route_dump(struct rtnetlink *rt, const struct rtmsg *head, uint32_t table, uint32_t oif,
		      const struct netlink_sink *sink, struct ack *ret_ack)
{
	struct rtnetlink_message message;
	struct nlmsghdr *m =
		rtnetlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, head, sizeof(*head));

	if (table)
		mnl_attr_put_u32(m, RTA_TABLE, table);
	if (oif)
		mnl_attr_put_u32(m, RTA_OIF, oif);

	int r = netlink_talk(rt->netlink, m, sink, ret_ack);
	/* No such table, no such link, no such family: no routes. */
	if (r == -ENOENT || r == -ENODEV || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	return r;
}

int rtnetlink_route_dump(struct rtnetlink *rt, uint8_t family, uint32_t table, uint32_t oif,
			 const struct netlink_sink *sink, struct ack *ret_ack)
{
	const struct rtmsg head = {.rtm_family = family};

	return route_dump(rt, &head, table, oif, sink, ret_ack);
}

int rtnetlink_route_dump_of(struct rtnetlink *rt, uint8_t family, uint8_t protocol,
			    const struct netlink_sink *sink, struct ack *ret_ack)
{
	const struct rtmsg head = {.rtm_family = family, .rtm_protocol = protocol};

	return route_dump(rt, &head, RT_TABLE_MAIN, 0, sink, ret_ack);
}

void rtnetlink_name_hops(struct policy_route *route)
{
	for (uint32_t i = 0; i < policy_hops_known(route); i++)
		if (!if_indextoname(route->hops[i].oif, route->hops[i].ifname))
			route->hops[i].ifname[0] = '\0';
}

struct route_list {
	struct route_vec *routes; /* NULL: one of the table is enough */
	uint32_t table, oif;
	uint8_t family;
	bool unlinked; /* barriers and what throws count, too */
	bool used;
};

static int route_take(const struct nlmsghdr *message, void *into)
{
	struct route_list *list = into;
	struct policy_route seen;
	struct route_group group;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.to.addr.family != list->family || seen.table != list->table)
		return r;
	if (!list->unlinked && policy_route_narrow(&seen, &group) && group.lead != ROUTE_INTO)
		return 0;
	list->used = true;
	if (!list->routes)
		return NETLINK_ENOUGH;
	if (!policy_route_is_plain(&seen) || policy_route_oif(&seen) != list->oif)
		return 0;

	struct route *route = vec_push(list->routes);
	if (!route)
		return -ENOMEM;
	route->prefix = seen.to;
	return 0;
}

int rtnetlink_route_list(struct rtnetlink *rt, uint8_t family, uint32_t table, uint32_t oif,
			 struct route_vec *ret, struct diag *d)
{
	struct route_list list = {.routes = ret, .table = table, .oif = oif, .family = family};
	const struct netlink_sink sink = {.take = route_take, .into = &list, .len = &ret->len};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (rtnetlink_route_dump(rt, family, table, oif, &sink, &ack) < 0) {
		rtnetlink_link_text(oif, text);
		return ack_fail(d, &ack, "list the routes of table %u through link %s", table,
				text);
	}
	return 0;
}

static int table_used(struct rtnetlink *rt, uint8_t family, uint32_t table, bool unlinked,
		      bool *ret, struct diag *d)
{
	struct route_list list = {.table = table, .family = family, .unlinked = unlinked};
	const struct netlink_sink sink = {.take = route_take, .into = &list};
	struct ack ack;

	*ret = false;
	if (rtnetlink_route_dump(rt, family, table, 0, &sink, &ack) < 0)
		return ack_fail(d, &ack, "look for routes in table %u", table);
	*ret = list.used;
	return 0;
}

int rtnetlink_table_used(struct rtnetlink *rt, uint8_t family, uint32_t table, bool *ret,
			 struct diag *d)
{
	return table_used(rt, family, table, false, ret, d);
}

int rtnetlink_table_empty(struct rtnetlink *rt, uint8_t family, uint32_t table, bool *ret,
			  struct diag *d)
{
	bool used;
	int r = table_used(rt, family, table, true, &used, d);

	*ret = !used;
	return r;
}

struct table_list {
	struct route_table_vec *tables;
	struct buf *kept;   /* NULL: of those with a window nothing is kept */
	size_t kept_before; /* of the other family */
	size_t last;        /* that of the route before: mostly the next one's, too */
	uint32_t oif;       /* of those out of a link */
	uint8_t family;
};

static struct route_table *table_of(struct table_list *list, const struct route_group *group)
{
	struct route_table_vec *tables = list->tables;

	if (list->last < tables->len && route_group_equal(&tables->at[list->last].group, group))
		return &tables->at[list->last];
	for (list->last = 0; list->last < tables->len; list->last++)
		if (route_group_equal(&tables->at[list->last].group, group))
			return &tables->at[list->last];

	struct route_table *table = vec_push(tables);
	if (table)
		table->group = *group;
	return table;
}

static int table_take(const struct nlmsghdr *message, void *into)
{
	struct table_list *list = into;
	struct policy_route seen;
	struct route_group group;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.to.addr.family != list->family || policy_route_oif(&seen) != list->oif ||
	    seen.protocol == RTPROT_KERNEL)
		return r;
	bool plain = policy_route_narrow(&seen, &group) && group.lead == ROUTE_INTO;
	if (!plain) {
		/* A cached route is none, a nexthop object goes with the link, and what expires
		 * would stay. */
		if (!seen.nexthop && !seen.expires && !(seen.flags & RTM_F_CLONED))
			rtnetlink_kept_add(list->kept, message);
		if (!policy_route_is_plain(&seen))
			return buf_status(list->kept);
		group = (struct route_group){.table = seen.table};
	}
	struct route_table *table = table_of(list, &group);
	struct route *route = !table  ? NULL
			      : plain ? vec_push(&table->plain)
				      : vec_push(&table->others);
	if (!route)
		return -ENOMEM;
	route->prefix = seen.to;
	return buf_status(list->kept);
}

/* The routes of the other family stand before. */
static void table_restart(void *into)
{
	const struct table_list *list = into;

	vec_each(table, list->tables) {
		struct route_vec *lists[] = {&table->plain, &table->others};

		for (size_t i = 0; i < 2; i++)
			while (lists[i]->len &&
			       vec_last(lists[i])->prefix.addr.family == list->family)
				lists[i]->len--;
	}
	if (list->kept)
		list->kept->len = list->kept_before;
}

int rtnetlink_table_list(struct rtnetlink *rt, uint32_t oif, struct route_table_vec *ret,
			 struct buf *ret_kept, struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	for (size_t i = 0; i < sizeof(families); i++) {
		struct table_list list = {.tables = ret,
					  .kept = ret_kept,
					  .kept_before = ret_kept->len,
					  .oif = oif,
					  .family = families[i]};
		const struct netlink_sink sink = {
			.take = table_take, .into = &list, .restart = table_restart};

		if (rtnetlink_route_dump(rt, families[i], 0, oif, &sink, &ack) < 0) {
			rtnetlink_link_text(oif, text);
			return ack_fail(d, &ack, "list the routes through link %s", text);
		}
	}
	return 0;
}

/* Of one name, by what they do. */
struct unlinked_list {
	struct table_list barriers, throws;
	uint32_t window;
};

static int unlinked_take(const struct nlmsghdr *message, void *into)
{
	struct unlinked_list *unlinked = into;
	struct policy_route seen;
	struct route_group group;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || !policy_route_narrow(&seen, &group) || group.lead == ROUTE_INTO ||
	    seen.window != unlinked->window)
		return r;
	struct table_list *list =
		group.lead == ROUTE_THROW ? &unlinked->throws : &unlinked->barriers;
	if (seen.to.addr.family != list->family)
		return 0;
	struct route_table *table = table_of(list, &group);
	return table ? route_add(&table->plain, &(const struct route){.prefix = seen.to}) : -ENOMEM;
}

static void unlinked_restart(void *into)
{
	struct unlinked_list *unlinked = into;

	table_restart(&unlinked->barriers);
	table_restart(&unlinked->throws);
}

/* In IPv6 they are all on lo. */
int rtnetlink_unlinked_list(struct rtnetlink *rt, uint32_t window,
			    struct route_table_vec *ret_barriers,
			    struct route_table_vec *ret_throws, struct diag *d)
{
	static const struct {
		struct rtmsg head;
		uint32_t oif;
	} dumps[] = {{{.rtm_family = AF_INET, .rtm_type = RTN_UNREACHABLE}, 0},
		     {{.rtm_family = AF_INET, .rtm_type = RTN_THROW}, 0},
		     {{.rtm_family = AF_INET6}, RTNETLINK_LOOPBACK}};
	struct ack ack;

	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		uint8_t family = dumps[i].head.rtm_family;
		struct unlinked_list list = {.barriers = {.tables = ret_barriers, .family = family},
					     .throws = {.tables = ret_throws, .family = family},
					     .window = window};
		const struct netlink_sink sink = {
			.take = unlinked_take, .into = &list, .restart = unlinked_restart};

		if (route_dump(rt, &dumps[i].head, 0, dumps[i].oif, &sink, &ack) < 0)
			return ack_fail(d, &ack, "list the routes that are on no link");
	}
	return 0;
}

struct cover_list {
	struct policy_route_vec *routes;
	struct prefix to;
	uint32_t table;
	bool used;
};

static int cover_take(const struct nlmsghdr *message, void *into)
{
	struct cover_list *list = into;
	struct policy_route seen;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || seen.to.addr.family != list->to.addr.family || seen.table != list->table ||
	    seen.flags & RTM_F_CLONED)
		return r;
	list->used = true;
	if (!prefix_covers(&seen.to, &list->to))
		return 0;

	struct policy_route *route = vec_push(list->routes);
	if (!route)
		return -ENOMEM;
	*route = seen;
	return 0;
}

int rtnetlink_policy_routes(struct rtnetlink *rt, const struct addr *to, uint32_t table,
			    struct policy_route_vec *ret, bool *ret_empty, struct diag *d)
{
	struct cover_list list = {
		.routes = ret, .to = {.addr = *to, .len = addr_bits(to)}, .table = table};
	const struct netlink_sink sink = {.take = cover_take, .into = &list, .len = &ret->len};
	size_t first = ret->len;
	struct ack ack;

	if (rtnetlink_route_dump(rt, to->family, table, 0, &sink, &ack) < 0)
		return ack_fail(d, &ack, "list the routes of table %u", table);
	for (size_t i = first; i < ret->len; i++)
		rtnetlink_name_hops(&ret->at[i]);
	*ret_empty = !list.used;
	return 0;
}
