// SPDX-License-Identifier: GPL-2.0-or-later
// A line number that counts through several files becomes the place in one of them.
#include "wgq/base/sources.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Two lines, none, one without a newline at its end, one empty behind the newline. */
static const char *const texts[] = {"a\nb", "", "c", "\n"};
static const struct {
	uint32_t line;
	const char *file;
	uint32_t local;
} places[] = {
	{0, "0", 0}, {1, "0", 1}, {2, "0", 2}, {3, "0", 3}, {4, "1", 1},
	{5, "1", 2}, {6, "2", 1}, {8, "3", 1}, {9, "3", 2},
};

static void fill(struct sources *sources)
{
	_cleanup_buf_ struct buf text = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char name[] = {(char)('0' + i), '\0'};

		buf_str(&text, i ? SOURCES_BETWEEN : "");
		buf_str(&text, texts[i]);
		assert_int_equal(
			sources_add(sources, name, i ? "/real" : NULL, buf_text(&text), text.len),
			0);
		assert_memory_equal(buf_text(&text) + sources->at[i].at, texts[i],
				    sources->at[i].len);
		assert_int_equal(sources->at[i].len, strlen(texts[i]));
	}
}

static void test_places(void **state)
{
	struct sources sources = {0};

	(void)state;
	fill(&sources);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place place = sources_place(&sources, places[i].line);

		assert_string_equal(place.file, places[i].file);
		assert_int_equal(place.line, places[i].local);
		assert_null(place.text);
	}
	sources_release(&sources);
}

static void test_names(void **state)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_diag_ struct diag d = {0};
	struct sources sources = {0};

	(void)state;
	fill(&sources);
	sources_name_line(&sources, 2, 1, &text);
	buf_str(&text, ", ");
	sources_name_line(&sources, 2, 6, &text);
	assert_string_equal(buf_text(&text), "line 2, line 2 of 0");

	diag_fail(&d, 1, "x");
	sources_note_asked(&sources, 0, &d);
	assert_null(d.at[0].notes);
	sources_note_asked(&sources, 9, &d);
	assert_string_equal(d.at[0].notes, "asked for by 3:2\n");
	sources_release(&sources);
}

static void test_copy(void **state)
{
	struct sources sources = {0}, copy = {0};

	(void)state;
	fill(&sources);
	assert_int_equal(sources_copy(&sources, &copy), 0);
	sources_release(&sources);
	assert_int_equal(copy.len, 4);
	assert_string_equal(sources_place(&copy, 9).file, "3");
	assert_null(copy.at[0].real);
	assert_string_equal(copy.at[3].real, "/real");
	sources_release(&copy);
}

static void test_unknown(void **state)
{
	const struct sources none = {0};

	(void)state;
	assert_null(sources_find(NULL, 3));
	assert_null(sources_find(&none, 3));
	assert_null(sources_place(NULL, 3).file);
	assert_int_equal(sources_place(NULL, 3).line, 0);
}

/* Numbers never wrap, which would name a wrong file. */
static void test_too_many(void **state)
{
	struct sources sources = {0};

	(void)state;
	assert_int_equal(sources_add(&sources, "a", NULL, "", 0), 0);
	sources.at[0].lines = UINT32_MAX - 1;
	assert_int_equal(sources_add(&sources, "b", NULL, "\n\n\n", 3), -EFBIG);
	assert_int_equal(sources.len, 1);
	sources_release(&sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),   cmocka_unit_test(test_names),
		cmocka_unit_test(test_copy),     cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
