// SPDX-License-Identifier: GPL-2.0-or-later
// The parsers of rtnetlink's answers: which rules are ours, and messages that are damaged.
#include "damage.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A rule as the kernel lists it. */
static struct nl_msg *rule_listed(uint32_t flags, uint32_t table, uint32_t mark, uint32_t mask,
				  uint32_t suppress)
{
	const struct fib_rule_hdr head = {.family = AF_INET,
					  .table = (uint8_t)table,
					  .action = FR_ACT_TO_TBL,
					  .flags = flags};
	struct nl_msg *m = rtnetlink_message(RTM_NEWRULE, 0, &head, sizeof(head));

	assert_non_null(m);
	nla_put_u32(m, FRA_TABLE, table);
	nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN, suppress);
	nla_put_u8(m, FRA_PROTOCOL, RTPROT_KERNEL);
	nla_put_u32(m, FRA_PRIORITY, 32765);
	if (mark)
		nla_put_u32(m, FRA_FWMARK, mark);
	if (mark || mask)
		nla_put_u32(m, FRA_FWMASK, mask);
	return m;
}

static bool is_exact(struct nl_msg *m)
{
	struct rtnetlink_rule_seen seen;

	assert_int_equal(rtnetlink_rule_parse(nlmsg_hdr(m), &seen), 0);
	return seen.rule.exact;
}

static void the_two_forms(void **state)
{
	static const struct {
		uint32_t flags, table, mark, mask, suppress;
		bool exact;
	} cases[] = {
		{FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u, true},
		{FIB_RULE_INVERT, 200, 200, ~0u, ~0u, true},
		{0, RT_TABLE_MAIN, 0, 0, 0, true},
		{0, 51820, 51820, ~0u, ~0u, false},
		{FIB_RULE_INVERT, 51820, 51820, 0xffff, ~0u, false},
		{FIB_RULE_INVERT, 51821, 51820, ~0u, ~0u, false},
		{FIB_RULE_INVERT, 51820, 51820, ~0u, 0, false},
		{FIB_RULE_INVERT | FIB_RULE_FIND_SADDR, 51820, 51820, ~0u, ~0u, false},
		{FIB_RULE_INVERT, RT_TABLE_MAIN, 0, 0, 0, false},
		{0, RT_TABLE_MAIN, 0, ~0u, 0, false},
		{0, RT_TABLE_MAIN, 0, 0, 1, false},
		{0, RT_TABLE_MAIN, 0, 0, ~0u, false},
		{0, 51820, 0, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_message_ struct nl_msg *m =
			rule_listed(cases[i].flags, cases[i].table, cases[i].mark, cases[i].mask,
				    cases[i].suppress);

		if (is_exact(m) != cases[i].exact)
			fail_msg("case %zu", i);
	}
}

/* Whatever selector the kernel may have, and those that it does not have yet. */
static void any_other_selector(void **state)
{
	(void)state;
	for (int type = 0; type < 64; type++) {
		_cleanup_message_ struct nl_msg *m =
			rule_listed(FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u);
		bool known = type == FRA_TABLE || type == FRA_SUPPRESS_PREFIXLEN ||
			     type == FRA_PROTOCOL || type == FRA_PRIORITY || type == FRA_FWMARK ||
			     type == FRA_FWMASK;

		if (known)
			continue;
		nla_put_u32(m, type, 1);
		if (is_exact(m))
			fail_msg("attribute %d", type);
	}
	for (size_t at = offsetof(struct fib_rule_hdr, dst_len); at < 4; at++) {
		_cleanup_message_ struct nl_msg *m =
			rule_listed(FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u);

		((uint8_t *)nlmsg_data(nlmsg_hdr(m)))[at] = 8;
		assert_false(is_exact(m));
	}
}

static struct nl_msg *link_listed(void)
{
	const struct ifinfomsg head = {.ifi_index = 3, .ifi_flags = IFF_UP};
	struct nl_msg *m = rtnetlink_message(RTM_NEWLINK, 0, &head, sizeof(head));

	nla_put_string(m, IFLA_IFNAME, "wg0");
	nla_put_u32(m, IFLA_MTU, 1420);
	struct nlattr *nest = nla_nest_start(m, IFLA_LINKINFO);
	nla_put_string(m, IFLA_INFO_KIND, "wireguard");
	nla_nest_end(m, nest);
	return m;
}

static struct nl_msg *addr_listed(void)
{
	const struct ifaddrmsg head = {.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = 3};
	static const uint8_t own[16] = {0xfd, 1}, peer[16] = {0xfd, 2};
	struct nl_msg *m = rtnetlink_message(RTM_NEWADDR, 0, &head, sizeof(head));

	nla_put(m, IFA_ADDRESS, 16, peer);
	nla_put(m, IFA_LOCAL, 16, own);
	nla_put_u8(m, 11, 2);
	return m;
}

static struct nl_msg *route_listed(void)
{
	const struct rtmsg head = {
		.rtm_family = AF_INET, .rtm_dst_len = 8, .rtm_type = RTN_UNICAST};
	static const uint8_t dst[4] = {10};
	struct nl_msg *m = rtnetlink_message(RTM_NEWROUTE, 0, &head, sizeof(head));

	nla_put_u32(m, RTA_TABLE, 51820);
	nla_put(m, RTA_DST, 4, dst);
	nla_put_u32(m, RTA_OIF, 3);
	struct nlattr *nest = nla_nest_start(m, RTA_METRICS);
	nla_put_u32(m, RTAX_MTU, 1320);
	nla_nest_end(m, nest);
	return m;
}

static struct nl_msg *tunnel_listed(void)
{
	return rule_listed(FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u);
}

static void whole_messages(void **state)
{
	_cleanup_message_ struct nl_msg *of_link = link_listed(), *of_addr = addr_listed(),
					*of_route = route_listed();
	struct link link;
	struct rtnetlink_addr_seen addr;
	struct rtnetlink_route_seen route;

	(void)state;
	assert_int_equal(rtnetlink_link_parse(nlmsg_hdr(of_link), &link), 0);
	assert_string_equal(link.name, "wg0");
	assert_string_equal(link.kind, "wireguard");
	assert_true(link.up && link.mtu == 1420 && link.index == 3);
	assert_int_equal(rtnetlink_addr_parse(nlmsg_hdr(of_addr), &addr), 0);
	assert_int_equal(addr.addr.prefix.addr.bytes[1], 1);
	assert_int_equal(addr.addr.protocol, 2);
	assert_int_equal(rtnetlink_route_parse(nlmsg_hdr(of_route), &route), 0);
	assert_true(route.table == 51820 && route.oif == 3 && route.mtu == 1320 && route.plain);
}

static int link_take(struct nlmsghdr *m)
{
	struct link link;

	return rtnetlink_link_parse(m, &link);
}

static int addr_take(struct nlmsghdr *m)
{
	struct rtnetlink_addr_seen seen;
	int r = rtnetlink_addr_parse(m, &seen);

	assert_true(r < 0 || seen.addr.prefix.len <= 128);
	return r;
}

static int route_take(struct nlmsghdr *m)
{
	struct rtnetlink_route_seen seen;
	int r = rtnetlink_route_parse(m, &seen);

	assert_true(r < 0 || seen.prefix.len <= 128);
	return r;
}

static int rule_take(struct nlmsghdr *m)
{
	struct rtnetlink_rule_seen seen;

	return rtnetlink_rule_parse(m, &seen);
}

static void damaged_messages(void **state)
{
	static const struct {
		struct nl_msg *(*make)(void);
		damage_take *take;
	} kinds[] = {{link_listed, link_take},
		     {addr_listed, addr_take},
		     {route_listed, route_take},
		     {tunnel_listed, rule_take}};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_message_ struct nl_msg *m = kinds[i].make();

		damage_every_way(kinds[i].take, nlmsg_hdr(m));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_forms),
		cmocka_unit_test(any_other_selector),
		cmocka_unit_test(whole_messages),
		cmocka_unit_test(damaged_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
