// SPDX-License-Identifier: GPL-2.0-or-later
// What hooks are taken to have made.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wgq/conf/parse.h"
#include "wgq/plan/hooked.h"

static void parse(const char *hooks, struct conf *conf)
{
	char text[512];

	snprintf(text, sizeof(text), "[Interface]\n%s\n", hooks);
	assert_int_equal(conf_parse("t.conf", "wg0", text, strlen(text), conf, NULL), 0);
}

static void test_routes_and_addresses(void **unused)
{
	static const struct {
		const char *hooks, *prefix;
		bool before, at_all;
	} cases[] = {
		{"", "10.0.0.0/8", false, false},
		{"PostUp = ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", false, true},
		{"PreUp = ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", true, true},
		{"PreUp = ip r a 10.0.0.0/8 dev %i", "10.0.0.0/8", true, true},
		{"PreUp = ip rule add from 10.0.0.0/8 table 70", "10.0.0.0/8", false, true},
		{"PreUp = ip rule add from 10.0.0.0/8; ip route add 10.0.0.0/8 dev %i",
		 "10.0.0.0/8", true, true},
		{"PreUp = ip route add default dev %i", "0.0.0.0/0", true, true},
		{"PostUp = ip route add 110.0.0.0/8 dev %i", "10.0.0.0/8", false, false},
		{"PostUp = ip route add 10.0.0.0/80", "10.0.0.0/8", false, false},
		{"PostUp = ip route add 10.0.0.1 dev %i", "10.0.0.1/32", false, true},
		{"PostUp = ip route add 10.0.0.12 dev %i", "10.0.0.1/32", false, false},
		{"PostUp = ip route add default dev %i", "0.0.0.0/0", false, true},
		{"PostUp = ip -6 route add default dev %i", "::/0", false, true},
		{"PostDown = ip route add 10.0.0.0/8", "10.0.0.0/8", false, false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};
		struct prefix prefix;

		parse(cases[i].hooks, &conf);
		prefix_parse(cases[i].prefix, strlen(cases[i].prefix), &prefix);
		if (hooked_route(&conf, HOOKED_BEFORE, &prefix) != cases[i].before ||
		    hooked_route(&conf, HOOKED_AT_ALL, &prefix) != cases[i].at_all)
			fail_msg("%s: %s", cases[i].hooks, cases[i].prefix);
	}
}

static void test_mtu(void **unused)
{
	static const struct {
		const char *hooks;
		bool at_all;
	} cases[] = {
		{"", false},
		{"PostUp = ip link set mtu 1390 dev %i", true},
		{"PreUp = ip link set %i mtu 1390", true},
		{"PostUp = ip link set %i mtu 13900", false},
		{"PostUp = echo 1390", false},
		{"PreDown = ip link set %i mtu 1390", false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooked_mtu(&conf, 1390) != cases[i].at_all)
			fail_msg("%s", cases[i].hooks);
	}
}

static void test_rules(void **unused)
{
	static const struct {
		const char *hooks;
		bool hooked;
	} cases[] = {
		{"", false},
		{"PostUp = ip rule add not fwmark 1234 table 1234", true},
		{"PostUp = ip rule add not fwmark 0x4d2 table 1234", true},
		{"PostUp = ip rule add not fwmark 12345 table 12345", false},
		{"PostUp = echo 1234", false},
		{"PostUp = sh /etc/script", false},
		{"Table = 7\nPostUp = sh /etc/script", true},
		{"Table = off\nPreUp = true", true},
		{"Table = 7\nPostDown = ip rule del table 1234", false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooked_rule(&conf, 1234) != cases[i].hooked)
			fail_msg("%s", cases[i].hooks);
	}
}

static void test_peers_and_tables(void **unused)
{
	static const char base64[] = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
	static const struct {
		const char *hooks;
		bool peer, tables;
	} cases[] = {
		{"", false, false},
		{"PostUp = wg set %i peer xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg= psk", true,
		 false},
		{"PostUp = wg addconf %i /etc/more.conf", true, false},
		{"PostUp = ip route add default dev %i table 200", false, true},
		{"PostDown = wg addconf %i x table", false, false},
	};
	struct key key;

	(void)unused;
	assert_int_equal(key_from_base64(base64, strlen(base64), &key), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooked_peer(&conf, &key) != cases[i].peer ||
		    hooked_tables(&conf) != cases[i].tables)
			fail_msg("%s", cases[i].hooks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes_and_addresses),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_peers_and_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
