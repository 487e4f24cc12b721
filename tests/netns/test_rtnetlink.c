// SPDX-License-Identifier: GPL-2.0-or-later
// Links, addresses, rules, routes and MTUs on the real kernel, held against iproute2.
#include "wgq/kernel/rtnetlink/rtnetlink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnetlink.h"

#define MTU(value) (&(struct rtnetlink_link_change){.mtu = (value)})

static void links(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	struct link link;

	(void)state;
	uint32_t index = link_up(r, "d0");
	assert_done(rtnetlink_link_get(r, "d0", &link, d));
	assert_string_equal(link.name, "d0");
	assert_int_equal(link.mtu, 1400);
	assert_true(link.up);
	assert_true(link.kind[0] != '\0');
	assert_fails(rtnetlink_link_add(r, "d0", link.kind, d), EEXIST);
	assert_fails(rtnetlink_link_add(r, "d1", "no-such-kind", d), EOPNOTSUPP);
	assert_fails(rtnetlink_link_add(r, "name-that-is-long", link.kind, d), ENAMETOOLONG);

	assert_done(rtnetlink_link_set(r, index, MTU(1350), d));
	assert_done(rtnetlink_link_get(r, "d0", &link, d));
	assert_int_equal(link.mtu, 1350);
	assert_true(link.up);

	/* The index stays good when the name changes. */
	ns_run("ip link set d0 down && ip link set d0 name d9");
	assert_done(rtnetlink_link_set(r, index, MTU(1300), d));
	assert_done(rtnetlink_link_get(r, "d9", &link, d));
	assert_int_equal(link.index, index);
	assert_int_equal(link.mtu, 1300);
	assert_false(link.up);
	assert_done(rtnetlink_link_del(r, index, d));
	assert_done(rtnetlink_link_get(r, "d9", &link, d));
	assert_int_equal(link.index, 0);
	assert_fails(rtnetlink_link_del(r, index, d), ENODEV);
	assert_done(rtnetlink_link_get(r, "lo", &link, d));
	assert_string_equal(link.kind, "");
}

static void addresses(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	static const char *const texts[] = {"10.0.0.1/24", "10.0.0.2/24", "10.9.0.1/32",
					    "127.3.0.1/8", "fd00::1/64"};
	struct link_addr_vec found = {0};
	uint32_t index, other;

	(void)state;
	index = link_up(r, "d0");
	other = link_up(r, "d1");
	for (size_t i = 0; i < 5; i++) {
		struct link_addr a = {.prefix = prefix_of(texts[i])};

		assert_done(rtnetlink_addr_add(r, index, &a, d));
		assert_fails(rtnetlink_addr_add(r, index, &a, d), EEXIST);
	}
	struct link_addr of_other = {.prefix = prefix_of("10.0.9.1/24")};
	assert_done(rtnetlink_addr_add(r, other, &of_other, d));

	assert_done(rtnetlink_addr_list(r, index, &found, d));
	size_t ours = 0;
	vec_each(a, &found) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&a->prefix, text);
		for (size_t i = 0; i < 5; i++)
			ours += strcmp(text, texts[i]) == 0;
		assert_string_not_equal(text, "10.0.9.1/24");
		if (strcmp(text, "127.3.0.1/8") == 0)
			assert_int_equal(a->scope, RT_SCOPE_HOST);
	}
	assert_int_equal(ours, 5);
	assert_int_equal(found.at[0].prefix.addr.family, AF_INET);
	assert_int_equal(found.at[found.len - 1].prefix.addr.family, AF_INET6);
	assert_done(rtnetlink_addr_del(r, index, &found.at[0], d));
	assert_fails(rtnetlink_addr_del(r, index, &found.at[0], d), EADDRNOTAVAIL);

	ns_run("echo 1 > /proc/sys/net/ipv6/conf/d1/disable_ipv6");
	struct link_addr refused = {.prefix = prefix_of("fd00:1::1/64")};
	assert_fails(rtnetlink_addr_add(r, other, &refused, d), EACCES);
	vec_release(&found);
	assert_done(rtnetlink_addr_list(r, 4711, &found, d));
	assert_int_equal(found.len, 0);
}

static const struct rule tunnel_rule = {.family = AF_INET,
					.invert = true,
					.exact = true,
					.has_fwmark = true,
					.fwmark = 51820,
					.table = 51820};
static const struct rule suppress_rule = {
	.family = AF_INET6, .exact = true, .has_suppress = true, .table = RT_TABLE_MAIN};

/* What `ip -d rule` says about rules, ours and its own, is the same. */
static void rules_as_of_iproute2(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	uint32_t priority;

	(void)state;
	assert_done(rtnetlink_rule_add(r, &tunnel_rule, &priority, d));
	assert_int_equal(priority, 32765);
	assert_done(rtnetlink_rule_add(r, &suppress_rule, &priority, d));
	_cleanup_free_ char *ours = ns_output("ip -4 -d rule; ip -6 -d rule");
	ns_fresh_network();
	ns_run("ip -4 rule add not fwmark 51820 table 51820");
	ns_run("ip -6 rule add table main suppress_prefixlength 0");
	_cleanup_free_ char *theirs = ns_output("ip -4 -d rule; ip -6 -d rule");
	assert_string_equal(ours, theirs);
}

static size_t exact_rules(struct rtnetlink *r, uint8_t family, const struct rule *like)
{
	_cleanup_(rules_release) struct rule_vec rules = {0};
	size_t n = 0;

	assert_done(rtnetlink_rule_list(r, family, &rules, d));
	vec_each(rule, &rules)
		n += rule_same(rule, like);
	return n;
}

/* Each differs from ours in one thing. */
static void rules_that_only_look_alike(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	static const char *const more[] = {
		"from 10.0.0.0/8", "to 10.0.0.0/8",       "iif lo",   "oif lo",
		"tos 0x10",        "ipproto udp",         "sport 5",  "dport 6-9",
		"uidrange 1-2",    "fwmark 51820/0xffff", "tun_id 7", "suppress_ifgroup 3",
		"realms 5"};

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		bool marked = strncmp(more[i], "fwmark", 6) == 0;

		ns_run("ip rule add priority 100 not %s %s table 51820", more[i],
		       marked ? "" : "fwmark 51820");
		if (!marked && !strstr(more[i], "10.") && strncmp(more[i], "realms", 6) != 0)
			ns_run("ip -6 rule add priority 100 %s table main suppress_prefixlength 0",
			       more[i]);
	}
	ns_run("ip rule add priority 99 fwmark 51820 table 51820");
	ns_run("ip rule add priority 100 not fwmark 51820 table 51821");
	ns_run("ip rule add priority 100 not fwmark 51820 blackhole");
	assert_int_equal(exact_rules(r, AF_INET, &tunnel_rule), 0);
	assert_int_equal(exact_rules(r, AF_INET6, &suppress_rule), 0);
	assert_fails(rtnetlink_rule_del(r, &tunnel_rule, d), ENOENT);

	/* Behind a rule that the kernel would take for it, it is not deleted by mistake. */
	ns_run("ip rule add priority 101 iif lo not fwmark 51820 table 51820");
	ns_run("ip rule add priority 101 not fwmark 51820 table 51820");
	assert_fails(rtnetlink_rule_del(r, &tunnel_rule, d), ENOTUNIQ);
	assert_int_equal(exact_rules(r, AF_INET, &tunnel_rule), 1);
	ns_run("ip rule del priority 101 iif lo");
	assert_done(rtnetlink_rule_del(r, &tunnel_rule, d));
	assert_int_equal(exact_rules(r, AF_INET, &tunnel_rule), 0);
}

static void the_right_rule_is_deleted(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	_cleanup_(rules_release) struct rule_vec rules = {0};
	struct rule kernels = tunnel_rule;
	uint32_t priority;

	(void)state;
	kernels.protocol = RTPROT_KERNEL;
	assert_done(rtnetlink_rule_add(r, &kernels, &priority, d));
	_cleanup_free_ char *before = ns_output("ip -d rule");
	ns_run("ip rule add priority 32764 not fwmark 51820 table 51820");
	ns_run("ip rule add priority 32765 not fwmark 51820 table 51820 protocol static");
	ns_run("ip rule add priority 32762 fwmark 51820 table 51820");
	ns_run("ip rule add priority 32763 not fwmark 51820 table 518200");
	_cleanup_free_ char *all = ns_output("ip -d rule");
	assert_done(rtnetlink_rule_add(r, &kernels, &priority, d));
	assert_done(rtnetlink_rule_list(r, AF_INET, &rules, d));
	assert_int_equal(rules.len, 3 + 6);

	/* The newest of two that are the same, then the one of a priority. */
	assert_done(rtnetlink_rule_del(r, &kernels, d));
	_cleanup_free_ char *left = ns_output("ip -d rule");
	assert_string_equal(left, all);
	kernels.priority = 32764;
	assert_fails(rtnetlink_rule_del(r, &kernels, d), ENOENT);
	ns_run("ip rule del priority 32764 not fwmark 51820 table 51820");
	ns_run("ip rule del priority 32765 table 51820 protocol static");
	ns_run("ip rule del priority 32763");
	ns_run("ip rule del priority 32762");
	_cleanup_free_ char *after = ns_output("ip -d rule");
	assert_string_equal(after, before);
	kernels.priority = 32765;
	assert_done(rtnetlink_rule_del(r, &kernels, d));
	assert_int_equal(exact_rules(r, AF_INET, &tunnel_rule), 0);
}

static void routes_make(struct route *routes, size_t n, uint8_t family)
{
	memset(routes, 0, n * sizeof(*routes));
	for (size_t i = 0; i < n; i++) {
		routes[i].prefix.addr = (struct addr){.family = family, .bytes = {10, 0}};
		routes[i].prefix.addr.bytes[1] = (uint8_t)(i >> 8);
		routes[i].prefix.addr.bytes[2] = (uint8_t)i;
		routes[i].prefix.len = 24;
	}
}

static void routes_of(uint8_t family, uint32_t table)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	static struct route routes[1000];
	uint32_t index = link_up(r, "d0");
	size_t before = routes_found(r, table, index), done = 0;
	bool used;

	routes_make(routes, 1000, family);
	assert_done(rtnetlink_route_add(r, ROUTES(routes, 1000, index, table), &done, d));
	assert_int_equal(done, 1000);
	assert_done(rtnetlink_table_used(r, family, table, &used, d));
	assert_true(used);
	assert_int_equal(routes_found(r, table, index), before + 1000);
	assert_int_equal(routes_found(r, table, 1), 0);
	/* A whole batch of refusals fits the buffer. */
	assert_fails(rtnetlink_route_add(r, ROUTES(routes, 1000, index, table), &done, d), EEXIST);
	assert_int_equal(done, 0);
	assert_int_equal(routes_found(r, table, index), before + 1000);
	assert_done(rtnetlink_route_del(r, ROUTES(routes, 600, index, table), d));
	assert_done(rtnetlink_route_del(r, ROUTES(routes, 900, index, table), d));
	assert_int_equal(routes_found(r, table, index), before + 100);

	/* One in the middle of a batch is there already: it stays, and none is left of the others.
	 */
	assert_fails(rtnetlink_route_add(r, ROUTES(routes, 1000, index, table), &done, d), EEXIST);
	assert_int_equal(done, 900);
	assert_int_equal(routes_found(r, table, index), before + 100);
	assert_done(rtnetlink_route_del(r, ROUTES(routes, 1000, index, table), d));
	assert_done(rtnetlink_route_add(r, ROUTES(&routes[300], 1, index, table), &done, d));
	assert_fails(rtnetlink_route_add(r, ROUTES(routes, 1000, index, table), &done, d), EEXIST);
	assert_int_equal(done, 300);
	assert_int_equal(routes_found(r, table, index), before + 1);
}

enum { MANY = 20000 };

/* Whichever of the two threads is ahead, the first route that the kernel refuses is the one that
 * is named, and none of the others stays. */
static void routes_of_both(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	_cleanup_free_ struct route *routes = routes_mixed(MANY);
	static const size_t there[] = {MANY - 1, MANY - 2, 5001, 4000, 1, 0};
	uint32_t index = link_up(r, "d0");
	size_t refused;

	(void)state;
	assert_done(rtnetlink_route_add(r, ROUTES(routes, MANY, index, 51820), &refused, d));
	assert_int_equal(refused, MANY);
	assert_int_equal(routes_found(r, 51820, index), MANY);
	assert_done(rtnetlink_route_del(r, ROUTES(routes, MANY, index, 51820), d));
	assert_int_equal(routes_found(r, 51820, index), 0);
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		assert_done(rtnetlink_route_add(r, ROUTES(&routes[there[i]], 1, index, 51820),
						&refused, d));
		assert_fails(
			rtnetlink_route_add(r, ROUTES(routes, MANY, index, 51820), &refused, d),
			EEXIST);
		assert_int_equal(refused, there[i]);
		assert_int_equal(routes_found(r, 51820, index), i + 1);
	}
}

struct watched {
	size_t calls, done, stop_at;
};

static bool watch(void *context, size_t done, size_t total)
{
	struct watched *w = context;

	assert_true(done > w->done && done <= total && total == MANY);
	w->calls++;
	w->done = done;
	return done < w->stop_at;
}

static void routes_watched(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	_cleanup_free_ struct route *routes = routes_mixed(MANY);
	struct watched all = {.stop_at = MANY + 1}, some = {.stop_at = MANY / 2};
	uint32_t index = link_up(r, "d0");
	size_t refused;

	(void)state;
	struct rtnetlink_routes watched = *ROUTES(routes, MANY, index, 51820);

	watched.watch = watch;
	watched.watch_context = &all;
	assert_done(rtnetlink_route_add(r, &watched, &refused, d));
	assert_int_equal(all.done, MANY);
	assert_true(all.calls > 1);
	assert_done(rtnetlink_route_del(r, ROUTES(routes, MANY, index, 51820), d));
	watched.watch_context = &some;
	assert_fails(rtnetlink_route_add(r, &watched, &refused, d), EINTR);
	assert_int_equal(refused, MANY);
	assert_int_equal(routes_found(r, 51820, index), 0);
}

static void routes_ipv4(void **state)
{
	(void)state;
	routes_of(AF_INET, 51820);
	routes_of(AF_INET, RT_TABLE_MAIN);
}

static void routes_ipv6(void **state)
{
	(void)state;
	routes_of(AF_INET6, 200);
	routes_of(AF_INET6, RT_TABLE_MAIN);
}

static void tables_and_looks(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	static const char *const texts[] = {"0.0.0.0/0", "10.5.0.0/16", "::/0", "fd00::/48"};
	uint32_t index = link_up(r, "d0");
	bool used = true;
	size_t done;

	(void)state;
	assert_done(rtnetlink_table_used(r, AF_INET, 51820, &used, d));
	assert_false(used);
	for (size_t i = 0; i < 4; i++) {
		struct route route = {.prefix = prefix_of(texts[i])};

		assert_done(rtnetlink_route_add(r, ROUTES(&route, 1, index, 51820), &done, d));
	}
	assert_done(rtnetlink_table_used(r, AF_INET6, 51820, &used, d));
	assert_true(used);
	assert_done(rtnetlink_table_used(r, AF_INET6, 51821, &used, d));
	assert_false(used);
	_cleanup_free_ char *ours = ns_output("ip -d -4 route show table 51820; "
					      "ip -d -6 route show table 51820");
	for (size_t i = 0; i < 4; i++) {
		ns_run("ip route del %s dev d0 table 51820", texts[i]);
		ns_run("ip route add %s dev d0 table 51820", texts[i]);
	}
	_cleanup_free_ char *theirs = ns_output("ip -d -4 route show table 51820; "
						"ip -d -6 route show table 51820");
	assert_string_equal(ours, theirs);

	/* What others made of the same prefix is not deleted. */
	ns_run("ip route replace fd00:7::/64 dev d0 proto static metric 5 table 51820");
	struct route route = {.prefix = prefix_of("fd00:7::/64")};
	assert_done(rtnetlink_route_del(r, ROUTES(&route, 1, index, 51820), d));
	ns_run("ip -6 route show table 51820 | grep -q fd00:7::/64");
}

static uint32_t path_mtu(struct rtnetlink *r, const char *to)
{
	struct prefix p = prefix_of(to);
	struct rtnetlink_path path = {.mtu = 1};

	assert_done(rtnetlink_path_get(r, &p.addr, 0, &path, d));
	return path.mtu;
}

static uint32_t default_mtu(struct rtnetlink *r)
{
	struct rtnetlink_path path = {.mtu = 1};

	assert_done(rtnetlink_default_get(r, 0, &path, d));
	return path.mtu;
}

static void mtus(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();

	(void)state;
	link_up(r, "d0");
	ns_run("ip addr add 192.0.2.1/24 dev d0 && ip addr add 2001:db8::1/64 dev d0 nodad");
	assert_int_equal(path_mtu(r, "192.0.2.7"), 1400);
	assert_int_equal(path_mtu(r, "2001:db8::7"), 1400);
	assert_int_equal(path_mtu(r, "192.0.2.1"), 65536);
	assert_int_equal(path_mtu(r, "198.51.100.1"), 0);
	assert_int_equal(path_mtu(r, "2001:db8:1::1"), 0);
	assert_int_equal(default_mtu(r), 0);

	ns_run("ip route add 198.51.100.0/24 via 192.0.2.7 mtu 1320");
	ns_run("ip route add 198.51.101.0/24 via 192.0.2.7 mtu lock 1330");
	ns_run("ip route add 198.51.102.0/24 via 192.0.2.7 mtu 1310 table 77");
	ns_run("ip rule add to 198.51.102.0/24 lookup 77");
	ns_run("ip route add 2001:db8:1::/48 via 2001:db8::7 mtu 1380");
	assert_int_equal(path_mtu(r, "198.51.100.1"), 1320);
	assert_int_equal(path_mtu(r, "198.51.101.1"), 1330);
	assert_int_equal(path_mtu(r, "198.51.102.1"), 1310);
	assert_int_equal(path_mtu(r, "2001:db8:1::1"), 1380);
	/* Through a tunnel that all goes through but its own packets. */
	struct prefix p = prefix_of("198.51.100.1");
	struct rtnetlink_path marked = {0};
	ns_run("ip rule add not fwmark 51820 lookup 78 && ip route add default dev d0 mtu 1250 "
	       "table 78 && ip route add 198.51.100.0/24 dev d0 mtu 1234 table 78");
	assert_int_equal(path_mtu(r, "198.51.100.1"), 1234);
	assert_done(rtnetlink_path_get(r, &p.addr, 51820, &marked, d));
	assert_int_equal(marked.mtu, 1320);
	ns_run("ip rule del not fwmark 51820 lookup 78");

	for (int i = 0; i < 3; i++) {
		static const char *const kinds[] = {"unreachable", "prohibit", "blackhole"};

		ns_run("ip route replace %s 203.0.113.0/24", kinds[i]);
		ns_run("ip route replace %s 2001:db8:2::/48", kinds[i]);
		assert_int_equal(path_mtu(r, "203.0.113.1"), 0);
		assert_int_equal(path_mtu(r, "2001:db8:2::1"), 0);
	}

	ns_run("ip route add default via 192.0.2.1%d metric 50 mtu 1444", 1);
	ns_run("ip route add 0.0.0.0/8 dev d0 mtu 600");
	assert_int_equal(default_mtu(r), 1444);
	ns_run("ip route add default via 192.0.2.1%d metric 5", 2);
	assert_int_equal(default_mtu(r), 1400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(rules_as_of_iproute2),
		cmocka_unit_test(rules_that_only_look_alike),
		cmocka_unit_test(the_right_rule_is_deleted),
		cmocka_unit_test(routes_ipv4),
		cmocka_unit_test(routes_ipv6),
		cmocka_unit_test(routes_of_both),
		cmocka_unit_test(routes_watched),
		cmocka_unit_test(tables_and_looks),
		cmocka_unit_test(mtus),
	};
	int no_root = ns_need_root();

	return no_root ? no_root : cmocka_run_group_tests(tests, NULL, NULL);
}
