// SPDX-License-Identifier: GPL-2.0-or-later
// What changes of links, addresses, routes, rules and next hops.
#include "wgq/kernel/rtnetlink/notices.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* linux/if.h has them, but cannot be included beside net/if.h. */
#define FLAG_LOWER_UP 0x10000

int rtnetlink_notices_open(struct notices *n)
{
	static const uint32_t groups[] = {
		RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE,   RTNLGRP_NEXTHOP,
	};

	return notices_open(n, NETLINK_ROUTE, groups, sizeof(groups) / sizeof(groups[0]));
}

int rtnetlink_replaced_open(struct notices *n)
{
	enum { QUEUE = 16 << 20 };
	static const uint32_t groups[] = {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_REPLACE), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	int r = notices_open(n, NETLINK_ROUTE, groups, sizeof(groups) / sizeof(groups[0]));

	if (r == 0)
		r = notices_filter(n, program, sizeof(program) / sizeof(program[0]));
	if (r < 0)
		notices_release(n);
	else
		notices_grow(n, QUEUE);
	return r;
}

/* A program of classic BPF in the making: linear, since each check either ends it or goes on behind
 * itself, so that no jump is long. Loads are in network order
 * (Documentation/networking/filter.rst).
 */
enum { PROGRAM_MAX = 4096, PASS = -1, DROP = 0 };
struct program {
	struct sock_filter at[PROGRAM_MAX];
	size_t len;
};

static void add(struct program *p, unsigned code, uint32_t k)
{
	p->at[p->len++] = (struct sock_filter)BPF_STMT((uint16_t)code, k);
}

/* Ends the program with the verdict if the comparison with k is as expected. */
static void end_if(struct program *p, bool expected, unsigned how, uint32_t k, int verdict)
{
	p->at[p->len++] = (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | how | BPF_K), k,
						       expected ? 0 : 1, expected ? 1 : 0);
	add(p, BPF_RET | BPF_K, (uint32_t)verdict);
}

/* A: the offset of a route's attribute; 0: it has none. */
static void find_attribute(struct program *p, uint32_t type)
{
	add(p, BPF_LD | BPF_IMM, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtmsg)));
	add(p, BPF_LDX | BPF_IMM, type);
	add(p, BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_NLATTR));
}

static void pass_other_types(struct program *p)
{
	add(p, BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN);
	end_if(p, true, BPF_JEQ, AF_BRIDGE, DROP);
	add(p, BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type));
	/* The next instruction, and the one behind it, are passed over by a new route. */
	p->at[p->len++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 2, 0);
	end_if(p, false, BPF_JEQ, htons(RTM_DELROUTE), PASS);
}

/* A route without a link has several, or none: those are few. */
static void pass_links(struct program *p, const struct rtnetlink_concern *concern)
{
	find_attribute(p, RTA_OIF);
	end_if(p, true, BPF_JEQ, 0, PASS);
	add(p, BPF_MISC | BPF_TAX, 0);
	add(p, BPF_LD | BPF_W | BPF_IND, sizeof(struct nlattr));
	for (size_t i = 0; i < concern->link_count; i++)
		end_if(p, true, BPF_JEQ, htonl(concern->links[i]), PASS);
}

enum { SLOT_SHIFT, SLOT_TO };

/* X: the mask of the first 32 bits of the route's prefix; SLOT_TO: these bits. Default routes
 * concern everybody. */
static void load_prefix(struct program *p)
{
	add(p, BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len));
	end_if(p, true, BPF_JEQ, 0, PASS);
	p->at[p->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 32, 0, 1);
	add(p, BPF_LD | BPF_IMM, 32);
	add(p, BPF_MISC | BPF_TAX, 0);
	add(p, BPF_LD | BPF_IMM, 32);
	add(p, BPF_ALU | BPF_SUB | BPF_X, 0);
	add(p, BPF_ST, SLOT_SHIFT);
	find_attribute(p, RTA_DST);
	end_if(p, true, BPF_JEQ, 0, PASS);
	add(p, BPF_MISC | BPF_TAX, 0);
	add(p, BPF_LD | BPF_W | BPF_IND, sizeof(struct nlattr));
	add(p, BPF_ST, SLOT_TO);
	add(p, BPF_LDX | BPF_MEM, SLOT_SHIFT);
	add(p, BPF_LD | BPF_IMM, UINT32_MAX);
	add(p, BPF_ALU | BPF_LSH | BPF_X, 0);
	add(p, BPF_MISC | BPF_TAX, 0);
}

static uint32_t first_word(const struct addr *a)
{
	uint32_t word;

	memcpy(&word, a->bytes, sizeof(word));
	return ntohl(word);
}

/* The first 32 bits decide, of either family: what passes too many is looked at again. */
static bool pass_ways(struct program *p, const struct addr_vec *addrs)
{
	/* Of each: five instructions. The last one, of all, drops. */
	if (addrs->len > (PROGRAM_MAX - p->len - 1) / 5)
		return false;
	vec_each(addr, addrs) {
		add(p, BPF_LD | BPF_MEM, SLOT_TO);
		add(p, BPF_ALU | BPF_XOR | BPF_K, first_word(addr));
		add(p, BPF_ALU | BPF_AND | BPF_X, 0);
		end_if(p, true, BPF_JEQ, 0, PASS);
	}
	return true;
}

int rtnetlink_notices_filter(struct notices *n, const struct rtnetlink_concern *concern)
{
	_cleanup_free_ struct program *p = mem_calloc(1, sizeof(*p));
	bool fits;

	if (!p)
		return -ENOMEM;
	pass_other_types(p);
	fits = concern->link_count < PROGRAM_MAX / 4;
	if (fits) {
		pass_links(p, concern);
		load_prefix(p);
		fits = pass_ways(p, concern->addrs);
	}
	add(p, BPF_RET | BPF_K, (uint32_t)(fits ? DROP : PASS));
	int r = notices_filter(n, p->at, p->len);
	if (r != -ENOMEM)
		return r;
	/* Larger than net.core.optmem_max, which was 20 KiB before Linux 6.9. The former program
	 * must not stay: it does not know what concerns us now. */
	p->len = 0;
	add(p, BPF_RET | BPF_K, (uint32_t)PASS);
	return notices_filter(n, p->at, p->len);
}

static int link_parse(const struct nlmsghdr *message, struct rtnetlink_notice *ret)
{
	const struct nlattr *attributes[IFLA_MAX + 1];
	static const uint8_t least[IFLA_MAX + 1] = {[IFLA_IFNAME] = 1, [IFLA_MTU] = 4};
	const struct netlink_table table = {attributes, least, IFLA_MAX};
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
	int r = netlink_sort(message, sizeof(*head), &table);

	if (r < 0)
		return r;
	ret->index = (uint32_t)head->ifi_index;
	ret->link.up = head->ifi_flags & IFF_UP;
	ret->link.carries = ret->link.up && head->ifi_flags & FLAG_LOWER_UP;
	ret->link.moved = ret->gone && attributes[IFLA_NEW_IFINDEX];
	if (attributes[IFLA_IFNAME])
		netlink_text(attributes[IFLA_IFNAME], ret->link.name, sizeof(ret->link.name));
	if (attributes[IFLA_MTU])
		ret->link.mtu = mnl_attr_get_u32(attributes[IFLA_MTU]);
	return 0;
}

static int addr_parse_index(const struct nlmsghdr *message, uint32_t *ret)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*head))
		return -EPROTO;
	*ret = head->ifa_index;
	return 0;
}

void rtnetlink_notice_parse(const struct nlmsghdr *message, struct rtnetlink_notice *ret)
{
	int r = 0;

	*ret = (struct rtnetlink_notice){.flags = message->nlmsg_flags};
	switch (message->nlmsg_type) {
	case RTM_DELLINK:
	case RTM_NEWLINK:
		ret->kind = NOTICE_LINK;
		ret->gone = message->nlmsg_type == RTM_DELLINK;
		r = link_parse(message, ret);
		break;
	case RTM_DELADDR:
	case RTM_NEWADDR:
		ret->kind = NOTICE_ADDR;
		ret->gone = message->nlmsg_type == RTM_DELADDR;
		r = addr_parse_index(message, &ret->index);
		break;
	case RTM_DELROUTE:
	case RTM_NEWROUTE:
		ret->kind = NOTICE_ROUTE;
		ret->gone = message->nlmsg_type == RTM_DELROUTE;
		r = rtnetlink_route_parse(message, &ret->route);
		break;
	case RTM_DELRULE:
	case RTM_NEWRULE:
		ret->kind = NOTICE_RULE;
		break;
	case RTM_DELNEXTHOP:
	case RTM_NEWNEXTHOP:
		ret->kind = NOTICE_NEXTHOP;
		break;
	default:
		break;
	}
	if (r < 0)
		*ret = (struct rtnetlink_notice){0};
}
