// SPDX-License-Identifier: GPL-2.0-or-later
// Links over rtnetlink: looking up, creating, deleting, MTU and state.
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>

#include "rtnetlink_internal.h"

static void link_free_at(struct rtnl_link **link)
{
	rtnl_link_put(*link);
}

void rtnetlink_link_text(uint32_t index, char ret_text[RTNETLINK_LINK_TEXT_MAX])
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name))
		snprintf(ret_text, RTNETLINK_LINK_TEXT_MAX, "%s", name);
	else
		snprintf(ret_text, RTNETLINK_LINK_TEXT_MAX, "with index %u", index);
}

int rtnetlink_link_parse(struct nlmsghdr *message, struct link *ret)
{
	static struct nla_policy policy[IFLA_MAX + 1] = {
		[IFLA_IFNAME] = {.type = NLA_STRING, .maxlen = IFNAMSIZ},
		[IFLA_MTU] = {.type = NLA_U32},
		[IFLA_GROUP] = {.type = NLA_U32},
		[IFLA_LINKINFO] = {.type = NLA_NESTED},
	};
	struct nlattr *attributes[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];

	*ret = (struct link){0};
	if (message->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(message, sizeof(struct ifinfomsg), attributes, IFLA_MAX, policy) < 0)
		return -EPROTO;

	const struct ifinfomsg *head = nlmsg_data(message);
	if (head->ifi_index <= 0 || !attributes[IFLA_IFNAME])
		return -EPROTO;
	if (attributes[IFLA_LINKINFO]) {
		if (nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], NULL) < 0)
			return -EPROTO;
		if (info[IFLA_INFO_KIND])
			nla_strlcpy(ret->kind, info[IFLA_INFO_KIND], sizeof(ret->kind));
	}
	nla_strlcpy(ret->name, attributes[IFLA_IFNAME], sizeof(ret->name));
	if (attributes[IFLA_MTU])
		ret->mtu = nla_get_u32(attributes[IFLA_MTU]);
	if (attributes[IFLA_GROUP])
		ret->group = nla_get_u32(attributes[IFLA_GROUP]);
	ret->up = head->ifi_flags & IFF_UP;
	ret->index = (uint32_t)head->ifi_index;
	return 0;
}

static int link_take(struct nlmsghdr *message, void *into)
{
	return rtnetlink_link_parse(message, into);
}

/* By index, or where that is 0 by name. */
static int link_get(struct rtnetlink *rt, uint32_t index, const char *name, struct link *ret,
		    struct ack *ret_ack)
{
	const struct ifinfomsg head = {.ifi_index = (int)index};
	const struct rtnetlink_sink sink = {.take = link_take, .into = ret};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETLINK, 0, &head, sizeof(head));

	*ret = (struct link){0};
	*ret_ack = (struct ack){.error = ENOMEM};
	if (!message || nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
	    (!index && nla_put_string(message, IFLA_IFNAME, name) < 0))
		return -ENOMEM;

	int r = rtnetlink_talk(rt, message, &sink, ret_ack);
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

struct link_list {
	struct link_vec *links;
	const char *kind;
};

static int link_take_kind(struct nlmsghdr *message, void *into)
{
	const struct link_list *list = into;
	struct link seen;
	int r = rtnetlink_link_parse(message, &seen);

	if (r < 0 || strcmp(seen.kind, list->kind) != 0)
		return r;

	struct link *copy = vec_push(list->links);
	if (!copy)
		return -ENOMEM;
	*copy = seen;
	return 0;
}

int rtnetlink_link_list(struct rtnetlink *rt, const char *kind, struct link_vec *ret,
			struct diag *d)
{
	const struct ifinfomsg head = {0};
	struct link_list list = {.links = ret, .kind = kind};
	const struct rtnetlink_sink sink = {
		.take = link_take_kind, .into = &list, .len = &ret->len};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head));
	struct ack ack;

	if (!message || nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
		return diag_no_memory(d);
	if (rtnetlink_talk(rt, message, &sink, &ack) < 0)
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
	_cleanup_(link_free_at) struct rtnl_link *link = NULL;
	_cleanup_message_ struct nl_msg *message = NULL;
	struct ack ack;

	/* rtnl_link_set_name() would cut it. */
	if (strlen(name) >= IFNAMSIZ)
		return diag_fail(d, ENAMETOOLONG, "cannot add link %s", name);
	link = rtnl_link_alloc();
	if (!link)
		return diag_no_memory(d);
	rtnl_link_set_name(link, name);
	if (rtnl_link_set_type(link, kind) < 0 ||
	    rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &message) < 0)
		return diag_no_memory(d);
	if (rtnetlink_talk(rt, message, NULL, &ack) < 0)
		return ack_fail(d, &ack, "add link %s of kind %s", name, kind);
	return 0;
}

int rtnetlink_link_del(struct rtnetlink *rt, uint32_t index, struct diag *d)
{
	_cleanup_(link_free_at) struct rtnl_link *link = rtnl_link_alloc();
	_cleanup_message_ struct nl_msg *message = NULL;
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (!link)
		return diag_no_memory(d);
	rtnl_link_set_ifindex(link, (int)index);
	if (rtnl_link_build_delete_request(link, &message) < 0)
		return diag_no_memory(d);
	if (rtnetlink_talk(rt, message, NULL, &ack) < 0) {
		rtnetlink_link_text(index, text);
		return ack_fail(d, &ack, "delete link %s", text);
	}
	return 0;
}

/* By hand: libnl would send RTM_SETLINK. */
static int link_set(struct rtnetlink *rt, const struct ifinfomsg *head, uint32_t mtu,
		    struct diag *d)
{
	const char *state = !head->ifi_change ? ""
			    : head->ifi_flags ? " and state up"
					      : " and state down";
	uint32_t index = (uint32_t)head->ifi_index;
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_NEWLINK, 0, head, sizeof(*head));
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	if (!message || nla_put_u32(message, IFLA_MTU, mtu) < 0)
		return diag_no_memory(d);
	if (rtnetlink_talk(rt, message, NULL, &ack) < 0) {
		rtnetlink_link_text(index, text);
		return ack_fail(d, &ack, "set MTU %u%s on link %s", mtu, state, text);
	}
	return 0;
}

int rtnetlink_link_up(struct rtnetlink *rt, uint32_t index, uint32_t mtu, struct diag *d)
{
	const struct ifinfomsg head = {
		.ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	return link_set(rt, &head, mtu, d);
}

int rtnetlink_link_down(struct rtnetlink *rt, uint32_t index, uint32_t mtu, struct diag *d)
{
	const struct ifinfomsg head = {.ifi_index = (int)index, .ifi_change = IFF_UP};

	return link_set(rt, &head, mtu, d);
}

int rtnetlink_link_mtu(struct rtnetlink *rt, uint32_t index, uint32_t mtu, struct diag *d)
{
	const struct ifinfomsg head = {.ifi_index = (int)index};

	return link_set(rt, &head, mtu, d);
}
