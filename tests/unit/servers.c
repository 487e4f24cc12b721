// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of name servers and search domains: when they are the same, and what one lacks.
#include "wgq/plan/servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static struct conf_text_vec list(const char *lines)
{
	struct conf_text_vec ret = {0};
	struct buf text = {0};

	buf_str(&text, lines);
	assert_int_equal(servers_split(&text, &ret), 0);
	buf_release(&text);
	return ret;
}

static void test_all(void **state)
{
	static const struct {
		const char *wanted, *there;
		bool equal;
		const char *missing;
		servers_same *same;
	} cases[] = {
		{"", "", true, "", servers_same_address},
		{"1.1.1.1\n", "1.1.1.1\n", true, "", servers_same_address},
		{"2001:DB8:0::1\n", "2001:db8::1\n", true, "", servers_same_address},
		{"1.1.1.1\n::1\n", "::1\n1.1.1.1\n", false, "", servers_same_address},
		{"1.1.1.1\n::1\n", "1.1.1.1\n", false, "::1", servers_same_address},
		{"1.1.1.1\n::1\n", "9.9.9.9\n", false, "1.1.1.1, ::1", servers_same_address},
		{"1.1.1.1\n", "9.9.9.9\n1.1.1.1\n", false, "", servers_same_address},
		{"fe80::1%eth0\n", "fe80::1%eth0\n", true, "", servers_same_address},
		{"fe80::1%eth0\n", "fe80::1%eth1\n", false, "fe80::1%eth0", servers_same_address},
		{"Corp.example.\n", "corp.EXAMPLE\n", true, "", servers_same_domain},
		{"corp.example\n", "corp.example.org\n", false, "corp.example",
		 servers_same_domain},
		{"~corp\n", "corp\n", false, "~corp", servers_same_domain},
		{"~.\nlan\n", "lan\n", true, "", servers_same_domain},
		{"lan\n", "lan\n~.\n", true, "", servers_same_domain},
		{"~.\n", "lan\n", false, "", servers_same_domain},
		{"a\x1b\n", "", false, "a\\x1b", servers_same_domain},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_text_vec wanted = list(cases[i].wanted), there = list(cases[i].there);
		struct buf lines = {0}, missing = {0};

		buf_str(&lines, cases[i].there);
		assert_int_equal(servers_equal(&wanted, &there, cases[i].same), cases[i].equal);
		assert_int_equal(servers_missing(&wanted, &lines, cases[i].same, &missing), 0);
		assert_string_equal(buf_text(&missing), cases[i].missing);
		conf_texts_release(&wanted);
		conf_texts_release(&there);
		buf_release(&lines);
		buf_release(&missing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
