// SPDX-License-Identifier: GPL-2.0-or-later
// Growable bytes: growth, sticky failure, and the two escapings.
#include "wgq/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void growing(void **state)
{
	(void)state;

	for (int secret = 0; secret < 2; secret++) {
		_cleanup_buf_ struct buf b = {.secret = secret};

		assert_string_equal(buf_text(&b), "");
		for (int i = 0; i < 1000; i++) {
			buf_char(&b, 'a');
			buf_str(&b, "bc");
			buf_mem(&b, "d\0e", 3);
			buf_addf(&b, "%d", i % 10);
		}
		assert_int_equal(buf_status(&b), 0);
		assert_int_equal(b.len, 7000);
		assert_memory_equal(b.data + 6993, "abcd\0e9", 8);
		buf_clear(&b);
		assert_string_equal(buf_text(&b), "");
		assert_int_equal(b.len, 0);
	}
}

static void stealing(void **state)
{
	(void)state;
	struct buf b = {0};
	_cleanup_free_ char *empty = buf_steal(&b);

	assert_string_equal(empty, "");
	buf_str(&b, "x");
	_cleanup_free_ char *text = buf_steal(&b);
	assert_string_equal(text, "x");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

static void failure_sticks(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = {0};

	buf_str(&b, "x");
	buf_mem(&b, "y", SIZE_MAX); /* must not be read */
	assert_int_equal(buf_status(&b), -ENOMEM);
	buf_str(&b, "z");
	assert_string_equal(buf_text(&b), "x");
	assert_null(buf_steal(&b));
	assert_int_equal(buf_status(&b), 0);
}

static void printable(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *shown;
	} cases[] = {
		{"plain ~!", "plain ~!"},
		{"\x1b[31m\r\n\x7f", "\\x1b[31m\\x0d\\x0a\\x7f"},
		{"a\tb", "a b"},
		{"\xc3\xbc \xe2\x82\xac \xf0\x9f\x90\x89",
		 "\xc3\xbc \xe2\x82\xac \xf0\x9f\x90\x89"},
		{"\xc2\x9b"
		 "31m",
		 "\\xc2\\x9b31m"}, /* U+009B is ESC [ to terminals */
		{"\xc0\x80 \xe0\x80\x80", "\\xc0\\x80 \\xe0\\x80\\x80"}, /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* half of a surrogate pair */
		{"\xf4\x90\x80\x80 \xf5", "\\xf4\\x90\\x80\\x80 \\xf5"}, /* above U+10FFFF */
		{"\xe2\x82", "\\xe2\\x82"},                              /* cut off */
		{"\xff", "\\xff"},
		/* They turn text around, hide in it, or begin a line. */
		{"a\u202eb\u2066c", "a\\u202eb\\u2066c"},
		{"\u200b\u200e\u200f\u061c\ufeff\u00ad",
		 "\\u200b\\u200e\\u200f\\u061c\\ufeff\\u00ad"},
		{"\u2028\u2029\u2060\U000e0041", "\\u2028\\u2029\\u2060\\U000e0041"},
		{"\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"}, /* Persian */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf b = {0};

		buf_printable(&b, cases[i].raw, strlen(cases[i].raw));
		assert_string_equal(buf_text(&b), cases[i].shown);
	}
}

static void shell_words(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *word;
	} cases[] = {
		{"wg0", "wg0"},   {"10.0.0.0/8", "10.0.0.0/8"}, {"", "''"},
		{"a b", "'a b'"}, {"it's", "'it'\\''s'"},       {"$(x)`y`", "'$(x)`y`'"},
		{"~", "'~'"},     {"a\nb", "'a\nb'"},           {"*", "'*'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf b = {0};

		buf_shell_word(&b, cases[i].raw);
		assert_string_equal(buf_text(&b), cases[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growing),        cmocka_unit_test(stealing),
		cmocka_unit_test(failure_sticks), cmocka_unit_test(printable),
		cmocka_unit_test(shell_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
