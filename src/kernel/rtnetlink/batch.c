// SPDX-License-Identifier: GPL-2.0-or-later
// Routes as bytes: the messages that add and delete them, and their sending.
#include "batch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum { INSIST_TRIES = 3 };

void rtnetlink_batch_start(struct rtnetlink_batch *b, struct rtnetlink *rt)
{
	if (!rt->batch) {
		rt->batch = netlink_batch_max(rt->netlink, RTNETLINK_BATCH_MESSAGE_MAX);
		if (rt->batch > RTNETLINK_BATCH_MAX)
			rt->batch = RTNETLINK_BATCH_MAX;
	}
	b->first = rt->netlink->seq + 1;
	b->count = b->len = b->last = 0;
}

static char *put(char *at, const void *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

/* Values whose length is a multiple of 4, so that nothing has to be filled up. */
static char *put_attribute(char *at, uint16_t type, const void *value, size_t n)
{
	const struct rtattr head = {.rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type};

	return put(put(at, &head, sizeof(head)), value, n);
}

static char *put_number(char *at, uint16_t type, uint32_t value)
{
	return put_attribute(at, type, &value, sizeof(value));
}

static char *put_window(char *at, uint32_t window)
{
	struct {
		struct rtattr head;
		uint32_t value;
	} metric = {{.rta_len = sizeof(metric), .rta_type = RTAX_WINDOW}, window};

	return put_attribute(at, RTA_METRICS, &metric, sizeof(metric));
}

/* Behind the header of the message. */
static char *put_route(char *at, int type, const struct rtnetlink_routes *routes, size_t place)
{
	static const uint8_t types[] = {[ROUTE_INTO] = RTN_UNICAST,
					[ROUTE_BARRIER] = RTN_UNREACHABLE,
					[ROUTE_THROW] = RTN_THROW};
	const struct route *route = &routes->at[place];
	const struct addr *dst = &route->prefix.addr;
	const struct route_group group = route_group_of(&routes->group, dst->family);
	bool ipv6 = dst->family == AF_INET6, into = group.lead == ROUTE_INTO;
	const struct rtmsg head = {
		.rtm_family = dst->family,
		.rtm_dst_len = route->prefix.len,
		.rtm_table = group.table < 256 ? (uint8_t)group.table : RT_TABLE_UNSPEC,
		.rtm_protocol = group.own ? ROUTE_PROTOCOL : RTPROT_BOOT,
		.rtm_scope = ipv6 || !into ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = types[group.lead],
		.rtm_flags = group.shared ? RTNH_F_ONLINK : 0,
	};
	uint32_t metric = group.metric;

	if (!metric && ipv6 && type == RTM_DELROUTE)
		metric = ROUTE_METRIC_IPV6;
	at = put(at, &head, sizeof(head));
	at = put_attribute(at, RTA_DST, dst->bytes, addr_bits(dst) / 8);
	if (group.table > 255)
		at = put_number(at, RTA_TABLE, group.table);
	if (metric)
		at = put_number(at, RTA_PRIORITY, metric);
	/* In IPv6 such a route is on lo, and a request to delete it does not tell its type. */
	if (!into && ipv6 && type == RTM_DELROUTE)
		at = put_number(at, RTA_OIF, RTNETLINK_LOOPBACK);
	if (!into)
		return put_window(at, routes->window);
	if (group.shared)
		at = put_attribute(at, RTA_GATEWAY, ROUTE_NEIGHBOUR.bytes,
				   sizeof(ROUTE_NEIGHBOUR.bytes));
	return put_number(at, RTA_OIF, routes->oif);
}

void rtnetlink_batch_add(struct rtnetlink_batch *b, struct rtnetlink *rt, int type,
			 const struct rtnetlink_routes *routes, size_t place)
{
	char *start = b->bytes + b->len;
	char *end = put_route(start + NLMSG_HDRLEN, type, routes, place);
	/* Without NLM_F_EXCL it comes before others of its prefix and metric (fib_table_insert(),
	 * net/ipv4/fib_trie.c), or behind them (fib6_add_rt2node(), net/ipv6/ip6_fib.c). */
	bool beside = routes->group.lead == ROUTE_BARRIER || routes->put_back;
	int add = beside ? NLM_F_CREATE : NLM_F_CREATE | NLM_F_EXCL;
	const struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(end - start),
		.nlmsg_type = (uint16_t)type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (type == RTM_NEWROUTE ? add : 0)),
		.nlmsg_seq = ++rt->netlink->seq,
	};

	memcpy(start, &head, sizeof(head));
	b->at[b->count] = place;
	b->failed[b->count++] = false;
	b->last = b->len;
	b->len += head.nlmsg_len;
}

int rtnetlink_batch_send(struct rtnetlink_batch *b, struct rtnetlink *rt, bool already_is_fine,
			 size_t *ret_failed, struct ack *ret_ack)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(void *)(b->bytes + b->last);
	const struct netlink_request request = {
		.bytes = b->bytes,
		.len = b->len,
		.first = b->first,
		.count = (uint32_t)b->count,
		.already_is_fine = already_is_fine,
		.failed = b->failed,
	};

	last->nlmsg_flags |= NLM_F_ACK;
	int r = netlink_exchange(rt->netlink, &request, ret_ack);
	*ret_failed = r < 0 ? ret_ack->seq - b->first : 0;
	return r;
}

int rtnetlink_batch_insist(struct rtnetlink_batch *b, struct rtnetlink *rt, size_t *ret_failed,
			   struct ack *ret_ack)
{
	int r = -ENOBUFS;

	for (int tries = 0; tries < INSIST_TRIES && r < 0; tries++)
		r = rtnetlink_batch_send(b, rt, true, ret_failed, ret_ack);
	return r;
}
