// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and prefixes: against the C library's own reading and writing, and by tables.
#include "wgq/net/addr.h"
#include "wgq/net/prefix_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "texts.h"

/* Whether addr_parse() and inet_pton(3) agree on a text, and addr_format() and inet_ntop(3) on
 * the result: glibc's, which iproute2 and wg(8) show on most machines. musl writes ::1.2.3.4
 * and the longest of several gaps in another way. */
static void compare_with_libc(const char *text)
{
	char ours[ADDR_TEXT_MAX], theirs[INET6_ADDRSTRLEN];
	uint8_t bytes[16] = {0};
	struct addr a;
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	int valid = inet_pton(family, text, bytes);

	if ((addr_parse(text, strlen(text), &a) == 0) != (valid == 1))
		fail_msg("%s: inet_pton says %d", text, valid);
	if (!valid)
		return;
	assert_int_equal(a.family, family);
	assert_memory_equal(a.bytes, bytes, sizeof(bytes));
	addr_format(&a, ours);
#ifdef __GLIBC__
	inet_ntop(family, bytes, theirs, sizeof(theirs));
	assert_string_equal(ours, theirs);
#else
	(void)theirs;
	assert_int_equal(inet_pton(family, ours, bytes), 1);
	assert_memory_equal(a.bytes, bytes, sizeof(bytes));
#endif
}

static void known_texts(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"0.0.0.0",
		"255.255.255.255",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"1.2.3.",
		".1.2.3.4",
		"01.2.3.4",
		"1.2.3.00",
		"1..2.3",
		"",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.-4",
		"0x1.2.3.4",
		"::",
		"::1",
		"1::",
		":",
		":::",
		"1:::2",
		"1::2::3",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1::3:4:5:6:7:8",
		":1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:",
		"::1.2.3.4",
		"::ffff:1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1:2:3:4:5:1.2.3.4",
		"::1.2.3.4:5",
		"1.2.3.4::",
		"::1.2.3",
		"::01.2.3.4",
		"12345::",
		"::g",
		"FE80::ABCD",
		"fe80::1%lo",
		"0:0:0:0:0:0:1:0",
		"0:0:1:0:0:0:0:1",
		"1:0:0:2:0:0:3:4",
		"1:0:2:0:3:0:4:0",
		"0:0:0:0:0:ffff:0:1",
		"0:0:0:0:0:fffe:0:1",
		"::1:0:0",
		"1:2:3:4:5:6:0:0",
		"::0001:00000",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		compare_with_libc(texts[i]);
}

/* A small generator, so that every run tries the same texts. */
static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void random_texts(void **state)
{
	(void)state;
	static const char alphabet[] = "0123:::...f";
	uint32_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		char text[41];
		size_t n = random_next(&seed) % (sizeof(text) - 1);

		for (size_t k = 0; k < n; k++)
			text[k] = alphabet[random_next(&seed) % (sizeof(alphabet) - 1)];
		text[n] = '\0';
		compare_with_libc(text);
	}
}

static void random_addresses(void **state)
{
	(void)state;
	uint32_t seed = 2;

	for (int i = 0; i < 100000; i++) {
		char text[INET6_ADDRSTRLEN];
		uint8_t bytes[16];

		/* Many zeros, for the sake of `::`. */
		for (int k = 0; k < 16; k++)
			bytes[k] = random_next(&seed) % 3 ? 0 : (uint8_t)random_next(&seed);
		inet_ntop(AF_INET6, bytes, text, sizeof(text));
		compare_with_libc(text);
		inet_ntop(AF_INET, bytes, text, sizeof(text));
		compare_with_libc(text);
	}
}

static void prefixes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *canonical; /* NULL: refused with the number below */
		int error;
	} cases[] = {
		{"10.0.0.1", "10.0.0.1/32", 0},
		{"2001:DB8::1", "2001:db8::1/128", 0},
		{"0.0.0.0/0", "0.0.0.0/0", 0},
		{"0::/0", "::/0", 0},
		{"10.1.2.3/024", "10.1.2.3/24", 0},
		{"10.0.0.0/33", NULL, -ERANGE},
		{"::/129", NULL, -ERANGE},
		{"::/18446744073709551616", NULL, -ERANGE},
		{"10.0.0.0/", NULL, -ERANGE},
		{"10.0.0.0/-1", NULL, -ERANGE},
		{"10.0.0.0/8/8", NULL, -ERANGE},
		{"10.0.0.0/255.0.0.0", NULL, -ERANGE},
		{"10.0.0/8", NULL, -EINVAL},
		{"/8", NULL, -EINVAL},
		{"", NULL, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[PREFIX_TEXT_MAX];
		struct prefix p;

		assert_int_equal(prefix_parse(cases[i].text, strlen(cases[i].text), &p),
				 cases[i].error);
		if (!cases[i].canonical)
			continue;
		prefix_format(&p, text);
		assert_string_equal(text, cases[i].canonical);
	}
}

static void masking(void **state)
{
	(void)state;
	static const struct {
		const char *text, *masked;
	} cases[] = {
		{"10.255.255.255/9", "10.128.0.0/9"},
		{"10.0.0.1/31", "10.0.0.0/31"},
		{"1.2.3.4/0", "0.0.0.0/0"},
		{"10.0.0.1/32", "10.0.0.1/32"},
		{"2001:db8::ffff/121", "2001:db8::ff80/121"},
		{"ffff::1/1", "8000::/1"},
		{"::1/0", "::/0"},
		{"::1/128", "::1/128"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p = prefix_of(cases[i].text), masked = prefix_of(cases[i].masked);

		assert_int_equal(prefix_has_host_bits(&p), !prefix_equal(&p, &masked));
		prefix_mask(&p);
		assert_true(prefix_equal(&p, &masked));
		assert_false(prefix_has_host_bits(&p));
	}
}

static void covering(void **state)
{
	(void)state;
	static const struct {
		const char *outer, *inner;
		bool covers;
	} cases[] = {
		{"0.0.0.0/0", "1.2.3.4/32", true},      {"0.0.0.0/0", "::/0", false},
		{"::/0", "::ffff:1.2.3.4/128", true},   {"10.0.0.0/9", "10.127.0.0/16", true},
		{"10.0.0.0/9", "10.128.0.0/16", false}, {"10.0.0.0/16", "10.0.0.0/8", false},
		{"fe80::/10", "febf::1/128", true},     {"fe80::/10", "fec0::1/128", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix outer = prefix_of(cases[i].outer), inner = prefix_of(cases[i].inner);

		assert_int_equal(prefix_covers(&outer, &inner), cases[i].covers);
	}
}

static int by_route(const void *a, const void *b)
{
	return prefix_compare_route(a, b);
}

static void route_order(void **state)
{
	(void)state;
	/* As `wg show wg0 allowed-ips | sort -nr -k 2 -t /` puts them. */
	static const char *const sorted[] = {
		"::1/128",   "3.3.3.3/32", "2.2.2.2/32", "10.0.0.0/8",
		"9.0.0.0/8", "::/0",       "0.0.0.0/0",
	};
	enum { COUNT = sizeof(sorted) / sizeof(sorted[0]) };
	struct prefix p[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		p[i] = prefix_of(sorted[(i * 3 + 2) % COUNT]);
	qsort(p, COUNT, sizeof(p[0]), by_route);
	for (size_t i = 0; i < COUNT; i++) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&p[i], text);
		assert_string_equal(text, sorted[i]);
	}
}

static void sets(void **state)
{
	static const char *const texts[] = {"10.0.0.9/24", "fd00::1/64", "10.0.0.9/32",
					    "9.0.0.0/8"};
	_cleanup_(addrs_release) struct link_addr_vec addrs = {0};
	_cleanup_prefix_set_ struct prefix_set set = {0}, networks = {0};
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			prefix_parse(texts[i], strlen(texts[i]), &vec_push(&addrs)->prefix), 0);
	assert_int_equal(prefix_set_of_addrs(&addrs, &set), 0);
	assert_int_equal(prefix_set_of_networks(&addrs, &networks), 0);
	vec_each(addr, &addrs) {
		assert_true(prefix_set_has(&set, &addr->prefix));
		assert_true(prefix_set_has_addr(&set, &addr->prefix.addr));
	}
	assert_int_equal(prefix_parse("10.0.0.9/25", 11, &p), 0);
	assert_false(prefix_set_has(&set, &p));
	assert_true(prefix_set_has_addr(&set, &p.addr));
	assert_int_equal(prefix_parse("10.0.0.0/24", 11, &p), 0);
	assert_false(prefix_set_has(&set, &p) || prefix_set_has_addr(&set, &p.addr));
	assert_true(prefix_set_has(&networks, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_texts),      cmocka_unit_test(random_texts),
		cmocka_unit_test(random_addresses), cmocka_unit_test(prefixes),
		cmocka_unit_test(masking),          cmocka_unit_test(covering),
		cmocka_unit_test(route_order),      cmocka_unit_test(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
