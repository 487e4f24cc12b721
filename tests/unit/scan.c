// SPDX-License-Identifier: GPL-2.0-or-later
// The scanner: each way in which libinih alone would corrupt a configuration, long lines, and
// stopping.
#include "wgq/conf/parse/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wgq/base/buf.h"

/* One letter for the section as wg(8) sees it, * if wg-quick sees [Interface], then the line. */
static int write_line(void *context, const struct scan_line *line, struct diag *d)
{
	struct buf *out = context;

	(void)d;
	buf_addf(out, "%u%c%s ", line->number, "-IP?"[line->wg_section],
		 line -> quick_interface ? "*" : "");
	switch (line->kind) {
	case SCAN_SECTION:
		buf_addf(out, "section %.*s\n", (int)line->key.len, line->key.at);
		return 0;
	case SCAN_JUNK:
		buf_addf(out, "junk %.*s\n", (int)line->key.len, line->key.at);
		return 0;
	case SCAN_KEY:
		buf_addf(out, "%.*s=%.*s", (int)line->key.len, line->key.at, (int)line->value.len,
			 line->value.at);
		if (line->full_value.len != line->value.len)
			buf_addf(out, " [%.*s]", (int)line->full_value.len, line->full_value.at);
		buf_char(out, '\n');
		return 0;
	}
	return 0;
}

static void check(const char *text, const char *expected)
{
	_cleanup_buf_ struct buf out = {0};
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(scan("f", 1, text, strlen(text), write_line, &out, &d), 0);
	assert_int_equal(d.len, 0);
	assert_string_equal(buf_text(&out), expected);
}

static void dialect(void **state)
{
	(void)state;
	static const struct {
		const char *text, *lines;
	} cases[] = {
		{"", ""},
		{"\n\n# c\n  # c\n \t\r\n", ""},
		{"a = 1", "1- a=1\n"},
		/* indented: no continuation */
		{"[Interface]\nPrivateKey = k\n  ListenPort = 1\n\tMTU=2\n",
		 "1I* section [Interface]\n2I* PrivateKey=k\n3I* ListenPort=1\n4I* MTU=2\n"},
		/* ; and # */
		{"[Interface]\nPostUp = a ; b\nPostUp = a;b # c\nMTU=1#c\n;Foo = 1\n; foo\n",
		 "1I* section [Interface]\n2I* PostUp=a ; b\n3I* PostUp=a;b [a;b # c]\n"
		 "4I* MTU=1 [1#c]\n5I* ;Foo=1\n6I* junk ; foo\n"},
		/* : is no = */
		{"[Peer]\nPublicKey: A=\nA:B = c\nx: y\n",
		 "1P section [Peer]\n2P PublicKey: A=\n3P A:B=c\n4P junk x: y\n"},
		/* each section is told, empty or not */
		{"[Peer]\n[Peer]\na=1\n[peer]\n",
		 "1P section [Peer]\n2P section [Peer]\n3P a=1\n4P section [peer]\n"},
		{"[Peer] junk\na=1\n[Peer\nb=1\n[x]\nc=1\n[x]=y\n",
		 "1? junk [Peer] junk\n2? a=1\n3? junk [Peer\n4? b=1\n5? section [x]\n6? c=1\n"
		 "7? junk [x]=y\n"},
		/* the two programs differ about these */
		{"[ Interface ]\na=1\n[INTERFACE]#c\nb=1\n[P e e r]\nc=1\n",
		 "1I section [ Interface ]\n2I a=1\n3I* section [INTERFACE]\n4I* b=1\n"
		 "5P section [P e e r]\n6P c=1\n"},
		{"[Interface]=x\na=1\n[Interface ]\na=1\n",
		 "1?* junk [Interface]=x\n2?* a=1\n3I section [Interface ]\n4I a=1\n"},
		/* CRLF, other white space, none */
		{"[Peer]\r\na = 1\r\n\vb\f=\v2 \f\r\nc=3",
		 "1P section [Peer]\n2P a=1\n3P b=2\n4P c=3\n"},
		{"= 12\n=\n==\n#=\na=#=\n=#\n", "1- =12\n2- =\n3- ==\n5- a= [#=]\n6- = [#]\n"},
		{"]\n[\n[]\n\\\n?=1\n*\n",
		 "1- junk ]\n2? junk [\n3? section []\n4? junk \\\n5? ?=1\n6? junk *\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, cases[i].lines);
}

/* Lines of each length around libinih's limits, keys and sections included. */
static void lengths(void **state)
{
	(void)state;

	for (int n = 1; n < 5000; n = n < 300 ? n + 1 : n + 777) {
		_cleanup_buf_ struct buf text = {0}, expected = {0}, x = {0};

		for (int i = 0; i < n; i++)
			buf_char(&x, i % 5 == 3 && i < n - 1 ? ' ' : i % 5 == 4 ? ';' : 'x');
		buf_addf(&text, "[%s]\nb=1\n[Peer]\n%s=%s\n%s\nc=1\n", buf_text(&x), buf_text(&x),
			 buf_text(&x), buf_text(&x));
		buf_addf(&expected,
			 "1? section [%s]\n2? b=1\n3P section [Peer]\n4P %s=%s\n5P junk %s\n6P "
			 "c=1\n",
			 buf_text(&x), buf_text(&x), buf_text(&x), buf_text(&x));
		check(buf_text(&text), buf_text(&expected));
	}
}

static void not_text(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t n;
		uint32_t line, col;
		const char *lines; /* that are read nevertheless */
	} cases[] = {
		{"a=1\nb=\0002\n", 9, 2, 3, ""},
		{"a=1\n\0", 5, 2, 1, ""},
		{"\0", 1, 1, 1, ""},
		{"\xef\xbb\xbf[Peer]\na=1\n", 14, 1, 1, "1P section [Peer]\n2P a=1\n"},
		{"\xff\xfe[\0", 4, 1, 1, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf out = {0};
		_cleanup_diag_ struct diag d = {0};

		assert_int_equal(scan("f", 1, cases[i].text, cases[i].n, write_line, &out, &d),
				 -EINVAL);
		assert_string_equal(buf_text(&out), cases[i].lines);
		assert_int_equal(d.len, 1);
		assert_int_equal(d.at[0].line, cases[i].line);
		assert_int_equal(d.at[0].col, cases[i].col);
	}
}

static int stop_at_third(void *context, const struct scan_line *line, struct diag *d)
{
	int *calls = context;

	(void)d;
	++*calls;
	return line->number == 3 ? -ENOMEM : 0;
}

static void stopping(void **state)
{
	(void)state;
	static const char text[] = "a=1\n[Peer]\nc=1\nd=1\n[Peer]\n";
	int calls = 0;

	assert_int_equal(scan("f", 1, text, strlen(text), stop_at_third, &calls, NULL), -ENOMEM);
	assert_int_equal(calls, 3);
}

/* Slices point into the text, at the right places. */
static int check_slices(void *context, const struct scan_line *line, struct diag *d)
{
	const char *text = context;

	(void)d;
	assert_ptr_equal(line->text.at, text);
	assert_int_equal(line->text.len, 15);
	assert_ptr_equal(line->key.at, text + 2);
	assert_ptr_equal(line->value.at, text + 7);
	assert_ptr_equal(line->full_value.at, text + 7);
	return 0;
}

static void places(void **state)
{
	(void)state;
	char text[] = "  key= value # \r\n";

	assert_int_equal(scan("f", 1, text, strlen(text), check_slices, text, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialect),  cmocka_unit_test(lengths), cmocka_unit_test(not_text),
		cmocka_unit_test(stopping), cmocka_unit_test(places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
