// SPDX-License-Identifier: GPL-2.0-or-later
// What hooks are taken to have made.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wgq/conf/parse/parse.h"

#define KEY_A "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
#define KEY_B "JrHnHmdDYfwzRUecZKUrXLfvUCKlQOKCPAgpKxjnDWM="

enum { MAIN = 254 };

static void parse(const char *hooks, struct conf *conf)
{
	char text[512];

	snprintf(text, sizeof(text), "[Interface]\nAddress = 10.1.0.1/16\n%s\n", hooks);
	assert_int_equal(conf_parse("t.conf", "wg0", text, strlen(text), conf, NULL), 0);
}

static void test_routes(void **unused)
{
	static const struct {
		const char *hooks, *prefix;
		uint32_t table;
		bool before, at_all;
	} cases[] = {
		{"", "10.0.0.0/8", MAIN, false, false},
		{"PostUp = ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false, true},
		{"PreUp = ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, true, true},
		{"PreUp = ip r a 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, true, true},
		{"PreUp = ip r re 10/8 dev wg0", "10.0.0.0/8", MAIN, true, true},
		{"PreUp = ip rule add from 10.0.0.0/8 table 70", "10.0.0.0/8", MAIN, false, false},
		{"PreUp = ip rule add from 10.0.0.0/8; ip route add 10.0.0.0/8 dev %i",
		 "10.0.0.0/8", MAIN, true, true},
		{"PreUp = ip route add default dev %i", "0.0.0.0/0", MAIN, true, true},
		{"PreUp = ip route add 0/0 dev %i", "0.0.0.0/0", MAIN, true, true},
		{"PostUp = ip route add 110.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false, false},
		{"PostUp = ip route add 10.0.0.0/80", "10.0.0.0/8", MAIN, false, false},
		{"PostUp = ip route add 10.0.0.1 dev %i", "10.0.0.1/32", MAIN, false, true},
		{"PostUp = ip route add 10.0.0.1/32 dev %i", "10.0.0.1/32", MAIN, false, true},
		{"PostUp = ip route add 10.0.0.12 dev %i", "10.0.0.1/32", MAIN, false, false},
		{"PostUp = ip -6 route add default dev %i", "::/0", MAIN, false, true},
		{"PostUp = ip -6 route add default dev %i", "0.0.0.0/0", MAIN, false, false},
		{"PostUp = ip route add FD00:0:0::/48 dev %i", "fd00::/48", MAIN, false, true},
		{"PostDown = ip route add 10.0.0.0/8", "10.0.0.0/8", MAIN, false, false},
		/* of another link, in another table, or taken away */
		{"PostUp = ip route add 10.0.0.0/8 dev eth0", "10.0.0.0/8", MAIN, false, false},
		{"PostUp = ip route add 10.0.0.0/8 via 10.1.0.2", "10.0.0.0/8", MAIN, false, true},
		{"PostUp = ip route add 10.0.0.0/8 dev %i table 7", "10.0.0.0/8", MAIN, false,
		 false},
		{"PostUp = ip route add 10.0.0.0/8 dev %i table 0x7", "10.0.0.0/8", 7, false, true},
		{"PostUp = ip route add 10.0.0.0/8 dev %i table vpn", "10.0.0.0/8", 7, false, true},
		{"PostUp = ip route add 10.0.0.0/8 dev %i table main", "10.0.0.0/8", MAIN, false,
		 true},
		{"PostUp = ip route del 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false, false},
		/* only spoken of */
		{"PostUp = true # ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false,
		 false},
		{"PostUp = echo ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false, false},
		{"PostUp = iptables -A FORWARD -d 10.0.0.0/8 -j ACCEPT", "10.0.0.0/8", MAIN, false,
		 false},
		/* in all places where a command may be */
		{"PostUp = if true; then ip 'route' add \"10.0.0.0/8\" dev %i; fi", "10.0.0.0/8",
		 MAIN, false, true},
		{"PostUp = (true && sudo -n ip -4 route add 10.0.0.0/8 dev %i)", "10.0.0.0/8", MAIN,
		 false, true},
		{"PostUp = x=$(ip route add 10.0.0.0/8 dev %i)", "10.0.0.0/8", MAIN, false, true},
		{"PostUp = sh -c 'ip route add 10.0.0.0/8 dev %i'", "10.0.0.0/8", MAIN, false,
		 true},
		{"PostUp = eval ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false, true},
		{"PostUp = /usr/bin/env A=b /sbin/ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8",
		 MAIN, false, true},
		{"PostUp = timeout 5 ip route add 10.0.0.0/8 dev %i", "10.0.0.0/8", MAIN, false,
		 true},
		{"PostUp = for n in 10.0.0.0/8; do ip route add $n dev %i; done", "10.0.0.0/8",
		 MAIN, false, true},
		{"PostUp = n=10.0.0.0/8; ip route add $n dev %i", "10.0.0.0/8", MAIN, false, true},
		{"PostUp = n=10.0.0.0/8; iptables -A FORWARD -d $n -j ACCEPT", "10.0.0.0/8", MAIN,
		 false, false},
		{"PostUp = xargs ip route add <<<'10.0.0.0/8 dev %i'", "10.0.0.0/8", MAIN, false,
		 true},
		{"PostUp = echo route add 10.0.0.0/8 dev %i | ip -batch -", "10.0.0.0/8", MAIN,
		 false, true},
		{"PostUp = /etc/routes.sh --net=10.0.0.0/8", "10.0.0.0/8", MAIN, false, true},
		{"PostUp = /etc/routes.sh --net=110.0.0.0/8", "10.0.0.0/8", MAIN, false, false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};
		struct prefix prefix;

		parse(cases[i].hooks, &conf);
		prefix_parse(cases[i].prefix, strlen(cases[i].prefix), &prefix);
		if (hooks_add_route(&conf.effects, HOOKS_BEFORE, cases[i].table, &prefix) !=
			    cases[i].before ||
		    hooks_add_route(&conf.effects, HOOKS_AT_ALL, cases[i].table, &prefix) !=
			    cases[i].at_all)
			fail_msg("%s: %s", cases[i].hooks, cases[i].prefix);
	}
}

static void test_addresses(void **unused)
{
	static const struct {
		const char *hooks, *addr;
		bool added;
	} cases[] = {
		{"PostUp = ip addr add 10.9.0.2/24 dev %i", "10.9.0.2", true},
		{"PostUp = ip a a local 10.9.0.2 peer 10.9.0.3 dev %i", "10.9.0.2", true},
		{"PostUp = ip a a local 10.9.0.2 peer 10.9.0.3 dev %i", "10.9.0.3", false},
		{"PostUp = ip address replace dev $INTERFACE 10.9.0.2/24", "10.9.0.2", true},
		{"PostUp = ip addr add 10.9.0.200/24 dev %i", "10.9.0.2", false},
		{"PostUp = ip addr add 10.9.0.2/24 dev eth0", "10.9.0.2", false},
		{"PostUp = ip addr del 10.9.0.2/24 dev %i", "10.9.0.2", false},
		{"PostUp = ip -6 addr add fd00:0::0:2/64 dev %i nodad", "fd00::2", true},
		{"PostUp = ifconfig %i 10.9.0.2 netmask 255.255.255.0", "10.9.0.2", true},
		{"PostUp = add-address 10.9.0.1,10.9.0.2", "10.9.0.2", true},
		{"PostUp = echo allow 10.9.0.200", "10.9.0.2", false},
		{"PostUp = echo allow 10.9.0.2", "10.9.0.2", false},
		{"PostUp = ping -c1 10.9.0.2", "10.9.0.2", false},
		{"PostUp = iptables -A INPUT -s 10.9.0.2 -j ACCEPT", "10.9.0.2", false},
		{"PostUp = ip route add 10.8.0.0/16 dev %i src 10.9.0.2", "10.9.0.2", false},
		{"PostUp = ip rule add from 10.9.0.2 table 7", "10.9.0.2", false},
		{"PostUp = true # 10.9.0.2", "10.9.0.2", false},
		{"PostUp = a=10.9.0.2/32; ip addr add \"$a\" dev %i", "10.9.0.2", true},
		{"PostDown = ip addr add 10.9.0.2/24 dev %i", "10.9.0.2", false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};
		struct addr addr;

		parse(cases[i].hooks, &conf);
		addr_parse(cases[i].addr, strlen(cases[i].addr), &addr);
		if (hooks_add_addr(&conf.effects, HOOKS_AT_ALL, &addr) != cases[i].added)
			fail_msg("%s: %s", cases[i].hooks, cases[i].addr);
	}
}

static int vpn_is_200(const char *name, uint32_t *ret, struct diag *d)
{
	(void)d;
	*ret = 200;
	return strcmp(name, "vpn") == 0 ? 0 : -1;
}

static void test_tables(void **unused)
{
	static const struct {
		const char *hooks;
		uint32_t table;
		bool filled;
	} cases[] = {
		{"PostUp = ip route add default dev %i table 200", 200, true},
		{"PostUp = ip route add default dev %i table 200", 100, false},
		{"PostUp = ip route add default dev %i table 200", MAIN, false},
		{"PostUp = ip route add default dev %i table vpn", 200, true},
		{"PostUp = ip route add default dev %i table vpn", 100, false},
		{"PostUp = ip route add default dev %i table other", 100, true},
		{"PostUp = ip route add default dev %i table $T", 100, true},
		{"PostUp = ip route add default dev eth0 table 200", 200, false},
		{"PostUp = iptables -t nat -A POSTROUTING -o %i -j MASQUERADE", 100, false},
		{"PostUp = nft add table inet 100", 100, false},
		{"PostUp = ip rule add from 10.1.0.1 table 100", 100, false},
		{"PostUp = ip rule add from 10.1.0.1 lookup vpn", 100, false},
		{"PostUp = /etc/fill.sh --table 100", 100, true},
		{"PostUp = /etc/fill.sh 100", 100, true},
		{"PostUp = /etc/fill.sh 1000", 100, false},
		{"PostUp = iptables-restore /etc/rules", 100, false},
		{"PostDown = ip route add default dev %i table 200", 200, false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		assert_int_equal(hooks_name_tables(&conf.effects, vpn_is_200), 0);
		if (hooks_fill_table(&conf.effects, cases[i].table) != cases[i].filled)
			fail_msg("%s: %u", cases[i].hooks, cases[i].table);
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
		{"PreUp = ip l s wg0 up mtu 0x56e", true},
		{"PostUp = ip link set eth0 mtu 1390", false},
		{"PostUp = ip link set %i mtu 13900", false},
		{"PostUp = ifconfig %i mtu 1390", true},
		{"PostUp = ip route add 10.0.0.0/8 dev %i mtu 1390", false},
		{"PostUp = echo mtu 1390", false},
		{"PreDown = ip link set %i mtu 1390", false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooks_set_mtu(&conf.effects, 1390) != cases[i].at_all)
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
		{"PostUp = ip -6 ru a not from all fwmark 0x4d2/0xffffffff lookup 1234", true},
		{"PostUp = ip rule add not fwmark 12345 table 12345", false},
		{"PostUp = ip rule add fwmark 1234 table 1234", false},
		{"PostUp = ip rule add not fwmark 1234 table 77", false},
		{"PostUp = ip rule add to 10.0.0.0/8 table 7 # not fwmark 1234", false},
		{"PostUp = m=1234; ip rule add not fwmark $m table $m", true},
		{"PostUp = echo 1234", false},
		{"PostUp = sh /etc/script", false},
		{"PostUp = sh /etc/script 1234", true},
		{"PostDown = ip rule add not fwmark 1234 table 1234", false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooks_add_rule(&conf.effects, 1234) != cases[i].hooked)
			fail_msg("%s", cases[i].hooks);
	}
}

static void test_peers(void **unused)
{
	static const struct {
		const char *hooks;
		bool peer;
	} cases[] = {
		{"", false},
		{"PostUp = wg set %i peer " KEY_A " preshared-key /psk", true},
		{"PostUp = wg set wg1 peer " KEY_A " preshared-key /psk", false},
		{"PostUp = wg set %i peer " KEY_B " remove peer " KEY_A " endpoint 1.2.3.4:5",
		 true},
		{"PostUp = k=" KEY_A "; wg set %i peer $k endpoint 192.0.2.1:1", true},
		{"PostUp = wg set %i peer " KEY_B " persistent-keepalive 25", false},
		{"PostUp = wg addconf %i /etc/more.conf", true},
		{"PostUp = wg syncconf %i <(wg-quick strip %i)", true},
		{"PostUp = wg setconf wg1 /etc/more.conf", false},
		{"PostUp = add-peer --key=" KEY_A, true},
		{"PostUp = echo " KEY_A, false},
		{"PostDown = wg addconf %i x table", false},
	};
	struct key key;

	(void)unused;
	assert_int_equal(key_from_base64(KEY_A, strlen(KEY_A), &key), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooks_add_peer(&conf.effects, &key) != cases[i].peer)
			fail_msg("%s", cases[i].hooks);
	}
}

static void test_parameters(void **unused)
{
	static const struct {
		const char *hooks, *parameter;
		bool of_device, of_peer;
	} cases[] = {
		{"PostUp = wg set %i fwmark 7", "fwmark", true, false},
		{"PostUp = wg set %i listen-port 7 fwmark 7", "fwmark", true, false},
		{"PostUp = wg set wg1 fwmark 7", "fwmark", false, false},
		{"PostUp = true # fwmark", "fwmark", false, false},
		{"PostUp = ip rule add fwmark 7 table 7", "fwmark", false, false},
		{"PostUp = wg set %i private-key <(pass show wg)", "private-key", true, false},
		{"PostUp = ip route add 10.0.0.0/8 dev %i; wg set %i private-key /k", "private-key",
		 true, false},
		{"PostUp = cat /etc/private-key", "private-key", false, false},
		{"PostUp = wg set %i peer " KEY_A " preshared-key /k", "preshared-key", false,
		 true},
		{"PostUp = wg set %i peer " KEY_B " preshared-key /k", "preshared-key", false,
		 false},
		{"PostUp = wg set %i peer $k preshared-key /k", "preshared-key", false, true},
		{"PostUp = /etc/keys.sh --preshared-key", "preshared-key", true, true},
	};
	struct key key;

	(void)unused;
	assert_int_equal(key_from_base64(KEY_A, strlen(KEY_A), &key), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_conf_ struct conf conf = {0};

		parse(cases[i].hooks, &conf);
		if (hooks_set(&conf.effects, NULL, cases[i].parameter) != cases[i].of_device ||
		    hooks_set(&conf.effects, &key, cases[i].parameter) != cases[i].of_peer)
			fail_msg("%s: %s", cases[i].hooks, cases[i].parameter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),     cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_tables),     cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_rules),      cmocka_unit_test(test_peers),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
