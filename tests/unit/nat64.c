// SPDX-License-Identifier: GPL-2.0-or-later
// The vectors of RFC 6052, and what AAAA records of ipv4only.arpa tell.
#include "wgq/net/nat64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "texts.h"

static void embedding(void **state)
{
	(void)state;
	static const struct {
		const char *prefix, *ip, *expected; /* NULL: refused */
	} cases[] = {
		/* RFC 6052, 2.4 */
		{"2001:db8::/32", "192.0.2.33", "2001:db8:c000:221::"},
		{"2001:db8:100::/40", "192.0.2.33", "2001:db8:1c0:2:21::"},
		{"2001:db8:122::/48", "192.0.2.33", "2001:db8:122:c000:2:2100::"},
		{"2001:db8:122:300::/56", "192.0.2.33", "2001:db8:122:3c0:0:221::"},
		{"2001:db8:122:344::/64", "192.0.2.33", "2001:db8:122:344:c0:2:2100::"},
		{"2001:db8:122:344::/96", "192.0.2.33", "2001:db8:122:344::192.0.2.33"},
		{"64:ff9b::/96", "192.0.2.33", "64:ff9b::192.0.2.33"},
		/* host bits of the prefix do not count */
		{"2001:db8:ffff::1/32", "255.255.255.255", "2001:db8:ffff:ffff::"},
		{"2001:db8::/33", "192.0.2.33", NULL},
		{"2001:db8::/0", "192.0.2.33", NULL},
		{"2001:db8::/72", "192.0.2.33", NULL},
		{"2001:db8::/128", "192.0.2.33", NULL},
		{"2001:db8:0:0:100::/96", "192.0.2.33", NULL}, /* bits 64 to 71 */
		{"2001:db8::/96", "2001:db8::1", NULL},
		{"192.0.2.0/32", "192.0.2.33", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct prefix prefix = prefix_of(cases[i].prefix);
		const struct addr ip = addr_of(cases[i].ip);
		char text[ADDR_TEXT_MAX];
		struct addr got;

		assert_int_equal(nat64_embed(&prefix, &ip, &got), cases[i].expected != NULL);
		if (!cases[i].expected)
			continue;
		const struct addr expected = addr_of(cases[i].expected);
		addr_format(&got, text);
		if (addr_compare(&got, &expected) != 0)
			fail_msg("%s in %s is %s", cases[i].ip, cases[i].prefix, text);
	}
}

static void discovering(void **state)
{
	(void)state;
	static const struct {
		const char *records[4];
		const char *expected[3];
	} cases[] = {
		{{NULL}, {NULL}},
		{{"64:ff9b::192.0.0.170"}, {"64:ff9b::/96"}},
		{{"64:ff9b::192.0.0.171", "64:ff9b::192.0.0.170"}, {"64:ff9b::/96"}},
		{{"2001:db8:c000:aa::"}, {"2001:db8::/32"}},
		{{"2001:db8:1c0:0:aa::"}, {"2001:db8:100::/40"}},
		{{"2001:db8:122:c000:0:aa00::"}, {"2001:db8:122::/48"}},
		{{"2001:db8:122:3c0:0:aa::"}, {"2001:db8:122:300::/56"}},
		{{"2001:db8:122:344:c0:0:aa00::"}, {"2001:db8:122:344::/64"}},
		{{"64:ff9b::192.0.0.170", "2001:db8:c000:aa::"}, {"64:ff9b::/96", "2001:db8::/32"}},
		/* no NAT64: another address, another family, bits 64 to 71 */
		{{"64:ff9b::192.0.0.172", "192.0.0.170", "2001:db8::1"}, {NULL}},
		{{"2001:db8:0:0:100:0:192.0.0.170"}, {NULL}},
		/* The prefix looks like the address as well: one record does not tell. */
		{{"2001:db8:c000:aa::192.0.0.170"}, {NULL}},
		{{"2001:db8:c000:aa::192.0.0.170", "2001:db8:c000:aa::192.0.0.171"},
		 {"2001:db8:c000:aa::/96"}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix_vec got = {0};
		struct addr records[4];
		size_t n = 0;

		for (; n < 4 && cases[i].records[n]; n++)
			records[n] = addr_of(cases[i].records[n]);
		assert_int_equal(nat64_discover(records, n, &got), 0);
		for (n = 0; cases[i].expected[n]; n++) {
			const struct prefix expected = prefix_of(cases[i].expected[n]);

			assert_true(n < got.len);
			assert_true(prefix_equal(&got.at[n], &expected));
		}
		assert_int_equal(got.len, n);
		vec_release(&got);
	}
}

/* Whatever is embedded is found again, but for prefixes that look like the address themselves. */
static void both_ways(void **state)
{
	(void)state;
	static const uint8_t lengths[] = {32, 40, 48, 56, 64, 96};
	const struct addr known[] = {addr_of("192.0.0.170"), addr_of("192.0.0.171")};
	uint32_t random = 1;

	for (int round = 0; round < 20000; round++) {
		struct prefix prefix = {.addr.family = 6, .len = lengths[round % 6]};
		struct prefix_vec got = {0};
		struct addr records[2];

		prefix.addr.family = records[0].family = addr_of("::").family;
		for (size_t i = 0; i < 16; i++) {
			static const uint8_t likely[] = {192, 0, 0, 170, 171, 0, 1, 255};

			random = random * 1103515245 + 12345;
			prefix.addr.bytes[i] = i == 8 ? 0 : likely[random >> 29];
		}
		prefix_mask(&prefix);
		for (size_t i = 0; i < 2; i++)
			assert_true(nat64_embed(&prefix, &known[i], &records[i]));
		assert_int_equal(nat64_discover(records, 2, &got), 0);
		assert_int_equal(got.len, 1);
		assert_true(prefix_equal(&got.at[0], &prefix));
		vec_release(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(embedding),
		cmocka_unit_test(discovering),
		cmocka_unit_test(both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
