// SPDX-License-Identifier: GPL-2.0-or-later
// Pins on the real kernel: packets to an endpoint leave by the link that is asked for, and no
// others.
#include "wgq/kernel/rtnetlink/pin.h"

#include <stdio.h>
#include <stdlib.h>

#include "rtnetlink.h"

static const char *const family_names[] = {"IPv4", "IPv6"};

struct family {
	const char *source[2], *to, *option;
};
static const struct family families[] = {
	{{"10.0.1.7", "10.0.2.7"}, "192.0.2.1", "-4"},
	{{"2001:db8:1::7", "2001:db8:2::7"}, "2001:db8:9::1", "-6"},
};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, strlen(text), &addr), 0);
	return addr;
}

static union endpoint endpoint_of(const char *text, uint16_t port)
{
	struct addr addr = addr_of(text);

	return endpoint_make(&addr, port, 0);
}

/* Two uplinks, each with a gateway and a rule by source; the first is preferred. */
static struct rtnetlink *two_uplinks(uint32_t ret_links[2])
{
	struct rtnetlink *r = fresh();

	for (int i = 0; i < 2; i++) {
		char name[] = "d0";

		name[1] = (char)('1' + i);
		ret_links[i] = link_up(r, name);
		ns_run("ip addr add 10.0.%d.7/24 dev %s && ip addr add 2001:db8:%d::7/64 dev %s "
		       "nodad",
		       i + 1, name, i + 1, name);
		for (int family = 0; family < 2; family++) {
			char via[32];

			snprintf(via, sizeof(via), "%s%d%s", family ? "2001:db8:" : "10.0.", i + 1,
				 family ? "::1" : ".1");
			ns_run("ip %s route add default via %s dev %s metric %d00",
			       families[family].option, via, name, i + 1);
			ns_run("ip %s route add default via %s dev %s table %d",
			       families[family].option, via, name, i + 1);
			ns_run("ip %s rule add from %s lookup %d", families[family].option,
			       families[family].source[i], i + 1);
		}
	}
	return r;
}

static void assert_way(const struct family *f, const char *more, const char *expected)
{
	char *way = ns_output("ip %s route get %s %s", f->option, f->to, more);

	if (!strstr(way, expected))
		fail_msg("to %s %s: %s instead of %s", f->to, more, way, expected);
	free(way);
}

static void assert_count(struct rtnetlink *r, const char *ifname, size_t count)
{
	struct endpoint_vec pins = {0};

	assert_done(rtnetlink_pins_list(r, ifname, &pins, d));
	assert_int_equal(pins.len, count);
	vec_release(&pins);
}

static const char wireguard[] = "mark 7 ipproto udp sport 51821 dport 51820";

static int pin(struct rtnetlink *r, union endpoint to, struct addr source, uint32_t link,
	       struct diag *diag)
{
	const struct pin pin = {.to = to, .source = source, .link = link, .mark = 7, .port = 51821};

	return rtnetlink_pin(r, "wg0", &pin, diag);
}

/* Only these packets, by the second uplink, by the first, by none. */
static void leads(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct family *f = &families[i];
		uint32_t links[2];
		_cleanup_rtnetlink_ struct rtnetlink *r = two_uplinks(links);
		union endpoint to = endpoint_of(f->to, 51820);
		struct addr first = addr_of(f->source[0]), second = addr_of(f->source[1]);
		char *before = ns_output("ip rule; ip -6 rule; ip route show table all; "
					 "ip -6 route show table all"),
		     *after;

		print_message("%s\n", family_names[i]);
		assert_way(f, wireguard, "dev d1");
		assert_done(pin(r, to, second, links[1], d));
		assert_way(f, wireguard, "dev d2");
		assert_way(f, wireguard, f->source[1]);
		assert_way(f, "ipproto udp dport 53", "dev d1");
		assert_way(f, "ipproto udp sport 51821 dport 51820", "dev d1");
		assert_way(f, "mark 7 ipproto udp sport 53 dport 51820", "dev d1");
		assert_way(f, "", "dev d1");
		assert_count(r, "wg0", 1);
		assert_count(r, "wg1", 0);
		/* Again, and back; from the source of the other uplink, too. */
		assert_done(pin(r, to, second, links[1], d));
		assert_done(pin(r, to, first, links[0], d));
		assert_count(r, "wg0", 1);
		assert_way(f, wireguard, "dev d1");
		ns_run("ip %s route get %s from %s %s | grep -q 'dev d1'", f->option, f->to,
		       f->source[1], wireguard);
		assert_done(rtnetlink_unpin(r, "wg0", &to, d));
		assert_done(rtnetlink_unpin(r, "wg0", &to, d));
		assert_count(r, "wg0", 0);
		after = ns_output("ip rule; ip -6 rule; ip route show table all; "
				  "ip -6 route show table all");
		assert_string_equal(before, after);
		free(before);
		free(after);
	}
}

/* A link that goes takes the route along: packets go on as if there were no pin. */
static void link_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct family *f = &families[i];
		uint32_t links[2];
		_cleanup_rtnetlink_ struct rtnetlink *r = two_uplinks(links);
		union endpoint to = endpoint_of(f->to, 51820);
		struct addr second = addr_of(f->source[1]);

		assert_done(pin(r, to, second, links[1], d));
		ns_run("ip link set d2 down");
		assert_way(f, wireguard, "dev d1");
		assert_count(r, "wg0", 1);
		assert_done(rtnetlink_unpin(r, "wg0", &to, d));
		assert_count(r, "wg0", 0);
	}
}

/* Where the look-up leads elsewhere, nothing is installed. */
static void no_way(void **state)
{
	uint32_t links[2];
	_cleanup_rtnetlink_ struct rtnetlink *r = two_uplinks(links);
	union endpoint to = endpoint_of("192.0.2.1", 51820);
	struct addr first = addr_of("10.0.1.7"), stranger = addr_of("10.9.9.9");

	(void)state;
	assert_fails(pin(r, to, first, links[1], d), EHOSTUNREACH);
	ns_run("ip rule add from 10.9.9.9 unreachable");
	assert_int_not_equal(pin(r, to, stranger, links[1], NULL), 0);
	assert_count(r, "wg0", 0);
	ns_run("test -z \"$(ip route show table %u 2>/dev/null)\"", pin_table("wg0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(leads), cmocka_unit_test(link_goes),
					   cmocka_unit_test(no_way)};
	int no_root = ns_need_root();

	return no_root ? no_root : cmocka_run_group_tests(tests, NULL, NULL);
}
