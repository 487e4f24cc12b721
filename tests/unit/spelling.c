// SPDX-License-Identifier: GPL-2.0-or-later
// The distance of two words.
#include "wgq/base/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static unsigned distance(const char *a, const char *b)
{
	return spelling_distance(a, strlen(a), b, strlen(b));
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{"", "", 0},
		{"", "up", 2},
		{"status", "status", 0},
		{"staus", "status", 1},
		{"statuss", "status", 1},
		{"stetus", "status", 1},
		{"stauts", "status", 1},
		{"tsatsu", "status", 2},
		{"down", "up", 4},
		{"endpoint", "allowedips", 9},
		{"aaaaaaaaaaaaaaaaaaaaaaaa", "", SPELLING_MAX},
		{"aaaaaaaaaaaaaaaaaaaaaaaaa", "a", SPELLING_MAX + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
