// SPDX-License-Identifier: GPL-2.0-or-later
// Findings and how they are shown.
#include "wgq/base/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void shows(struct diag *d, const char *expected)
{
	_cleanup_buf_ struct buf text = {0};

	diag_format(d, 0, "wgq", false, 0, &text);
	assert_string_equal(buf_text(&text), expected);
	diag_release(d);
}

static void without_place(void **state)
{
	(void)state;
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf expected = {0};

	assert_int_equal(diag_fail(&d, ENETUNREACH, "cannot add route %s", "10.0.0.0/8"),
			 -ENETUNREACH);
	diag_note(&d, "kernel: %s", "no");
	diag_note(&d, "undone: %d", 5);
	diag_hint(&d, "first");
	diag_hint(&d, "try %s", "again");
	assert_int_equal(diag_refuse(&d, EEXIST, "wg0 already exists"), -EEXIST);
	diag_warn(&d, "odd");
	assert_int_equal(diag_errors(&d), 2);
	buf_addf(&expected,
		 "wgq: error: cannot add route 10.0.0.0/8: %s\n"
		 "  kernel: no\n  undone: 5\n  hint: try again\n"
		 "wgq: error: wg0 already exists\nwgq: warning: odd\n",
		 strerror(ENETUNREACH));
	shows(&d, buf_text(&expected));
}

static void with_place(void **state)
{
	(void)state;
	static const char line[] = "AllowedIPs = 10.0.0.0/33";
	struct place at = {"wg0.conf", line, sizeof(line) - 1, 12, 14, 11};
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(diag_fail_at(&d, &at, "write /32", "prefix length %d is above 32", 33),
			 -EINVAL);
	at.text = NULL; /* a secret */
	diag_warn_at(&d, &at, NULL, "x");
	at.col = 0;
	diag_warn_at(&d, &at, NULL, "y");
	at.line = 0;
	diag_warn_at(&d, &at, NULL, "z");
	shows(&d, "wg0.conf:12:14: error: prefix length 33 is above 32\n"
		  "    12 | AllowedIPs = 10.0.0.0/33\n"
		  "       |              ^~~~~~~~~~~\n"
		  "  hint: write /32\n"
		  "wg0.conf:12:14: warning: x\nwg0.conf:12: warning: y\nwg0.conf: warning: z\n");
}

/* The caret counts characters, not bytes, and what drives terminals is escaped. */
static void odd_characters(void **state)
{
	(void)state;
	static const char line[] = "\t\xc3\xbc\x1b = x\xc3\xbcy";
	struct place at = {"f\n", line, sizeof(line) - 1, 1, 8, 4};
	_cleanup_diag_ struct diag d = {0};

	diag_fail_at(&d, &at, NULL, "bad \x07");
	shows(&d, "f\\x0a:1:8: error: bad \\x07\n"
		  "     1 |  \xc3\xbc\\x1b = x\xc3\xbcy\n"
		  "       |          ^~~\n");
}

/* Of a line of megabytes only what surrounds the place is kept and shown. */
static void long_lines(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf line = {0}, text = {0};
	_cleanup_diag_ struct diag d = {0};

	for (int i = 0; i < 300000; i++)
		buf_str(&line, "0123456789");
	for (size_t col = 1; col <= line.len; col = col * 3 + 1) {
		struct place at = {"f", line.data, line.len, 1, (uint32_t)col, 3};
		const char *caret, *quoted;

		diag_fail_at(&d, &at, NULL, "x");
		assert_true(strlen(d.at[0].quote) < 1000);
		diag_format(&d, 0, "wgq", false, 0, &text);
		assert_true(text.len < 1000);

		/* The character above the caret is the one at col. */
		quoted = strstr(buf_text(&text), "| ") + 2;
		caret = strchr(buf_text(&text), '^');
		size_t offset = (size_t)(caret - strrchr(buf_text(&text), '|')) - 2;
		assert_int_equal(quoted[offset], line.data[col - 1]);
		assert_memory_equal(caret, "^~~\n", 4);
		diag_truncate(&d, 0);
		buf_clear(&text);
	}
}

/* Blanks and ends of lines are one. */
static void squeeze(const char *text, struct buf *ret)
{
	for (; *text; text++)
		if (*text != ' ' && *text != '\n')
			buf_char(ret, *text);
		else if (ret->len && ret->data[ret->len - 1] != ' ')
			buf_char(ret, ' ');
}

/* Between words, at every width; a word that is wider, and a quoted line, stay whole. */
static void wrapped(void **state)
{
	(void)state;
	static const char line[] = "AllowedIPs = 10.0.0.0/33, 10.1.0.0/16, 10.2.0.0/16";
	struct place at = {"/etc/wireguard/wg0.conf", line, sizeof(line) - 1, 12, 14, 11};
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf whole = {0}, words = {0};

	diag_fail_at(&d, &at, "write a length of 32 at most, or an IPv6 address",
		     "the length is above 32, w\303\274rde ich sagen");
	diag_note(&d, "this is the second line, which has some words as well");
	diag_format(&d, 0, "wgq", DIAG_PLAIN, 0, &whole);
	squeeze(buf_text(&whole), &words);
	for (size_t width = 32; width < 140; width++) {
		_cleanup_buf_ struct buf text = {0}, again = {0};

		diag_format(&d, 0, "wgq", DIAG_PLAIN, width, &text);
		squeeze(buf_text(&text), &again);
		assert_string_equal(buf_text(&again), buf_text(&words));
		for (const char *l = buf_text(&text); *l; l += strcspn(l, "\n") + 1) {
			size_t n = strcspn(l, "\n");
			const char *umlaut = memchr(l, '\303', n);

			assert_true(n - !!umlaut <= width || memchr(l, '|', n));
		}
	}
}

/* Places that cannot be: the caller's mistake must not become a crash. */
static void impossible_places(void **state)
{
	(void)state;
	static const uint32_t numbers[] = {0, 1, 2, 3, 4, 5, 200, UINT32_MAX};

	for (size_t c = 0; c < 8; c++) {
		for (size_t l = 0; l < 8; l++) {
			for (size_t n = 0; n < 4; n++) {
				struct place at = {"f", "abc", n, 1, numbers[c], numbers[l]};
				_cleanup_diag_ struct diag d = {0};
				_cleanup_buf_ struct buf text = {0};

				diag_fail_at(&d, &at, NULL, "x");
				diag_format(&d, 0, "wgq", true, 0, &text);
				assert_true(text.len < 1000);
			}
		}
	}
}

static void nobody_listens(void **state)
{
	(void)state;
	struct place at = {"f", "abc", 3, 1, 1, 1};

	assert_int_equal(diag_fail(NULL, EPERM, "x"), -EPERM);
	assert_int_equal(diag_fail_at(NULL, &at, "h", "x"), -EINVAL);
	assert_int_equal(diag_no_memory(NULL), -ENOMEM);
	diag_warn(NULL, "x");
	diag_hint(NULL, "x");
	diag_note(NULL, "x");
	diag_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_place),     cmocka_unit_test(with_place),
		cmocka_unit_test(odd_characters),    cmocka_unit_test(long_lines),
		cmocka_unit_test(impossible_places), cmocka_unit_test(wrapped),
		cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
