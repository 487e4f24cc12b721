// SPDX-License-Identifier: GPL-2.0-or-later
// The real world, looked at: whose firewall it is, and what leads out of an interface.
#include "wgq/run/host/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ns.h"
#include "wgq/base/mem.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/sys/process/iptables.h"

static struct host *host;

static int setup(void **state)
{
	static const struct host_options options = {.ifname = "wg0"};

	(void)state;
	ns_fresh_network();
	if (ns_status("ip link add wg0 type wireguard") != 0) {
		if (!ns_has("wireguard-go"))
			ns_skip("neither the kernel has WireGuard nor is there a wireguard-go");
		ns_run("mkdir -p /var/run/wireguard && wireguard-go wg0 >/run/log 2>&1 && "
		       "for i in 1 2 3 4 5 6 7 8 9; do test -S /var/run/wireguard/wg0.sock && "
		       "exit; sleep 0.2; done; cat /run/log; exit 1");
	}
	ns_run("ip link set wg0 up && ip addr add 10.0.0.1/24 dev wg0 && "
	       "ip addr add fd00::1/64 dev wg0 nodad");
	assert_int_equal(host_open(&options, &host, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_free_at(&host);
	ns_status("ip link del wg0; for i in 1 2 3 4 5 6 7 8 9; do "
		  "test -e /var/run/wireguard/wg0.sock || exit 0; sleep 0.2; done");
	return 0;
}

static void look(const struct observe_query *query, struct snap *ret)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0};

	snap_release(ret);
	if (world_observe(host_world(host), query, ret, &d) == 0)
		return;
	diag_format(&d, 0, "wgq", 0, 0, &text);
	fail_msg("%s", buf_text(&text));
}

static const struct addr addrs[] = {{.family = AF_INET, .bytes = {10, 0, 0, 1}},
				    {.family = AF_INET6, .bytes = {0xfd, [15] = 1}}};
static const struct firewall firewall = {
	.ifname = "wg0", .mark = 51820, .ip = true, .ip6 = true, .addrs = addrs, .addr_count = 2};

static bool is_this(const struct firewall *wanted)
{
	const struct observe_query query = {
		.ifname = "wg0", .what = LOOK_FIREWALL | LOOK_FIREWALL_RULES, .firewall = wanted};
	_cleanup_snap_ struct snap snap = {0};

	look(&query, &snap);
	assert_true(snap.has_firewall);
	return snap.has_firewall_rules;
}

/* Of the firewall that is there, and of those that differ in one thing. */
static void only_this(void)
{
	struct firewall other = firewall;

	assert_true(is_this(&firewall));
	other.mark = 51821;
	assert_false(is_this(&other));
	other = firewall;
	other.addr_count = 1;
	assert_false(is_this(&other));
	other = firewall;
	other.ip6 = false;
	assert_false(is_this(&other));
	assert_true(is_this(&firewall));
}

static void exec_op(const struct op *op)
{
	int status;

	assert_int_equal(world_exec(host_world(host), op, &status, NULL), 0);
}

static void is_read_back(void)
{
	const struct observe_query query = {.ifname = "wg0", .what = LOOK_FIREWALL};
	_cleanup_snap_ struct snap snap = {0};

	look(&query, &snap);
	assert_true(snap.firewall_ip && snap.firewall_ip6);
	assert_int_equal(snap.firewall_mark, firewall.mark);
	/* In userspace also that of the tun device. */
	assert_in_range(snap.firewall_addrs.len, 2, 3);
	assert_int_equal(addr_compare(&snap.firewall_addrs.at[0], &addrs[0]), 0);
	assert_int_equal(addr_compare(&snap.firewall_addrs.at[1], &addrs[1]), 0);
}

static void of_nft(void **state)
{
	struct op set = {.kind = OP_FIREWALL_SET};
	const struct op removal = {.kind = OP_FIREWALL_REMOVE};
	const struct observe_query query = {
		.ifname = "wg0", .what = LOOK_FIREWALL_RULES, .firewall = &firewall};
	_cleanup_snap_ struct snap snap = {0};

	(void)state;
	set.firewall.rules = firewall;
	look(&query, &snap);
	assert_false(snap.has_firewall || snap.has_firewall_rules);
	exec_op(&set);
	only_this();
	is_read_back();
	ns_run("nft add rule ip wg-quick-wg0 preraw ip daddr 10.0.0.9 drop");
	assert_false(is_this(&firewall));
	exec_op(&set);
	only_this();
	exec_op(&removal);
	look(&query, &snap);
	assert_false(snap.has_firewall || snap.has_firewall_rules);
}

/* By rules beside ours, and by rules of both kinds. */
static void of_iptables(void **state)
{
	struct addr_vec all = {0};
	struct firewall whole = firewall;

	(void)state;
	if (!ns_has("iptables-restore") || iptables_check(true, true, NULL) < 0)
		ns_skip("iptables does not work here");
	/* What up filters for a tun device. */
	_cleanup_free_ char *local =
		ns_output("ip -6 -o addr show dev wg0 scope link | sed 's,.* inet6 ,,; s,/.*,,' | "
			  "tr -d '\\n'");
	for (size_t i = 0; i < 2; i++)
		*vec_push(&all) = addrs[i];
	if (*local)
		assert_int_equal(addr_parse(local, strlen(local), vec_push(&all)), 0);
	whole.addrs = all.at;
	whole.addr_count = all.len;
	assert_int_equal(iptables_set(&whole, NULL), 0);
	only_this();
	ns_run("iptables -t raw -A PREROUTING -i lo -j ACCEPT");
	only_this();
	ns_run("iptables -t raw -A PREROUTING -d 10.0.0.9 -m comment --comment "
	       "'wg-quick(8) rule for wg0' -j DROP");
	assert_false(is_this(&firewall));
	ns_run("iptables -t raw -D PREROUTING -d 10.0.0.9 -m comment --comment "
	       "'wg-quick(8) rule for wg0' -j DROP");
	only_this();
	assert_int_equal(nft_install(&whole, NULL), 0);
	assert_false(is_this(&firewall));
	assert_int_equal(iptables_remove("wg0", NULL), 0);
	only_this();
	vec_release(&all);
}

static void tables_and_names(void **state)
{
	const struct observe_query query = {.ifname = "wg0", .what = LOOK_TABLES | LOOK_DNS};
	_cleanup_snap_ struct snap snap = {0};

	(void)state;
	ns_run("ip route add 10.1.0.0/16 dev wg0 && ip -6 route add ::/0 dev wg0 table 51820 && "
	       "ip route add 10.2.0.0/16 dev wg0 metric 5 table 51820");
	look(&query, &snap);
	assert_int_equal(snap.tables.len, 2);
	vec_each(table, &snap.tables) {
		bool is_main = table->group.table == RT_TABLE_MAIN;

		assert_true(is_main || table->group.table == 51820);
		assert_int_equal(table->plain.len, 1);
		assert_int_equal(table->others.len, !is_main);
	}
	assert_int_equal(snap.dns_servers.len + snap.dns_search.len, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {CASE(of_nft), CASE(of_iptables), CASE(tables_and_names)};
	int skipped = ns_need_root();

	if (skipped)
		return skipped;
	ns_private_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
