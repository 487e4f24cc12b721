// SPDX-License-Identifier: GPL-2.0-or-later
// Next hop objects: what routes may refer to by a number (Linux 5.3).
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/kernel/rtnetlink/notices.h"

int rtnetlink_nexthop_parse(const struct nlmsghdr *message, struct policy_nexthop *ret)
{
	static const uint8_t least[NHA_GATEWAY + 1] = {
		[NHA_ID] = sizeof(uint32_t), [NHA_OIF] = sizeof(uint32_t)};
	const struct nlattr *attributes[NHA_GATEWAY + 1];
	const struct nhmsg *head = mnl_nlmsg_get_payload(message);
	int r = netlink_sort(message, sizeof(*head),
			     &(struct netlink_table){attributes, least, NHA_GATEWAY});

	*ret = (struct policy_nexthop){0};
	if (r < 0)
		return r;
	if (attributes[NHA_ID])
		ret->id = mnl_attr_get_u32(attributes[NHA_ID]);
	if (attributes[NHA_OIF])
		ret->oif = mnl_attr_get_u32(attributes[NHA_OIF]);
	if (attributes[NHA_GATEWAY] &&
	    rtnetlink_address_parse(attributes[NHA_GATEWAY], head->nh_family, &ret->via) < 0)
		return -EPROTO;
	if (!attributes[NHA_GROUP])
		return 0;
	const char *at = mnl_attr_get_payload(attributes[NHA_GROUP]);
	for (size_t left = mnl_attr_get_payload_len(attributes[NHA_GROUP]);
	     left >= sizeof(struct nexthop_grp);
	     left -= sizeof(struct nexthop_grp), at += sizeof(struct nexthop_grp)) {
		struct nexthop_grp member;
		uint32_t *id = vec_push(ret);

		if (!id) {
			vec_release(ret);
			return -ENOMEM;
		}
		memcpy(&member, at, sizeof(member));
		*id = member.id;
	}
	return 0;
}

static int nexthop_dump(struct rtnetlink *rt, const struct netlink_sink *sink, struct ack *ret_ack)
{
	const struct nhmsg head = {0};
	struct rtnetlink_message message;
	struct nlmsghdr *m =
		rtnetlink_begin(&message, RTM_GETNEXTHOP, NLM_F_DUMP, &head, sizeof(head));
	int r = netlink_talk(rt->netlink, m, sink, ret_ack);

	return r == -EOPNOTSUPP ? 0 : r;
}

struct reader {
	int (*take)(const struct policy_nexthop *nexthop, void *into);
	int (*take_route)(const struct policy_route *route, void *into);
	void *into;
	bool interrupted;
};

static int nexthop_take(const struct nlmsghdr *message, void *context)
{
	const struct reader *reader = context;
	struct policy_nexthop nexthop;
	int r = message->nlmsg_type == RTM_NEWNEXTHOP ? rtnetlink_nexthop_parse(message, &nexthop)
						      : -EPROTO;

	if (r < 0)
		return r;
	r = reader->take(&nexthop, reader->into);
	vec_release(&nexthop);
	return r;
}

static int route_take(const struct nlmsghdr *message, void *context)
{
	const struct reader *reader = context;
	struct policy_route route;
	int r = rtnetlink_route_parse(message, &route);

	return r < 0 ? r : reader->take_route(&route, reader->into);
}

static void interrupt(void *context)
{
	struct reader *reader = context;

	reader->interrupted = true;
}

int rtnetlink_routes_of(struct rtnetlink *rt, uint32_t oif,
			int (*take_nexthop)(const struct policy_nexthop *nexthop, void *into),
			int (*take_route)(const struct policy_route *route, void *into), void *into,
			bool *ret_interrupted, struct diag *d)
{
	struct reader reader = {.take = take_nexthop, .take_route = take_route, .into = into};
	struct netlink_sink sink = {.take = nexthop_take, .into = &reader, .restart = interrupt};
	struct ack ack;
	int r = nexthop_dump(rt, &sink, &ack);

	sink.take = route_take;
	if (r == 0)
		r = rtnetlink_route_dump(rt, AF_INET, 0, oif, &sink, &ack);
	if (r == 0)
		r = rtnetlink_route_dump(rt, AF_INET6, 0, oif, &sink, &ack);
	*ret_interrupted = reader.interrupted;
	return r < 0 ? ack_fail(d, &ack, "list the routes that are followed") : 0;
}
