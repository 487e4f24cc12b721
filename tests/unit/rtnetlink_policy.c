// SPDX-License-Identifier: GPL-2.0-or-later
// The parsers of rules and routes of any kind: whole messages, and damaged ones.
#include "damage.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A rule with every selector that there is in linux/fib_rules.h. */
static struct nl_msg *rule_listed(void)
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
	struct nl_msg *m = rtnetlink_message(RTM_NEWRULE, 0, &head, sizeof(head));

	assert_non_null(m);
	nla_put(m, FRA_DST, sizeof(to), to);
	nla_put(m, FRA_SRC, sizeof(from), from);
	nla_put_string(m, FRA_IIFNAME, "lo");
	nla_put_string(m, FRA_OIFNAME, "an-interface-15");
	nla_put_u32(m, FRA_TABLE, 51820);
	nla_put_u32(m, FRA_PRIORITY, 100);
	nla_put_u32(m, FRA_FWMARK, 3);
	nla_put_u32(m, FRA_FWMASK, 0xff);
	nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
	nla_put_u32(m, FRA_SUPPRESS_IFGROUP, ~0u);
	nla_put(m, FRA_UID_RANGE, sizeof(users), &users);
	nla_put_u8(m, FRA_IP_PROTO, 17);
	nla_put(m, FRA_DPORT_RANGE, sizeof(ports), &ports);
	nla_put_u8(m, FRA_L3MDEV, 1);
	nla_put_u8(m, FRA_PROTOCOL, RTPROT_KERNEL);
	return m;
}

static void every_selector(void **state)
{
	_cleanup_message_ struct nl_msg *m = rule_listed();
	_cleanup_buf_ struct buf text = {0};
	struct policy_rule rule;

	(void)state;
	assert_int_equal(rtnetlink_policy_rule_parse(nlmsg_hdr(m), &rule), 0);
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
	_cleanup_message_ struct nl_msg *m = rule_listed();
	struct policy_rule rule;

	(void)state;
	nla_put_u32(m, 200, 1);
	assert_int_equal(rtnetlink_policy_rule_parse(nlmsg_hdr(m), &rule), 0);
	assert_true(rule.unknown);
}

/* Of `count` ways, every second through a gateway; the first is dead. */
static struct nl_msg *route_of(unsigned count)
{
	static const uint8_t to[] = {10, 1, 0, 0}, gateway[] = {192, 0, 2, 2};
	const struct rtmsg head = {.rtm_family = AF_INET,
				   .rtm_dst_len = 16,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_type = RTN_UNICAST};
	struct nl_msg *m = rtnetlink_message(RTM_NEWROUTE, 0, &head, sizeof(head));

	assert_non_null(m);
	nla_put(m, RTA_DST, sizeof(to), to);
	nla_put_u32(m, RTA_TABLE, RT_TABLE_MAIN);
	nla_put_u32(m, RTA_PRIORITY, 5);
	struct nlattr *hops = nla_nest_start(m, RTA_MULTIPATH);
	for (unsigned i = 0; i < count; i++) {
		struct rtnexthop *hop = nlmsg_reserve(m, sizeof(*hop), NLMSG_ALIGNTO);

		*hop = (struct rtnexthop){.rtnh_len = sizeof(*hop),
					  .rtnh_ifindex = (int)i + 1,
					  .rtnh_flags = i == 0 ? RTNH_F_DEAD : 0};
		if (i % 2) {
			nla_put(m, RTA_GATEWAY, sizeof(gateway), gateway);
			hop->rtnh_len += NLA_HDRLEN + sizeof(gateway);
		}
	}
	nla_nest_end(m, hops);
	return m;
}

static struct nl_msg *route_listed(void)
{
	return route_of(3);
}

static void every_hop(void **state)
{
	_cleanup_message_ struct nl_msg *few = route_of(2), *many = route_of(40);
	_cleanup_buf_ struct buf text = {0};
	struct policy_route route;

	(void)state;
	assert_int_equal(rtnetlink_policy_route_parse(nlmsg_hdr(few), &route), 0);
	policy_route_format(&route, &text);
	assert_string_equal(buf_text(&text),
			    "10.1.0.0/16 nexthop dead, nexthop via 192.0.2.2 metric 5");
	assert_int_equal(route.hops[1].oif, 2);

	assert_int_equal(rtnetlink_policy_route_parse(nlmsg_hdr(many), &route), 0);
	assert_int_equal(route.hop_count, 40);
	assert_int_equal(route.hops[POLICY_HOPS_MAX - 1].oif, POLICY_HOPS_MAX);
}

static int rule_take(struct nlmsghdr *m)
{
	struct policy_rule rule;

	return rtnetlink_policy_rule_parse(m, &rule);
}

static int route_take(struct nlmsghdr *m)
{
	struct policy_route route;

	return rtnetlink_policy_route_parse(m, &route);
}

static void damaged_messages(void **state)
{
	static const struct {
		struct nl_msg *(*make)(void);
		damage_take *take;
	} kinds[] = {{rule_listed, rule_take}, {route_listed, route_take}};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_message_ struct nl_msg *m = kinds[i].make();

		damage_every_way(kinds[i].take, nlmsg_hdr(m));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_selector),
		cmocka_unit_test(a_selector_of_the_future),
		cmocka_unit_test(every_hop),
		cmocka_unit_test(damaged_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
