// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses of links over rtnetlink: listing, adding, deleting.
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* linux/if_addr.h has it since Linux 5.18; the build must do with older headers. */
enum { IFA_PROTO_SINCE_5_18 = 11, IFA_KNOWN = 11 };

int rtnetlink_address_parse(const struct nlattr *attribute, uint8_t family, struct addr *ret)
{
	*ret = (struct addr){.family = family};

	size_t n = addr_bits(ret) / 8;
	if (mnl_attr_get_payload_len(attribute) != n)
		return -EPROTO;
	memcpy(ret->bytes, mnl_attr_get_payload(attribute), n);
	return 0;
}

int rtnetlink_addr_parse(const struct nlmsghdr *message, struct link_addr *ret)
{
	static const uint8_t least[IFA_KNOWN + 1] = {[IFA_PROTO_SINCE_5_18] = 1};
	const struct nlattr *attributes[IFA_KNOWN + 1];

	*ret = (struct link_addr){0};
	if (message->nlmsg_type != RTM_NEWADDR ||
	    netlink_sort(message, sizeof(struct ifaddrmsg),
			 &(struct netlink_table){attributes, least, IFA_KNOWN}) < 0)
		return -EPROTO;

	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
	ret->prefix.addr.family = head->ifa_family;
	if (head->ifa_family != AF_INET && head->ifa_family != AF_INET6)
		return 0;

	/* With a peer, IFA_ADDRESS is the peer's. */
	const struct nlattr *own =
		attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (!own || rtnetlink_address_parse(own, head->ifa_family, &ret->prefix.addr) < 0 ||
	    head->ifa_prefixlen > addr_bits(&ret->prefix.addr))
		return -EPROTO;
	ret->prefix.len = head->ifa_prefixlen;
	ret->scope = head->ifa_scope;
	if (attributes[IFA_PROTO_SINCE_5_18])
		ret->protocol = mnl_attr_get_u8(attributes[IFA_PROTO_SINCE_5_18]);
	ret->index = head->ifa_index;
	return 0;
}

struct addr_list {
	struct link_addr_vec *addrs;
	uint32_t index;
	uint8_t family;
};

/* As rtnetlink_addr_dump() asks. */
static int addr_take(const struct nlmsghdr *message, void *into)
{
	const struct addr_list *list = into;
	struct link_addr seen;
	int r = rtnetlink_addr_parse(message, &seen);

	if (r < 0 || (list->index && seen.index != list->index) ||
	    seen.prefix.addr.family != list->family)
		return r;

	struct link_addr *a = vec_push(list->addrs);
	if (!a)
		return -ENOMEM;
	*a = seen;
	return 0;
}

int rtnetlink_addr_dump(struct rtnetlink *rt, uint8_t family, uint32_t index,
			const struct netlink_sink *sink, struct ack *ret_ack)
{
	const struct ifaddrmsg head = {.ifa_family = family, .ifa_index = index};
	struct rtnetlink_message message;
	struct nlmsghdr *m =
		rtnetlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
	int r = netlink_talk(rt->netlink, m, sink, ret_ack);

	/* No such link, no such family: no addresses. */
	return r == -ENODEV || r == -EAFNOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}

int rtnetlink_addr_list(struct rtnetlink *rt, uint32_t index, struct link_addr_vec *ret,
			struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	for (size_t i = 0; i < sizeof(families); i++) {
		struct addr_list list = {.addrs = ret, .index = index, .family = families[i]};
		const struct netlink_sink sink = {
			.take = addr_take, .into = &list, .len = &ret->len};

		if (rtnetlink_addr_dump(rt, families[i], index, &sink, &ack) < 0) {
			rtnetlink_link_text(index, text);
			return index ? ack_fail(d, &ack, "list the addresses of link %s", text)
				     : ack_fail(d, &ack, "list the addresses of this host");
		}
	}
	return 0;
}

static int addr_change(struct rtnetlink *rt, int type, uint32_t index, const struct link_addr *a,
		       struct diag *d)
{
	const struct addr *addr = &a->prefix.addr;
	/* iproute2's default_scope() (ip/ipaddress.c) for an address without one. */
	bool of_host =
		a->scope == RT_SCOPE_UNIVERSE && addr->family == AF_INET && addr->bytes[0] == 127;
	const struct ifaddrmsg head = {.ifa_family = addr->family,
				       .ifa_prefixlen = a->prefix.len,
				       .ifa_scope = of_host ? RT_SCOPE_HOST : a->scope,
				       .ifa_index = index};
	int flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct rtnetlink_message message;
	struct nlmsghdr *m = rtnetlink_begin(&message, type, flags, &head, sizeof(head));
	char address[PREFIX_TEXT_MAX], link[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	mnl_attr_put(m, IFA_LOCAL, addr_bits(addr) / 8, addr->bytes);
	mnl_attr_put(m, IFA_ADDRESS, addr_bits(addr) / 8, addr->bytes);
	if (netlink_talk(rt->netlink, m, NULL, &ack) < 0) {
		prefix_format(&a->prefix, address);
		rtnetlink_link_text(index, link);
		return ack_fail(d, &ack, "%s address %s on link %s",
				type == RTM_NEWADDR ? "add" : "delete", address, link);
	}
	return 0;
}

int rtnetlink_addr_add(struct rtnetlink *rt, uint32_t index, const struct link_addr *a,
		       struct diag *d)
{
	return addr_change(rt, RTM_NEWADDR, index, a, d);
}

int rtnetlink_addr_del(struct rtnetlink *rt, uint32_t index, const struct link_addr *a,
		       struct diag *d)
{
	return addr_change(rt, RTM_DELADDR, index, a, d);
}
