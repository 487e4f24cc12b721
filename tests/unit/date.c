// SPDX-License-Identifier: GPL-2.0-or-later
// Dates are read and written as date(1) has them.
#include "wgq/base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void reading(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{"1970-01-01", 0},
		{"2000-02-29", 951782400},
		{"2026-12-31", 1798675200},
		{"2026-12-31T18:00Z", 1798740000},
		{"2026-12-31T23:59:59Z", 1798761599},
		{"2100-03-01", 4107542400},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = -1;

		assert_int_equal(date_read(cases[i].text, strlen(cases[i].text), &seconds), 0);
		assert_true(seconds == cases[i].seconds);
	}
}

static void refusing(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"2026",
		"2026-1-1",
		"2026-13-01",
		"2026-00-01",
		"2026-02-29",
		"2100-02-29",
		"2026-12-32",
		"2026-12-00",
		"1969-12-31",
		"2026-12-31T18",
		"2026-12-31T18:00",
		"2026-12-31Z",
		"2026-12-31 18:00Z",
		"2026-12-31T24:00Z",
		"2026-12-31T18:60Z",
		"2026-12-31T18:00:60Z",
		"2026-12-31T18:00ZZ",
		"2026-12-31x",
		"+026-12-31",
		"20261231",
		"2026-12-31T18:00+01",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t seconds;

		assert_int_not_equal(date_read(texts[i], strlen(texts[i]), &seconds), 0);
	}
}

/* Every day of four centuries, against the C library. */
static void writing(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 400 * 365; day++)
		for (int64_t second = 0; second < 86400; second += 86399) {
			_cleanup_buf_ struct buf text = {0};
			time_t moment = (time_t)(day * 86400 + second);
			int64_t again = -1;
			char expected[40];
			struct tm tm;

			gmtime_r(&moment, &tm);
			strftime(expected, sizeof(expected), second ? "%FT%TZ" : "%F", &tm);
			date_add(moment, &text);
			assert_string_equal(buf_text(&text), expected);
			assert_int_equal(date_read(buf_text(&text), text.len, &again), 0);
			assert_true(again == moment);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(refusing),
		cmocka_unit_test(writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
