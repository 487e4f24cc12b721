// SPDX-License-Identifier: GPL-2.0-or-later
// A packet's way through rules and tables, and the kernel's choice among routes.
#include "wgq/plan/packet/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "texts.h"
#include "wgq/base/mem.h"

/* A route as the tables here have it. */
struct row {
	uint32_t table;
	const char *to, *from; /* from NULL: all */
	uint32_t oif;          /* 0: no hop */
	uint8_t type;          /* 0: unicast */
	uint32_t metric;
	bool dead;
	uint8_t tos, preference;
	uint32_t group;
};

static struct policy_route route_of(const struct row *row)
{
	struct policy_route route = {
		.type = row->type ? row->type : RTN_UNICAST,
		.table = row->table,
		.metric = row->metric,
		.tos = row->tos,
		.preference = row->preference,
		.group = row->group,
		.to = prefix_of(row->to),
		.hop_count = row->oif ? 1 : 0,
		.hops = {{.oif = row->oif, .dead = row->dead}},
	};

	if (row->from)
		route.from = prefix_of(row->from);
	return route;
}

/* Tables that end with a row without a destination. */
static int list_rows(void *self, const struct addr *to, uint32_t table,
		     struct policy_route_vec *ret, bool *ret_empty, struct diag *d)
{
	const struct prefix host = {.addr = *to, .len = addr_bits(to)};

	(void)d;
	*ret_empty = true;
	for (const struct row *row = self; row->to; row++) {
		struct policy_route route = route_of(row);

		if (row->table != table)
			continue;
		*ret_empty = false;
		if (prefix_covers(&route.to, &host))
			*vec_push(ret) = route;
	}
	return 0;
}

static uint32_t pick(const struct row *rows, const struct packet *packet)
{
	_cleanup_(policy_routes_release) struct policy_route_vec routes = {0};
	bool empty;

	list_rows((void *)rows, &packet->to, RT_TABLE_MAIN, &routes, &empty, NULL);
	const struct policy_route *route = packet_pick(packet, &routes);
	return route ? route->hops[0].oif : 0;
}

static void picks_among_ipv4_routes(void **state)
{
	static const struct row rows[] = {
		{RT_TABLE_MAIN, "0.0.0.0/0", .oif = 1},
		{RT_TABLE_MAIN, "10.0.0.0/8", .oif = 2, .metric = 10},
		{RT_TABLE_MAIN, "10.0.0.0/8", .oif = 3, .metric = 5},
		{RT_TABLE_MAIN, "10.1.0.0/16", .oif = 4, .dead = true},
		{RT_TABLE_MAIN, "10.2.0.0/16", .oif = 5, .tos = 0x10},
		{RT_TABLE_MAIN, "10.3.0.0/16", .oif = 6},
		{RT_TABLE_MAIN, "10.3.0.0/16", .oif = 7},
		{0},
	};
	static const struct {
		const char *to;
		uint32_t oif;
	} cases[] = {{"192.0.2.1", 1},
		     {"10.9.9.9", 3},
		     {"10.1.1.1", 3},
		     {"10.2.1.1", 3},
		     {"10.3.1.1", 6}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet packet = {.to = addr_of(cases[i].to)};

		assert_int_equal(pick(rows, &packet), cases[i].oif);
	}
}

/* What Linux 6.18 answers to `ip route get` with the same routes. */
static void picks_among_ipv6_routes(void **state)
{
	static const struct row rows[] = {
		{RT_TABLE_MAIN, "::/0", .oif = 1},
		{RT_TABLE_MAIN, "::/0", "2001:db8:2::/48", .oif = 2},
		{RT_TABLE_MAIN, "fd00::/16", .oif = 3},
		{RT_TABLE_MAIN, "fd00:1::/32", "2001:db8:1::/48", .oif = 4},
		{RT_TABLE_MAIN, "fd00:1::/32", .oif = 5},
		{RT_TABLE_MAIN, "fd00:2::/32", "2001:db8:1::/48", .oif = 6, .dead = true},
		{RT_TABLE_MAIN, "fd00:2::/32", .oif = 7},
		{RT_TABLE_MAIN, "fd00:3::/32", .oif = 8, .preference = 1},
		{RT_TABLE_MAIN, "fd00:3::/32", .oif = 9, .preference = 3},
		{0},
	};
	static const struct {
		const char *to, *from;
		uint32_t oif;
	} cases[] = {
		{"2001:db8::1", NULL, 1},
		{"2001:db8::1", "2001:db8:2::1", 2},
		{"2001:db8::1", "2001:db8:1::1", 1},
		{"fd00:1::1", "2001:db8:1::1", 4},
		/* Passed over with all its routes, for having some for other sources. */
		{"fd00:1::1", "2001:db8:3::1", 3},
		{"fd00:1::1", NULL, 3},
		/* Found, but dead: back to those of all sources. */
		{"fd00:2::1", "2001:db8:1::1", 7},
		{"fd00:3::1", NULL, 9},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet packet = {.to = addr_of(cases[i].to)};

		if (cases[i].from)
			packet.from = addr_of(cases[i].from);
		assert_int_equal(pick(rows, &packet), cases[i].oif);
	}
}

static struct policy_rule lookup(uint32_t table)
{
	return (struct policy_rule){.family = AF_INET, .action = FR_ACT_TO_TBL, .table = table};
}

/* The outcome of one rule for a packet; one of table 5 has a route to everything. */
static void takes_and_skips(void **state)
{
	static struct row rows[] = {{5, "0.0.0.0/0", .oif = 1}, {0}};
	const struct packet_tables tables = {.list = list_rows, .self = rows};
	const struct packet plain = {.to = addr_of("10.0.0.1"), .uid = 7};
	struct packet marked = plain, sourced = plain, udp = plain;
	marked.mark = 0x101;
	sourced.from = addr_of("192.0.2.1");
	udp.ip_proto = IPPROTO_UDP;
	udp.dport = 53;

	const struct {
		struct policy_rule rule;
		const struct packet *packet;
		enum packet_outcome outcome, inverted;
		enum packet_selector selector;
	} cases[] = {
		{{0}, &plain, PACKET_DECIDED, PACKET_SKIPPED, SELECTOR_NONE},
		{{.to = prefix_of("10.0.0.0/8")},
		 &plain,
		 PACKET_DECIDED,
		 PACKET_SKIPPED,
		 SELECTOR_NONE},
		{{.to = prefix_of("11.0.0.0/8")},
		 &plain,
		 PACKET_SKIPPED,
		 PACKET_DECIDED,
		 SELECTOR_TO},
		{{.from = prefix_of("192.0.2.0/24")},
		 &plain,
		 PACKET_SKIPPED,
		 PACKET_DECIDED,
		 SELECTOR_FROM},
		{{.from = prefix_of("192.0.2.0/24")},
		 &sourced,
		 PACKET_DECIDED,
		 PACKET_SKIPPED,
		 SELECTOR_NONE},
		{{.fwmark = 1, .fwmask = ~0u},
		 &plain,
		 PACKET_SKIPPED,
		 PACKET_DECIDED,
		 SELECTOR_MARK},
		{{.fwmark = 1, .fwmask = ~0u},
		 &marked,
		 PACKET_SKIPPED,
		 PACKET_DECIDED,
		 SELECTOR_MARK},
		{{.fwmark = 1, .fwmask = 0xff},
		 &marked,
		 PACKET_DECIDED,
		 PACKET_SKIPPED,
		 SELECTOR_NONE},
		{{.fwmark = 0, .fwmask = 1}, &plain, PACKET_DECIDED, PACKET_SKIPPED, SELECTOR_NONE},
		{{.iif = "lo"}, &plain, PACKET_DECIDED, PACKET_SKIPPED, SELECTOR_NONE},
		{{.iif = "eth0"}, &plain, PACKET_SKIPPED, PACKET_DECIDED, SELECTOR_IIF},
		{{.oif = "eth0"}, &plain, PACKET_SKIPPED, PACKET_DECIDED, SELECTOR_OIF},
		{{.tos = 16}, &plain, PACKET_SKIPPED, PACKET_DECIDED, SELECTOR_TOS},
		{{.has_uid = true, .uid_first = 7, .uid_last = 9},
		 &plain,
		 PACKET_DECIDED,
		 PACKET_SKIPPED,
		 SELECTOR_NONE},
		{{.has_uid = true, .uid_first = 0, .uid_last = 6},
		 &plain,
		 PACKET_SKIPPED,
		 PACKET_DECIDED,
		 SELECTOR_UID},
		{{.ip_proto = IPPROTO_UDP}, &plain, PACKET_DEPENDS, PACKET_DEPENDS, SELECTOR_PROTO},
		{{.ip_proto = IPPROTO_UDP}, &udp, PACKET_DECIDED, PACKET_SKIPPED, SELECTOR_NONE},
		{{.ip_proto = IPPROTO_TCP}, &udp, PACKET_SKIPPED, PACKET_DECIDED, SELECTOR_PROTO},
		{{.dport = {50, 60}}, &udp, PACKET_DECIDED, PACKET_SKIPPED, SELECTOR_NONE},
		{{.dport = {54, 60}}, &udp, PACKET_SKIPPED, PACKET_DECIDED, SELECTOR_PORT},
		{{.sport = {54, 60}}, &udp, PACKET_DEPENDS, PACKET_DEPENDS, SELECTOR_PORT},
		/* What is surely not for it does not depend on anything. */
		{{.dport = {1, 9}, .to = prefix_of("11.0.0.0/8")},
		 &plain,
		 PACKET_SKIPPED,
		 PACKET_DECIDED,
		 SELECTOR_TO},
		{{.l3mdev = true}, &plain, PACKET_SKIPPED, PACKET_NO_ROUTE, SELECTOR_L3MDEV},
		{{.unknown = true}, &plain, PACKET_DEPENDS, PACKET_DEPENDS, SELECTOR_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int invert = 0; invert < 2; invert++) {
			_cleanup_packet_way_ struct packet_way way = {0};
			struct policy_rule rule = cases[i].rule;
			struct policy_rule_vec rules = {.at = &rule, .len = 1};

			rule.family = AF_INET;
			rule.action = FR_ACT_TO_TBL;
			rule.table = 5;
			rule.invert = invert;
			assert_int_equal(packet_walk(cases[i].packet, &rules, &tables, &way, NULL),
					 0);
			if (way.at[0].outcome != (invert ? cases[i].inverted : cases[i].outcome) ||
			    (!invert && way.at[0].selector != cases[i].selector))
				fail_msg("case %zu, invert %d: outcome %d, selector %d", i, invert,
					 way.at[0].outcome, way.at[0].selector);
		}
	}
}

/* A full tunnel, and goto, throw, suppress, nop and refusals on the way to it. */
static void walks_from_rule_to_rule(void **state)
{
	static struct row rows[] = {
		{RT_TABLE_MAIN, "0.0.0.0/0", .oif = 1},
		{RT_TABLE_MAIN, "192.0.2.0/24", .oif = 1, .group = 7},
		{50, "0.0.0.0/0", .oif = 2},
		{51, "10.0.0.0/8", .type = RTN_THROW},
		{51, "11.0.0.0/8", .type = RTN_PROHIBIT},
		{0},
	};
	const struct packet_tables tables = {.list = list_rows, .self = rows};
	struct policy_rule at[] = {
		{.family = AF_INET, .action = FR_ACT_GOTO, .priority = 1, .target = 3},
		{.family = AF_INET, .action = FR_ACT_BLACKHOLE, .priority = 2},
		{.family = AF_INET, .action = FR_ACT_NOP, .priority = 3},
		{.family = AF_INET,
		 .action = FR_ACT_GOTO,
		 .priority = 4,
		 .target = 99,
		 .dangling = true},
		lookup(51),
		lookup(60),
		lookup(RT_TABLE_MAIN),
		lookup(RT_TABLE_MAIN),
		lookup(50),
		lookup(RT_TABLE_MAIN),
	};
	const struct policy_rule_vec rules = {.at = at, .len = sizeof(at) / sizeof(at[0])};
	static const enum packet_outcome outcomes[] = {
		PACKET_JUMPED,  PACKET_NOT_REACHED, PACKET_PASSED,     PACKET_PASSED,
		PACKET_THROWN,  PACKET_NO_ROUTE,    PACKET_SUPPRESSED, PACKET_SUPPRESSED,
		PACKET_DECIDED, PACKET_NOT_REACHED,
	};
	_cleanup_packet_way_ struct packet_way far = {0}, near = {0}, refused = {0};
	struct packet packet = {.to = addr_of("10.0.0.1")};

	(void)state;
	at[6].has_suppress_prefixlen = true;
	at[7].has_suppress_prefixlen = at[7].has_suppress_group = true;
	at[7].suppress_group = 7;
	assert_int_equal(packet_walk(&packet, &rules, &tables, &far, NULL), 0);
	for (size_t i = 0; i < far.len; i++)
		assert_int_equal(far.at[i].outcome, outcomes[i]);
	assert_int_equal(far.decided, 8);
	assert_true(far.at[5].empty);
	assert_int_equal(packet_route(&far)->hops[0].oif, 2);
	assert_int_equal(packet_fate(&far), PACKET_LEAVES);

	packet.to = addr_of("192.0.2.1");
	assert_int_equal(packet_walk(&packet, &rules, &tables, &near, NULL), 0);
	assert_int_equal(near.decided, 6);

	packet.to = addr_of("11.0.0.1");
	assert_int_equal(packet_walk(&packet, &rules, &tables, &refused, NULL), 0);
	assert_int_equal(refused.decided, 4);
	assert_int_equal(packet_fate(&refused), PACKET_PROHIBITED);
}

/* A route that is an error passes through suppress_prefixlength (fib_rules_lookup()). */
static void errors_are_not_suppressed(void **state)
{
	static struct row rows[] = {{5, "0.0.0.0/0", .type = RTN_BLACKHOLE}, {0}};
	const struct packet_tables tables = {.list = list_rows, .self = rows};
	const struct packet packet = {.to = addr_of("10.0.0.1")};
	struct policy_rule rule = lookup(5);
	const struct policy_rule_vec rules = {.at = &rule, .len = 1};
	_cleanup_packet_way_ struct packet_way way = {0};

	(void)state;
	rule.has_suppress_prefixlen = true;
	assert_int_equal(packet_walk(&packet, &rules, &tables, &way, NULL), 0);
	assert_int_equal(packet_fate(&way), PACKET_BLACKHOLED);
}

/* The kernel's answer is held against the way. */
static void sees_disagreement(void **state)
{
	static struct row rows[] = {
		{5, "10.0.0.0/8", .oif = 3}, {5, "11.0.0.0/8", .oif = 1, .type = RTN_LOCAL}, {0}};
	const struct packet_tables tables = {.list = list_rows, .self = rows};
	struct policy_rule rule = lookup(5);
	const struct policy_rule_vec rules = {.at = &rule, .len = 1};
	const struct {
		const char *to;
		struct policy_route answer;
		int error;
		bool agrees;
	} cases[] = {
		{"10.0.0.1",
		 {.type = RTN_UNICAST, .table = 5, .hop_count = 1, .hops = {{.oif = 3}}},
		 0,
		 true},
		{"10.0.0.1",
		 {.type = RTN_UNICAST, .table = 5, .hop_count = 1, .hops = {{.oif = 4}}},
		 0,
		 false},
		{"10.0.0.1",
		 {.type = RTN_UNICAST, .table = 6, .hop_count = 1, .hops = {{.oif = 3}}},
		 0,
		 false},
		{"10.0.0.1",
		 {.type = RTN_UNICAST,
		  .table = 5,
		  .hop_count = 1,
		  .hops = {{.oif = 3, .via = {AF_INET}}}},
		 0,
		 false},
		{"10.0.0.1", {.type = RTN_LOCAL}, 0, false},
		{"10.0.0.1", {0}, ENETUNREACH, false},
		{"11.0.0.1", {.type = RTN_LOCAL}, 0, true},
		{"11.0.0.1", {.type = RTN_UNICAST}, 0, false},
		{"12.0.0.1", {0}, ENETUNREACH, true},
		{"12.0.0.1", {.type = RTN_UNICAST}, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct packet packet = {.to = addr_of(cases[i].to)};
		_cleanup_packet_way_ struct packet_way way = {0};

		assert_int_equal(packet_walk(&packet, &rules, &tables, &way, NULL), 0);
		if (packet_agrees(&way, &cases[i].answer, cases[i].error) != cases[i].agrees)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picks_among_ipv4_routes),
		cmocka_unit_test(picks_among_ipv6_routes),
		cmocka_unit_test(takes_and_skips),
		cmocka_unit_test(walks_from_rule_to_rule),
		cmocka_unit_test(errors_are_not_suppressed),
		cmocka_unit_test(sees_disagreement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
