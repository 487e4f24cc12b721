// SPDX-License-Identifier: GPL-2.0-or-later
// Routes over rtnetlink: listing one table, adding and deleting in batches.
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

static int route_dump(struct rtnetlink *r, struct route_list *list, struct ack *ret_ack)
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

	int error = rtnetlink_talk(r, message, &sink, ret_ack);
	/* No such table, no such link, no such family: no routes. */
	if (error == -ENOENT || error == -ENODEV || error == -EAFNOSUPPORT || error == -EOPNOTSUPP)
		return 0;
	return error;
}

int rtnetlink_route_list(struct rtnetlink *r, uint8_t family, uint32_t table, uint32_t oif,
			 struct route_vec *ret, struct diag *d)
{
	struct route_list list = {.routes = ret, .table = table, .oif = oif, .family = family};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (route_dump(r, &list, &ack) < 0) {
		rtnetlink_link_text(oif, text);
		return ack_fail(d, &ack, "list the routes of table %u through link %s", table,
				text);
	}
	return 0;
}

int rtnetlink_table_used(struct rtnetlink *r, uint8_t family, uint32_t table, bool *ret,
			 struct diag *d)
{
	struct route_list list = {.table = table, .family = family};
	struct ack ack;

	*ret = false;
	if (route_dump(r, &list, &ack) < 0)
		return ack_fail(d, &ack, "look for routes in table %u", table);
	*ret = list.used;
	return 0;
}

/* Messages for some routes, to be sent at once. */
struct batch {
	uint32_t first;    /* sequence number */
	size_t count, len; /* of messages, of bytes */
	size_t last;       /* where the last message begins */
	bool failed[RTNETLINK_BATCH_MAX];
	_Alignas(struct nlmsghdr) char bytes[RTNETLINK_BATCH_MAX * RTNETLINK_BATCH_MESSAGE_MAX];
};

/* The message of `ip route add PREFIX dev LINK table TABLE`; and to delete, one that matches no
 * route but such, as far as the kernel can tell them apart. */
static int route_put(struct nl_msg *message, int type, const struct route *route, uint32_t oif,
		     uint32_t table)
{
	const struct addr *dst = &route->prefix.addr;
	bool ipv6 = dst->family == AF_INET6;
	const struct rtmsg head = {
		.rtm_family = dst->family,
		.rtm_dst_len = route->prefix.len,
		.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	int flags = type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0;

	/* The message is used again: back to an empty one. */
	nlmsg_hdr(message)->nlmsg_len = NLMSG_HDRLEN;
	struct nlmsghdr *put = nlmsg_put(message, 0, 0, type, sizeof(head), flags | NLM_F_REQUEST);
	if (!put)
		return -ENOMEM;
	memcpy(nlmsg_data(put), &head, sizeof(head));
	if (nla_put(message, RTA_DST, addr_bits(dst) / 8, dst->bytes) < 0 ||
	    (table > 255 && nla_put_u32(message, RTA_TABLE, table) < 0) ||
	    nla_put_u32(message, RTA_OIF, oif) < 0)
		return -ENOMEM;
	if (ipv6 && type == RTM_DELROUTE &&
	    nla_put_u32(message, RTA_PRIORITY, RTNETLINK_METRIC_IPV6) < 0)
		return -ENOMEM;
	return 0;
}

static void batch_start(struct batch *b, const struct rtnetlink *r)
{
	b->first = r->seq + 1;
	b->count = b->len = b->last = 0;
}

static int batch_add(struct batch *b, struct rtnetlink *r, int type, const struct route *route,
		     uint32_t oif, uint32_t table)
{
	int error = route_put(r->route, type, route, oif, table);

	if (error < 0)
		return error;
	struct nlmsghdr *message = nlmsg_hdr(r->route);
	message->nlmsg_seq = ++r->seq;
	memcpy(b->bytes + b->len, message, message->nlmsg_len);
	b->failed[b->count++] = false;
	b->last = b->len;
	b->len += NLMSG_ALIGN(message->nlmsg_len);
	return 0;
}

/* On failure ret->seq is that of the first message that failed. */
static int batch_send(struct batch *b, struct rtnetlink *r, bool gone_is_fine, struct ack *ret)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(void *)(b->bytes + b->last);
	const struct rtnetlink_request request = {
		.bytes = b->bytes,
		.len = b->len,
		.first = b->first,
		.count = (uint32_t)b->count,
		.gone_is_fine = gone_is_fine,
		.failed = b->failed,
	};

	last->nlmsg_flags |= NLM_F_ACK;
	return rtnetlink_exchange(r, &request, ret);
}

/* Sends a batch of as many of the n routes as go at once. */
static int routes_send(struct rtnetlink *r, int type, const struct route *routes, size_t n,
		       uint32_t oif, uint32_t table, struct batch *ret, struct ack *ret_ack)
{
	batch_start(ret, r);
	for (size_t i = 0; i < n && i < r->batch; i++) {
		int error = batch_add(ret, r, type, &routes[i], oif, table);

		if (error < 0) {
			*ret_ack = (struct ack){.seq = ret->first, .error = -error};
			ret->count = 0;
			return error;
		}
	}
	return batch_send(ret, r, type == RTM_DELROUTE, ret_ack);
}

static int route_fail(struct diag *d, const struct ack *ack, int type, const struct route *route)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&route->prefix, text);
	return ack_fail(d, ack, "%s route %s", type == RTM_NEWROUTE ? "add" : "delete", text);
}

/* The kernel goes on behind a message that it refuses: deletes what it added from the failed route
 * on. Where the answers were lost, that is all that it is not known to have refused. The error is
 * in d already; this may add a note to it. */
static void routes_take_back(struct rtnetlink *r, const struct route *routes,
			     const struct batch *sent, size_t failed, uint32_t oif, uint32_t table,
			     struct diag *d)
{
	struct batch b;
	struct ack ack;
	int error = 0;

	batch_start(&b, r);
	for (size_t i = failed; i < sent->count && error == 0; i++)
		if (!sent->failed[i])
			error = batch_add(&b, r, RTM_DELROUTE, &routes[i], oif, table);
	if (error == 0 && b.count > 0)
		error = batch_send(&b, r, true, &ack);
	if (error < 0)
		diag_note(d, "routes behind it were added and cannot be deleted: %s",
			  strerror(-error));
}

int rtnetlink_route_add(struct rtnetlink *r, const struct route *routes, size_t n, uint32_t oif,
			uint32_t table, size_t *ret_done, struct diag *d)
{
	struct batch b;
	struct ack ack;

	for (*ret_done = 0; *ret_done < n; *ret_done += b.count) {
		const struct route *from = routes + *ret_done;

		if (routes_send(r, RTM_NEWROUTE, from, n - *ret_done, oif, table, &b, &ack) == 0)
			continue;

		size_t failed = ack.seq - b.first;
		*ret_done += failed;
		int error = route_fail(d, &ack, RTM_NEWROUTE, &from[failed]);
		routes_take_back(r, from, &b, failed, oif, table, d);
		return error;
	}
	return 0;
}

int rtnetlink_route_del(struct rtnetlink *r, const struct route *routes, size_t n, uint32_t oif,
			uint32_t table, struct diag *d)
{
	struct batch b;
	struct ack ack;

	for (size_t done = 0; done < n; done += b.count) {
		if (routes_send(r, RTM_DELROUTE, routes + done, n - done, oif, table, &b, &ack) < 0)
			return route_fail(d, &ack, RTM_DELROUTE,
					  &routes[done + (ack.seq - b.first)]);
	}
	return 0;
}
