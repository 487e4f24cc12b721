// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel tells by itself, and what the filters keep from us.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "ns.h"
#include "wgq/kernel/nft/notices.h"
#include "wgq/kernel/rtnetlink/notices.h"

static struct notices route_notices, nft_notices;
static struct rtnetlink_notice last;
static char table[IFNAMSIZ];
static unsigned seen, messages, routes;
static bool moved;

static void take_route(const struct nlmsghdr *message, void *into)
{
	struct rtnetlink_notice notice;

	(void)into;
	messages++;
	rtnetlink_notice_parse(message, &notice);
	if (notice.kind == NOTICE_OTHER)
		return;
	seen |= 1U << notice.kind;
	routes += notice.kind == NOTICE_ROUTE;
	last = notice;
	moved |= notice.link.moved;
}

static void take_nft(const struct nlmsghdr *message, void *into)
{
	(void)into;
	messages++;
	if (nft_notice_parse(message, table))
		seen = 1;
}

static unsigned read_all(struct notices *n, bool *ret_lost)
{
	bool lost = false;

	seen = messages = routes = 0;
	assert_int_equal(notices_read(n, n == &nft_notices ? take_nft : take_route, NULL, &lost),
			 0);
	if (ret_lost)
		*ret_lost = lost;
	else
		assert_false(lost);
	return seen;
}

static unsigned after(const char *command)
{
	read_all(&route_notices, NULL);
	ns_run("%s", command);
	return read_all(&route_notices, NULL);
}

/* What comes late by itself, as the links' IPv6 addresses, is not what is tested. */
static void wait_for_addresses(void)
{
	ns_run("until [ $(ip -6 -o addr show scope link -tentative | wc -l) = 4 ]; do sleep 0.1; "
	       "done; "
	       "sleep 0.3");
}

static int setup(void **state)
{
	(void)state;
	ns_fresh_network();
	ns_run("for n in 1 2; do ip link add d$n type veth peer name e$n && ip link set d$n up && "
	       "ip link set e$n up && ip addr add 10.$n.0.1/24 dev d$n && "
	       "ip -6 addr add 2001:db8:$n::1/64 dev d$n nodad || exit; done");
	wait_for_addresses();
	assert_int_equal(rtnetlink_notices_open(&route_notices), 0);
	assert_int_equal(nft_notices_open(&nft_notices), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	notices_release(&route_notices);
	notices_release(&nft_notices);
	return 0;
}

static void each_kind_is_told(void **state)
{
	(void)state;
	assert_int_equal(after("ip link set d1 mtu 1400"), 1 << NOTICE_LINK);
	assert_string_equal(last.link.name, "d1");
	assert_int_equal(last.link.mtu, 1400);
	assert_true(last.link.up && last.link.carries && !last.gone);
	assert_true(after("ip addr add 10.1.0.7/32 dev d1") & 1 << NOTICE_ADDR);
	assert_true(after("ip addr del 10.1.0.7/32 dev d1") & 1 << NOTICE_ADDR);
	assert_int_equal(after("ip route add 10.9.0.0/16 dev d1"), 1 << NOTICE_ROUTE);
	assert_int_equal(last.route.hops[0].oif, if_nametoindex("d1"));
	assert_int_equal(after("ip rule add from 10.9.0.1 table 99"), 1 << NOTICE_RULE);
	assert_int_equal(after("ip -6 rule add from 2001:db8::1 table 99"), 1 << NOTICE_RULE);
	assert_int_equal(after("ip nexthop add id 7 via 10.1.0.9 dev d1"), 1 << NOTICE_NEXTHOP);
	assert_true(after("ip link set d1 down") & 1 << NOTICE_LINK);
	assert_true(after("ip link del d1") & 1 << NOTICE_LINK);
	assert_true(last.gone && !moved);
	ns_private_run();
	ns_run("ip netns add notices");
	assert_true(after("ip link set d2 netns notices") & 1 << NOTICE_LINK);
	assert_true(moved);
	ns_run("ip netns del notices");
}

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	return a;
}

static void concern(size_t many, uint32_t link)
{
	struct addr_vec addrs = {0};
	const struct rtnetlink_concern concern = {&link, 1, &addrs};

	*vec_push(&addrs) = address("192.0.2.7");
	*vec_push(&addrs) = address("2001:db8:5::1");
	while (addrs.len < many)
		*vec_push(&addrs) = address("192.0.2.7");
	assert_int_equal(rtnetlink_notices_filter(&route_notices, &concern), 0);
	vec_release(&addrs);
}

/* Each route, with whether it concerns who looks after d1 and these two endpoints. */
static void routes_elsewhere_are_not_queued(void **state)
{
	static const struct {
		const char *route;
		bool told;
	} cases[] = {
		{"10.9.0.0/16 dev d1", true},
		{"10.9.0.0/16 dev d2", false},
		{"default dev d2", true},
		{"192.0.2.7/32 dev d2", true},
		{"192.0.2.8/32 dev d2", false},
		{"192.0.2.0/24 dev d2", true},
		{"192.0.2.6/31 dev d2", true},
		{"192.0.2.4/31 dev d2", false},
		{"128.0.0.0/1 dev d2", true},
		{"64.0.0.0/2 dev d2", false},
		{"unreachable 203.0.113.0/24", true},
		{"203.0.113.0/24 dev d2 table 77", false},
		{"203.0.113.0/24 nexthop dev d1 nexthop dev d2", true},
		{"2001:db8:5::/48 dev d2", true},
		{"2001:db8:5::1/128 dev d2", true},
		/* The first 32 bits are the same. */
		{"2001:db8:6::/48 dev d2", true},
		{"2001:db9::/32 dev d2", false},
		{"2001::/16 dev d2", true},
		{"2002::/16 dev d2", false},
		{"2001:db9::/32 dev d1", true},
		{"::/0 dev d2", true},
	};

	(void)state;
	concern(2, if_nametoindex("d1"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char command[128];
		unsigned expected = cases[i].told ? 1 << NOTICE_ROUTE : 0;

		for (int add = 1; add >= 0; add--) {
			snprintf(command, sizeof(command), "ip %s route %s %s",
				 strchr(cases[i].route, ':') ? "-6" : "-4", add ? "add" : "del",
				 cases[i].route);
			after(command);
			if ((seen & 1U << NOTICE_ROUTE) != expected || routes != !!expected)
				fail_msg("%s: seen %x, %u of routes", command, seen, routes);
		}
	}
	assert_int_equal(after("ip rule add from 10.9.0.2 table 99"), 1 << NOTICE_RULE);
}

/* With more than a program can compare, or than the kernel takes, all is told. */
static void too_many_pass(void **state)
{
	(void)state;
	concern(300, if_nametoindex("d1"));
	after("ip route add 10.9.0.0/16 dev d2");
	assert_int_equal(routes, 0);
	concern(5000, if_nametoindex("d1"));
	after("ip route add 10.8.0.0/16 dev d2");
	assert_int_equal(routes, 1);
	/* Too large before Linux 6.9. */
	concern(300, if_nametoindex("d1"));
	concern(700, if_nametoindex("d2"));
	after("ip route add 10.7.0.0/16 dev d2");
	assert_int_equal(routes, 1);
}

static void what_is_lost_is_said(void **state)
{
	bool lost = false;

	(void)state;
	ns_run("seq 1 20000 | sed 's/.*/link set d1 mtu &/; s/mtu \\([0-9]\\{1,3\\}\\)$/mtu 9\\1/' "
	       "| "
	       "ip -force -batch - >/dev/null 2>&1; true");
	read_all(&route_notices, &lost);
	assert_true(lost);
	/* MTUs below 1280 have taken those of d1. */
	wait_for_addresses();
	assert_int_equal(after("ip rule add from 10.9.0.3 table 99"), 1 << NOTICE_RULE);
}

static void tables_of_tunnels_are_told(void **state)
{
	(void)state;
	ns_run("nft add table ip docker; nft add chain ip docker c; nft add rule ip docker c "
	       "accept");
	assert_int_equal(read_all(&nft_notices, NULL), 0);
	/* Added each by its own transaction. */
	assert_int_equal(messages, 0);
	ns_run("nft add table ip wg-quick-wg0");
	assert_int_equal(read_all(&nft_notices, NULL), 1);
	assert_string_equal(table, "wg0");
	ns_run("nft add table inet wgq-wg1");
	assert_int_equal(read_all(&nft_notices, NULL), 1);
	assert_string_equal(table, "wg1");
	ns_run("nft delete table inet wgq-wg1");
	assert_int_equal(read_all(&nft_notices, NULL), 1);
	table[0] = '\0';
	ns_run("nft flush ruleset");
	assert_int_equal(read_all(&nft_notices, NULL), 1);
	assert_string_equal(table, "wg0");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_kind_is_told),
		TEST(routes_elsewhere_are_not_queued),
		TEST(too_many_pass),
		TEST(what_is_lost_is_said),
		TEST(tables_of_tunnels_are_told),
	};

	int status = ns_need_root();

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
