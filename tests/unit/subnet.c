// SPDX-License-Identifier: GPL-2.0-or-later
// Private networks keep clear of what is in use, wherever the random choice begins.
#include "wgq/net/subnet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "texts.h"

static void use(struct prefix_vec *used, const char *texts)
{
	for (size_t n; *texts; texts += n + (texts[n] == ' ')) {
		struct prefix *p = vec_push(used);

		n = strcspn(texts, " ");
		assert_non_null(p);
		assert_int_equal(prefix_parse(texts, n, p), 0);
	}
}

static void choosing(void **state)
{
	(void)state;
	static const struct {
		const char *used;
		uint32_t random;
		const char *ipv4; /* NULL: none is left */
	} cases[] = {
		{"", 0, "10.0.0.0/24"},
		{"", 0xffffffff, "10.255.255.0/24"},
		{"10.0.0.128/25", 0, "10.0.1.0/24"},
		{"10.0.0.0/16", 7, "10.1.0.0/24"},
		{"10.255.255.7/32", 0xffff, "10.0.0.0/24"},
		{"10.0.0.0/8", 5, "172.16.5.0/24"},
		{"10.0.0.0/8", 0xfff, "172.31.255.0/24"},
		{"10.0.0.0/8 172.0.0.0/8", 300, "192.168.44.0/24"},
		{"10.0.0.0/9 10.128.0.0/9 172.16.0.0/12 192.168.0.0/17", 0, "192.168.128.0/24"},
		{"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16", 1, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix_vec used = {0};
		char text[PREFIX_TEXT_MAX];
		struct prefix p;

		use(&used, cases[i].used);
		int r = subnet_choose_ipv4(&used, cases[i].random, &p);
		assert_int_equal(r, cases[i].ipv4 ? 0 : -ENOSPC);
		if (cases[i].ipv4) {
			prefix_format(&p, text);
			assert_string_equal(text, cases[i].ipv4);
		}
		vec_release(&used);
	}
}

static void choosing_ipv6(void **state)
{
	(void)state;
	static const struct {
		const char *used;
		const uint8_t random[5];
		const char *ipv6; /* NULL: none is left */
	} cases[] = {
		{"", {0x12, 0x34, 0x56, 0x78, 0x9a}, "fd12:3456:789a::/64"},
		{"fdff:ffff:ffff:7::1/128 fd00::/47 fd00:0:2::/48",
		 {0xff, 0xff, 0xff, 0xff, 0xff},
		 "fd00:0:3::/64"},
		{"fd12::/16 fd13::/17", {0x12, 0x34}, "fd13:8000::/64"},
		{"fd00::/9", {0x12, 0x34}, "fd80::/64"},
		{"fd80::/9", {0xff, 0x34}, "fd00::/64"},
		{"fd00::/9 fd80::/9", {0xff, 0x34}, NULL},
		{"fc00::/7", {0}, NULL},
		{"::/0", {0}, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix_vec used = {0};
		char text[PREFIX_TEXT_MAX];
		struct prefix p;

		use(&used, cases[i].used);
		int r = subnet_choose_ipv6(&used, cases[i].random, &p);
		assert_int_equal(r, cases[i].ipv6 ? 0 : -ENOSPC);
		if (cases[i].ipv6) {
			prefix_format(&p, text);
			assert_string_equal(text, cases[i].ipv6);
		}
		vec_release(&used);
	}
}

static void numbering(void **state)
{
	(void)state;
	struct prefix p = prefix_of("fd00:0:3::/64");
	char text[PREFIX_TEXT_MAX];

	p = subnet_host(&p, 1);
	prefix_format(&p, text);
	assert_string_equal(text, "fd00:0:3::1/64");
}

static void mattering(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool matters;
	} cases[] = {
		{"0.0.0.0/0", false},     {"0.0.0.0/1", false},     {"10.1.2.3/32", true},
		{"8.0.0.0/6", true},      {"172.32.0.0/16", false}, {"192.168.255.255/32", true},
		{"100.64.0.0/10", false}, {"::/0", false},          {"fd12::/16", true},
		{"fe80::/64", false},     {"2000::/3", false},      {"fc00::/7", false},
		{"fd00::/8", false},      {"fd80::/9", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p = prefix_of(cases[i].text);

		assert_int_equal(subnet_matters(&p), cases[i].matters);
	}
}

static void hosts(void **state)
{
	(void)state;
	static const struct {
		const char *network, *used, *host; /* host NULL: none is left */
	} cases[] = {
		{"10.0.0.1/24", "", "10.0.0.1/32"},
		{"10.0.0.1/24", "10.0.0.1/32", "10.0.0.2/32"},
		{"10.0.0.1/24", "10.0.0.1/32 10.0.0.3/32", "10.0.0.2/32"},
		{"10.0.0.1/24", "10.0.0.0/25 10.0.0.7/32 10.0.0.128/32", "10.0.0.129/32"},
		{"10.0.0.1/24", "10.0.0.0/25 10.0.0.128/25", NULL},
		{"10.0.0.1/24", "0.0.0.0/0 10.0.0.0/24 10.0.0.1/32", "10.0.0.2/32"},
		{"10.0.0.1/24", "9.0.0.0/8 10.0.1.0/24 ::/0", "10.0.0.1/32"},
		{"10.0.0.1/30", "10.0.0.1/32 10.0.0.2/32", NULL},
		{"10.0.0.1/31", "10.0.0.1/32", "10.0.0.0/32"},
		{"10.0.0.1/31", "10.0.0.0/32 10.0.0.1/32", NULL},
		{"255.255.255.252/30", "255.255.255.253/32", "255.255.255.254/32"},
		{"255.255.255.252/30", "255.255.255.253/32 255.255.255.254/31", NULL},
		{"fd00::1/64", "fd00::1/128", "fd00::2/128"},
		{"fd00::1/64", "fd00::/65 fd00::8000:0:0:0/128", "fd00::8000:0:0:1/128"},
		{"fd00::1/127", "fd00::1/128", "fd00::/128"},
		{"fd00::1/127", "fd00::/128 fd00::1/128", NULL},
		{"fd00::1/126", "fd00::1/128 fd00::2/128", "fd00::3/128"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix network = prefix_of(cases[i].network), host;
		struct prefix_vec used = {0};
		char text[PREFIX_TEXT_MAX];

		use(&used, cases[i].used);
		int r = subnet_choose_host(&network, &used, &host);
		assert_int_equal(r, cases[i].host ? 0 : -ENOSPC);
		if (r == 0) {
			prefix_format(&host, text);
			assert_string_equal(text, cases[i].host);
		}
		vec_release(&used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choosing),  cmocka_unit_test(choosing_ipv6),
		cmocka_unit_test(numbering), cmocka_unit_test(mattering),
		cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
