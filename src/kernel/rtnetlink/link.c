// SPDX-License-Identifier: GPL-2.0-or-later
// Links over rtnetlink: looking up, creating, deleting, MTU and state.
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

void rtnetlink_link_text(uint32_t index, char ret_text[RTNETLINK_LINK_TEXT_MAX])
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name))
		snprintf(ret_text, RTNETLINK_LINK_TEXT_MAX, "%s", name);
	else
		snprintf(ret_text, RTNETLINK_LINK_TEXT_MAX, "with index %u", index);
}

int rtnetlink_link_parse(const struct nlmsghdr *message, struct link *ret)
{
	static const uint8_t least[IFLA_MAX + 1] = {
		[IFLA_IFNAME] = 1,
		[IFLA_MTU] = sizeof(uint32_t),
		[IFLA_GROUP] = sizeof(uint32_t),
	};
	const struct nlattr *attributes[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	char master[sizeof(ret->kind)] = "";

	*ret = (struct link){0};
	if (message->nlmsg_type != RTM_NEWLINK ||
	    netlink_sort(message, sizeof(struct ifinfomsg),
			 &(struct netlink_table){attributes, least, IFLA_MAX}) < 0)
		return -EPROTO;

	const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
	if (head->ifi_index <= 0 || !attributes[IFLA_IFNAME])
		return -EPROTO;
	if (attributes[IFLA_LINKINFO]) {
		if (netlink_sort_nested(attributes[IFLA_LINKINFO],
					&(struct netlink_table){info, NULL, IFLA_INFO_MAX}) < 0)
			return -EPROTO;
		if (info[IFLA_INFO_KIND])
			netlink_text(info[IFLA_INFO_KIND], ret->kind, sizeof(ret->kind));
		if (info[IFLA_INFO_SLAVE_KIND])
			netlink_text(info[IFLA_INFO_SLAVE_KIND], master, sizeof(master));
		ret->in_vrf = strcmp(master, "vrf") == 0;
	}
	netlink_text(attributes[IFLA_IFNAME], ret->name, sizeof(ret->name));
	if (attributes[IFLA_MTU])
		ret->mtu = mnl_attr_get_u32(attributes[IFLA_MTU]);
	if (attributes[IFLA_GROUP])
		ret->group = mnl_attr_get_u32(attributes[IFLA_GROUP]);
	ret->up = head->ifi_flags & IFF_UP;
	ret->multicast = head->ifi_flags & IFF_MULTICAST;
	ret->index = (uint32_t)head->ifi_index;
	return 0;
}

static int link_take(const struct nlmsghdr *message, void *into)
{
	return rtnetlink_link_parse(message, into);
}

/* By index, or where that is 0 by name. */
static int link_get(struct rtnetlink *rt, uint32_t index, const char *name, struct link *ret,
		    struct ack *ret_ack)
{
	const struct ifinfomsg head = {.ifi_index = (int)index};
	const struct netlink_sink sink = {.take = link_take, .into = ret};
	struct rtnetlink_message message;
	struct nlmsghdr *m = rtnetlink_begin(&message, RTM_GETLINK, 0, &head, sizeof(head));

	*ret = (struct link){0};
	mnl_attr_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (!index)
		mnl_attr_put_strz(m, IFLA_IFNAME, name);

	int r = netlink_talk(rt->netlink, m, &sink, ret_ack);
	if (r < 0)
		*ret = (struct link){0};
	return r == -ENODEV ? 0 : r;
}

int rtnetlink_link_get(struct rtnetlink *rt, const char *name, struct link *ret, struct diag *d)
{
	struct ack ack;

	if (link_get(rt, 0, name, ret, &ack) < 0)
		return ack_fail(d, &ack, "look up link %s", name);
	return 0;
}

static int link_take_any(const struct nlmsghdr *message, void *into)
{
	struct link seen;
	int r = rtnetlink_link_parse(message, &seen);
	struct link *copy = r == 0 ? vec_push((struct link_vec *)into) : NULL;

	if (copy)
		*copy = seen;
	return r == 0 && !copy ? -ENOMEM : r;
}

int rtnetlink_link_list(struct rtnetlink *rt, struct link_vec *ret, struct diag *d)
{
	const struct ifinfomsg head = {0};
	const struct netlink_sink sink = {.take = link_take_any, .into = ret, .len = &ret->len};
	struct rtnetlink_message message;
	struct nlmsghdr *m =
		rtnetlink_begin(&message, RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head));
	struct ack ack;

	mnl_attr_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (netlink_talk(rt->netlink, m, &sink, &ack) < 0)
		return ack_fail(d, &ack, "list the links");
	return 0;
}

int rtnetlink_link_get_index(struct rtnetlink *rt, uint32_t index, struct link *ret,
			     struct ack *ret_ack)
{
	return link_get(rt, index, NULL, ret, ret_ack);
}

int rtnetlink_link_add(struct rtnetlink *rt, const char *name, const char *kind, struct diag *d)
{
	const struct ifinfomsg head = {0};
	struct rtnetlink_message message;
	struct nlmsghdr *m = rtnetlink_begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
					     &head, sizeof(head));
	struct ack ack;

	if (strlen(name) >= IFNAMSIZ)
		return diag_fail(d, ENAMETOOLONG, "cannot add link %s", name);
	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(m, info);
	if (netlink_talk(rt->netlink, m, NULL, &ack) < 0)
		return ack_fail(d, &ack, "add link %s of kind %s", name, kind);
	return 0;
}

int rtnetlink_link_del(struct rtnetlink *rt, uint32_t index, struct diag *d)
{
	const struct ifinfomsg head = {.ifi_index = (int)index};
	struct rtnetlink_message message;
	struct nlmsghdr *m = rtnetlink_begin(&message, RTM_DELLINK, 0, &head, sizeof(head));
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (netlink_talk(rt->netlink, m, NULL, &ack) < 0) {
		rtnetlink_link_text(index, text);
		return ack_fail(d, &ack, "delete link %s", text);
	}
	return 0;
}

int rtnetlink_link_set(struct rtnetlink *rt, uint32_t index, const struct rtnetlink_link_change *to,
		       struct diag *d)
{
	const struct ifinfomsg head = {
		.ifi_index = (int)index, .ifi_flags = to->flags, .ifi_change = to->change};
	struct rtnetlink_message message;
	struct nlmsghdr *m = rtnetlink_begin(&message, RTM_NEWLINK, 0, &head, sizeof(head));
	_cleanup_buf_ struct buf what = {0};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (to->mtu)
		mnl_attr_put_u32(m, IFLA_MTU, to->mtu);
	if (netlink_talk(rt->netlink, m, NULL, &ack) == 0)
		return 0;
	if (to->mtu)
		buf_addf(&what, "MTU %u", to->mtu);
	if (to->change & IFF_UP)
		buf_addf(&what, "%sstate %s", what.len ? " and " : "",
			 to->flags & IFF_UP ? "up" : "down");
	if (to->change & IFF_MULTICAST)
		buf_addf(&what, "%smulticast %s", what.len ? " and " : "",
			 to->flags & IFF_MULTICAST ? "on" : "off");
	rtnetlink_link_text(index, text);
	return ack_fail(d, &ack, "set %s on link %s", buf_text(&what), text);
}
