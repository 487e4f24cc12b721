// SPDX-License-Identifier: GPL-2.0-or-later
// The routes out of a link, table by table, as iproute2 makes them.
#include "rtnetlink.h"

#include <linux/rtnetlink.h>

static bool has_route(const struct route_vec *routes, const char *text)
{
	struct prefix p = prefix_of(text);

	vec_each(route, routes)
		if (prefix_equal(&route->prefix, &p))
			return true;
	return false;
}

static const struct route_table *find_table(const struct route_table_vec *tables, uint32_t number)
{
	vec_each(table, tables)
		if (table->group.table == number)
			return table;
	fail_msg("table %u is not listed", number);
	return NULL;
}

/* What each `ip route add` makes, and where it belongs. */
static void every_table(void **state)
{
	static const struct {
		const char *add, *prefix;
		uint32_t table;
		enum { PLAIN, OTHER, ABSENT } where;
	} cases[] = {
		{"10.1.0.0/16 dev d0", "10.1.0.0/16", RT_TABLE_MAIN, PLAIN},
		{"0.0.0.0/0 dev d0 table 51820", "0.0.0.0/0", 51820, PLAIN},
		{"fd01::/64 dev d0", "fd01::/64", RT_TABLE_MAIN, PLAIN},
		{"::/0 dev d0 table 51820", "::/0", 51820, PLAIN},
		{"fd02::/64 dev d0 table 200", "fd02::/64", 200, PLAIN},
		{"10.2.0.0/16 via 192.0.2.9", "10.2.0.0/16", RT_TABLE_MAIN, OTHER},
		{"10.3.0.0/16 dev d0 proto static", "10.3.0.0/16", RT_TABLE_MAIN, OTHER},
		{"10.4.0.0/16 dev d0 metric 7", "10.4.0.0/16", RT_TABLE_MAIN, OTHER},
		{"10.5.0.0/16 dev d0 mtu 1300 table 200", "10.5.0.0/16", 200, OTHER},
		{"10.6.0.0/16 dev d0 src 192.0.2.1", "10.6.0.0/16", RT_TABLE_MAIN, OTHER},
		{"10.7.0.0/16 dev d0 scope global", "10.7.0.0/16", RT_TABLE_MAIN, OTHER},
		{"fd03::/64 dev d0 metric 7", "fd03::/64", RT_TABLE_MAIN, OTHER},
		{"fd04::/64 dev d0 expires 100", "fd04::/64", RT_TABLE_MAIN, OTHER},
		{"fd05::/64 dev d0 pref high", "fd05::/64", RT_TABLE_MAIN, OTHER},
		{"fd06::/64 via 2001:db8::9", "fd06::/64", RT_TABLE_MAIN, OTHER},
		{"10.8.0.0/16 dev d1", "10.8.0.0/16", RT_TABLE_MAIN, ABSENT},
		{"10.9.0.0/16 dev d0 tos 4", "10.9.0.0/16", RT_TABLE_MAIN, ABSENT},
		{"blackhole 10.10.0.0/16", "10.10.0.0/16", RT_TABLE_MAIN, ABSENT},
		{"10.11.0.0/16 dev d0 proto kernel", "10.11.0.0/16", RT_TABLE_MAIN, ABSENT},
		{"local 10.12.0.0/16 dev d0 table 200", "10.12.0.0/16", 200, ABSENT},
	};
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	_cleanup_(tables_release) struct route_table_vec found = {0};
	_cleanup_buf_ struct buf kept = {0};
	uint32_t index = link_up(r, "d0");

	(void)state;
	link_up(r, "d1");
	assert_done(rtnetlink_table_list(r, index, &found, &kept, d));
	assert_int_equal(found.len, 0);
	assert_int_equal(kept.len, 0);
	ns_run("ip addr add 192.0.2.1/24 dev d0 && ip addr add 2001:db8::1/64 dev d0 nodad");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ns_run("ip route add %s", cases[i].add);

	assert_done(rtnetlink_table_list(r, index, &found, &kept, d));
	assert_int_equal(found.len, 3);
	size_t left = 0;
	vec_each(table, &found)
		left += table->plain.len + table->others.len;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct route_table *table = find_table(&found, cases[i].table);

		if (has_route(&table->plain, cases[i].prefix) != (cases[i].where == PLAIN) ||
		    has_route(&table->others, cases[i].prefix) != (cases[i].where == OTHER))
			fail_msg("%s", cases[i].add);
		left -= cases[i].where != ABSENT;
	}
	assert_int_equal(left, 0);
}

/* What ip shows of d0, without the number of the link, what the kernel made, and the time left. */
static char *shown(void)
{
	return ns_output("ip -d -o addr show dev d0 | grep -v fe80: |"
			 "	sed 's/^[0-9]*: //; s/[1-9][0-9]*sec/Nsec/g';"
			 "ip -d -4 route show table all dev d0 | grep -v 'proto kernel';"
			 "ip -d -6 route show table all dev d0 | grep -v 'proto kernel'");
}

/* What others have made comes back on a new link with every attribute, and in its order. */
static void as_it_was(void **state)
{
	static const char *const others[] = {
		"addr add 192.0.2.1/24 dev d0",
		"addr add 192.0.2.3/24 dev d0 valid_lft 1000 preferred_lft 500",
		"addr add 198.51.100.1/24 broadcast 198.51.100.255 label d0:x dev d0 metric 5",
		"addr add 192.0.2.2/24 dev d0 noprefixroute",
		"addr add 10.9.0.1 peer 10.9.0.2/32 scope link dev d0",
		"addr add 2001:db8::1/64 dev d0 nodad",
		"addr add 2001:db8::2/64 dev d0 nodad noprefixroute",
		"addr add fd00::1 peer fd00::2/128 dev d0 nodad",
		"addr add 2001:db8::3/64 dev d0 nodad preferred_lft 0",
		"route add 10.1.0.0/16 dev d0",
		"route add 10.2.0.0/16 via 192.0.2.9 table 200",
		"route add 10.2.0.0/16 via 192.0.2.9 metric 9 mtu 1300 advmss 1200",
		"route add 10.2.0.0/16 dev d0 tos 0x10 src 192.0.2.2",
		"route add 10.3.0.0/16 via 203.0.113.1 dev d0 onlink proto static",
		"route add 10.4.0.0/16 via inet6 2001:db8::9 dev d0",
		"route add local 10.5.0.0/16 dev d0 table 201",
		"route add 10.6.0.0/16 dev d0 scope global",
		"-6 route add fd01::/64 via 2001:db8::9 metric 7",
		"-6 route add fd02::/64 dev d0 pref high mtu 1300",
		"-6 route add default via 2001:db8::9 table 202 src 2001:db8::2",
		"-6 route add local fd03::/64 dev d0 table 203",
	};
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	_cleanup_(tables_release) struct route_table_vec found = {0};
	_cleanup_buf_ struct buf kept = {0};
	uint32_t index = link_up(r, "d0");
	char *before, *after;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ns_run("ip %s", others[i]);
	before = shown();
	assert_done(rtnetlink_kept_addrs(r, index, &kept, d));
	assert_done(rtnetlink_table_list(r, index, &found, &kept, d));
	assert_done(rtnetlink_kept_restore(r, index, &kept, d));
	after = shown();
	assert_string_equal(before, after);
	free(after);

	/* The new link gets another number. */
	link_up(r, "d9");
	ns_run("ip link del d0");
	index = link_up(r, "d0");
	vec_each(table, &found) {
		size_t refused;

		assert_done(rtnetlink_route_add(
			r, ROUTES(table->plain.at, table->plain.len, index, table->group.table),
			&refused, d));
	}
	assert_done(rtnetlink_kept_restore(r, index, &kept, d));
	after = shown();
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* All others are made again beside one that the kernel refuses. */
static void one_is_refused(void **state)
{
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	_cleanup_(tables_release) struct route_table_vec found = {0};
	_cleanup_buf_ struct buf kept = {0};
	uint32_t index = link_up(r, "d0");

	(void)state;
	ns_run("ip addr add 192.0.2.1/24 dev d0");
	ns_run("ip route add 10.1.0.0/16 via 192.0.2.9 && ip route add 10.2.0.0/16 dev d0 metric "
	       "3");
	assert_done(rtnetlink_table_list(r, index, &found, &kept, d));
	ns_run("ip addr flush dev d0");
	assert_fails(rtnetlink_kept_restore(r, index, &kept, d), ENETUNREACH);
	ns_run("ip route show metric 3 | grep -q 10.2.0.0/16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_table),
					   cmocka_unit_test(as_it_was),
					   cmocka_unit_test(one_is_refused)};
	int no_root = ns_need_root();

	return no_root ? no_root : cmocka_run_group_tests(tests, NULL, NULL);
}
