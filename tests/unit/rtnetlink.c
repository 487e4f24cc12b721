// SPDX-License-Identifier: GPL-2.0-or-later
// The parsers of rtnetlink's answers: whole messages, which rules are ours, and damaged ones.
#include "damage.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A message in the making, in memory of its own. */
static struct nlmsghdr *message_begin(uint16_t type, const void *head, size_t n)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(calloc(1, 4096));

	m->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(m, n), head, n);
	return m;
}

/* A rule as the kernel lists it. */
static struct nlmsghdr *tunnel_rule(uint32_t flags, uint32_t table, uint32_t mark, uint32_t mask,
				    uint32_t suppress)
{
	const struct fib_rule_hdr head = {.family = AF_INET,
					  .table = (uint8_t)table,
					  .action = FR_ACT_TO_TBL,
					  .flags = flags};
	struct nlmsghdr *m = message_begin(RTM_NEWRULE, &head, sizeof(head));

	mnl_attr_put_u32(m, FRA_TABLE, table);
	mnl_attr_put_u32(m, FRA_SUPPRESS_PREFIXLEN, suppress);
	mnl_attr_put_u8(m, FRA_PROTOCOL, RTPROT_KERNEL);
	mnl_attr_put_u32(m, FRA_PRIORITY, 32765);
	if (mark)
		mnl_attr_put_u32(m, FRA_FWMARK, mark);
	if (mark || mask)
		mnl_attr_put_u32(m, FRA_FWMASK, mask);
	return m;
}

/* What is not a rule at all is none of ours either. */
static bool is_exact(struct nlmsghdr *m)
{
	struct policy_rule seen;
	struct rule rule;

	if (rtnetlink_rule_parse(m, &seen) < 0)
		return false;
	policy_rule_narrow(&seen, &rule);
	return rule.exact;
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
		_cleanup_free_ struct nlmsghdr *m =
			tunnel_rule(cases[i].flags, cases[i].table, cases[i].mark, cases[i].mask,
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
		_cleanup_free_ struct nlmsghdr *m =
			tunnel_rule(FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u);
		bool known = type == FRA_TABLE || type == FRA_SUPPRESS_PREFIXLEN ||
			     type == FRA_PROTOCOL || type == FRA_PRIORITY || type == FRA_FWMARK ||
			     type == FRA_FWMASK || type == FRA_PAD;
		/* An address selects by its length in the header, which is tried below. */
		bool address = type == FRA_DST || type == FRA_SRC;

		if (known || address)
			continue;
		mnl_attr_put_u32(m, (uint16_t)type, 1);
		if (is_exact(m))
			fail_msg("attribute %d", type);
	}
	for (size_t at = offsetof(struct fib_rule_hdr, dst_len); at < 4; at++) {
		_cleanup_free_ struct nlmsghdr *m =
			tunnel_rule(FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u);

		((uint8_t *)mnl_nlmsg_get_payload(m))[at] = 8;
		assert_false(is_exact(m));
	}
}

static struct nlmsghdr *link_listed(void)
{
	const struct ifinfomsg head = {.ifi_index = 3, .ifi_flags = IFF_UP};
	struct nlmsghdr *m = message_begin(RTM_NEWLINK, &head, sizeof(head));

	mnl_attr_put_strz(m, IFLA_IFNAME, "wg0");
	mnl_attr_put_u32(m, IFLA_MTU, 1420);
	struct nlattr *nest = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "wireguard");
	mnl_attr_nest_end(m, nest);
	return m;
}

static struct nlmsghdr *addr_listed(void)
{
	const struct ifaddrmsg head = {.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = 3};
	static const uint8_t own[16] = {0xfd, 1}, peer[16] = {0xfd, 2};
	struct nlmsghdr *m = message_begin(RTM_NEWADDR, &head, sizeof(head));

	mnl_attr_put(m, IFA_ADDRESS, 16, peer);
	mnl_attr_put(m, IFA_LOCAL, 16, own);
	mnl_attr_put_u8(m, 11, 2);
	return m;
}

static struct nlmsghdr *route_listed(void)
{
	const struct rtmsg head = {
		.rtm_family = AF_INET, .rtm_dst_len = 8, .rtm_type = RTN_UNICAST};
	static const uint8_t dst[4] = {10};
	struct nlmsghdr *m = message_begin(RTM_NEWROUTE, &head, sizeof(head));

	mnl_attr_put_u32(m, RTA_TABLE, 51820);
	mnl_attr_put(m, RTA_DST, 4, dst);
	mnl_attr_put_u32(m, RTA_OIF, 3);
	struct nlattr *nest = mnl_attr_nest_start(m, RTA_METRICS);
	mnl_attr_put_u32(m, RTAX_MTU, 1320);
	mnl_attr_nest_end(m, nest);
	return m;
}

static struct nlmsghdr *tunnel_listed(void)
{
	return tunnel_rule(FIB_RULE_INVERT, 51820, 51820, ~0u, ~0u);
}

static void whole_messages(void **state)
{
	_cleanup_free_ struct nlmsghdr *of_link = link_listed(), *of_addr = addr_listed(),
				       *of_route = route_listed();
	struct link link;
	struct link_addr addr;
	struct policy_route route;
	struct route_group group;

	(void)state;
	assert_int_equal(rtnetlink_link_parse(of_link, &link), 0);
	assert_string_equal(link.name, "wg0");
	assert_string_equal(link.kind, "wireguard");
	assert_true(link.up && link.mtu == 1420 && link.index == 3);
	assert_int_equal(rtnetlink_addr_parse(of_addr, &addr), 0);
	assert_int_equal(addr.prefix.addr.bytes[1], 1);
	assert_int_equal(addr.protocol, 2);
	assert_int_equal(rtnetlink_route_parse(of_route, &route), 0);
	assert_true(route.table == 51820 && policy_route_oif(&route) == 3 && route.mtu == 1320);
	assert_true(policy_route_is_plain(&route) && !policy_route_narrow(&route, &group));
}

/* A rule with every selector that there is in linux/fib_rules.h. */
static struct nlmsghdr *rule_listed(void)
{
	static const uint8_t to[] = {10, 0, 0, 0}, from[] = {192, 0, 2, 0};
	const struct fib_rule_hdr head = {.family = AF_INET,
					  .dst_len = 8,
					  .src_len = 24,
					  .tos = 0x10,
					  .action = FR_ACT_TO_TBL,
					  .flags = FIB_RULE_INVERT};
	const struct fib_rule_uid_range users = {.start = 7, .end = 9};
	const struct fib_rule_port_range ports = {.start = 50, .end = 60};
	struct nlmsghdr *m = message_begin(RTM_NEWRULE, &head, sizeof(head));

	mnl_attr_put(m, FRA_DST, sizeof(to), to);
	mnl_attr_put(m, FRA_SRC, sizeof(from), from);
	mnl_attr_put_strz(m, FRA_IIFNAME, "lo");
	mnl_attr_put_strz(m, FRA_OIFNAME, "an-interface-15");
	mnl_attr_put_u32(m, FRA_TABLE, 51820);
	mnl_attr_put_u32(m, FRA_PRIORITY, 100);
	mnl_attr_put_u32(m, FRA_FWMARK, 3);
	mnl_attr_put_u32(m, FRA_FWMASK, 0xff);
	mnl_attr_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
	mnl_attr_put_u32(m, FRA_SUPPRESS_IFGROUP, ~0u);
	mnl_attr_put(m, FRA_UID_RANGE, sizeof(users), &users);
	mnl_attr_put_u8(m, FRA_IP_PROTO, 17);
	mnl_attr_put(m, FRA_DPORT_RANGE, sizeof(ports), &ports);
	mnl_attr_put_u8(m, FRA_L3MDEV, 1);
	mnl_attr_put_u8(m, FRA_PROTOCOL, RTPROT_KERNEL);
	return m;
}

static void every_selector(void **state)
{
	_cleanup_free_ struct nlmsghdr *m = rule_listed();
	_cleanup_buf_ struct buf text = {0};
	struct policy_rule rule;

	(void)state;
	assert_int_equal(rtnetlink_rule_parse(m, &rule), 0);
	assert_false(rule.unknown);
	assert_false(rule.has_suppress_group);
	policy_rule_format(&rule, &text);
	assert_string_equal(buf_text(&text),
			    "not from 192.0.2.0/24 to 10.0.0.0/8 tos 0x10 fwmark 0x3/0xff iif lo "
			    "oif an-interface-15 l3mdev uidrange 7-9 ipproto udp dport 50-60 "
			    "lookup [l3mdev-table] suppress_prefixlength 0");
}

static void a_selector_of_the_future(void **state)
{
	_cleanup_free_ struct nlmsghdr *m = rule_listed();
	struct policy_rule rule;

	(void)state;
	mnl_attr_put_u32(m, 200, 1);
	assert_int_equal(rtnetlink_rule_parse(m, &rule), 0);
	assert_true(rule.unknown);
}

/* Of `count` ways, every second through a gateway; the first is dead. */
static struct nlmsghdr *route_of(unsigned count)
{
	static const uint8_t to[] = {10, 1, 0, 0}, gateway[] = {192, 0, 2, 2};
	const struct rtmsg head = {.rtm_family = AF_INET,
				   .rtm_dst_len = 16,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_type = RTN_UNICAST};
	struct nlmsghdr *m = message_begin(RTM_NEWROUTE, &head, sizeof(head));

	mnl_attr_put(m, RTA_DST, sizeof(to), to);
	mnl_attr_put_u32(m, RTA_TABLE, RT_TABLE_MAIN);
	mnl_attr_put_u32(m, RTA_PRIORITY, 5);
	struct nlattr *hops = mnl_attr_nest_start(m, RTA_MULTIPATH);
	for (unsigned i = 0; i < count; i++) {
		struct rtnexthop *hop = mnl_nlmsg_put_extra_header(m, sizeof(*hop));

		*hop = (struct rtnexthop){.rtnh_len = sizeof(*hop),
					  .rtnh_ifindex = (int)i + 1,
					  .rtnh_flags = i == 0 ? RTNH_F_DEAD : 0};
		if (i % 2) {
			mnl_attr_put(m, RTA_GATEWAY, sizeof(gateway), gateway);
			hop->rtnh_len += NLA_HDRLEN + sizeof(gateway);
		}
	}
	mnl_attr_nest_end(m, hops);
	return m;
}

static struct nlmsghdr *multipath_listed(void)
{
	return route_of(3);
}

static void every_hop(void **state)
{
	_cleanup_free_ struct nlmsghdr *few = route_of(2), *many = route_of(40);
	_cleanup_buf_ struct buf text = {0};
	struct policy_route route;

	(void)state;
	assert_int_equal(rtnetlink_route_parse(few, &route), 0);
	policy_route_format(&route, &text);
	assert_string_equal(buf_text(&text),
			    "10.1.0.0/16 nexthop dead, nexthop via 192.0.2.2 metric 5");
	assert_int_equal(route.hops[1].oif, 2);

	assert_int_equal(rtnetlink_route_parse(many, &route), 0);
	assert_int_equal(route.hop_count, 40);
	assert_int_equal(route.hops[POLICY_HOPS_MAX - 1].oif, POLICY_HOPS_MAX);
}

static int link_take(struct nlmsghdr *m)
{
	struct link link;

	return rtnetlink_link_parse(m, &link);
}

static int addr_take(struct nlmsghdr *m)
{
	struct link_addr seen;
	int r = rtnetlink_addr_parse(m, &seen);

	assert_true(r < 0 || seen.prefix.len <= 128);
	return r;
}

static int route_take(struct nlmsghdr *m)
{
	struct policy_route seen;
	int r = rtnetlink_route_parse(m, &seen);

	assert_true(r < 0 || (seen.to.len <= 128 && seen.from.len <= 128));
	return r;
}

static int rule_take(struct nlmsghdr *m)
{
	struct policy_rule seen;

	return rtnetlink_rule_parse(m, &seen);
}

static void damaged_messages(void **state)
{
	static const struct {
		struct nlmsghdr *(*make)(void);
		damage_take *take;
	} kinds[] = {{link_listed, link_take},   {addr_listed, addr_take},
		     {route_listed, route_take}, {multipath_listed, route_take},
		     {tunnel_listed, rule_take}, {rule_listed, rule_take}};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_free_ struct nlmsghdr *m = kinds[i].make();

		damage_every_way(kinds[i].take, m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_forms),
		cmocka_unit_test(any_other_selector),
		cmocka_unit_test(whole_messages),
		cmocka_unit_test(every_selector),
		cmocka_unit_test(a_selector_of_the_future),
		cmocka_unit_test(every_hop),
		cmocka_unit_test(damaged_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
