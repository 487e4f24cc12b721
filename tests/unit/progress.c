// SPDX-License-Identifier: GPL-2.0-or-later
// Progress as text.
#include "wgq/cmd/terminal/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	size_t done, total;
	uint64_t ms;
	const char *text;
} cases[] = {
	{200000, 1000000, 2000, "200,000 of 1,000,000 routes, 100,000/s, 8 s left"},
	{999, 1000, 1000, "999 of 1,000 routes, 999/s, 1 s left"},
	{1000, 1000, 1000, "1,000 of 1,000 routes, 1,000/s, 0 s left"},
	{128, 1000000, 10000, "128 of 1,000,000 routes, 12/s, 1388 min 43 s left"},
	{0, 100, 1500, "0 of 100 routes"},
	{50, 100, 0, "50 of 100 routes"},
};

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf text = {0};

		progress_text("routes", cases[i].done, cases[i].total, cases[i].ms, &text);
		assert_string_equal(buf_text(&text), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
