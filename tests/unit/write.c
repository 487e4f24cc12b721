// SPDX-License-Identifier: GPL-2.0-or-later
// strip: each expected text is what bash 5.2 printed when it ran wg-quick's own lines
// (linux.bash:50-74,361-363) on the input.
#include "wgq/conf/save/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define TEXT(s) (s), sizeof(s) - 1

static const struct {
	const char *text;
	size_t n;
	const char *stripped;
} cases[] = {
	{TEXT(""), "\n"},
	{TEXT("\n"), "\n\n"},
	{TEXT("  \t"), "\n"},
	{TEXT("a"), "a\n\n"},
	{TEXT("-n\n-e\n"), "-n\n-e\n\n"},
	{TEXT("  a = \\n 'x' $(y) \t\n"), "a = \\n 'x' $(y)\n\n"},
	{TEXT("\r\na\r \n"), "\r\na\r\n\n"},
	/* wg-quick's keys, only in its own [Interface] */
	{TEXT("Address = 1\n[Interface]\nAddress=1\nMTU = 2\nPrivateKey = k\n"),
	 "Address = 1\n[Interface]\nPrivateKey = k\n\n"},
	{TEXT("[INTERFACE] # c\ndns=1\npostup = x # y\nSAVECONFIG=true\nTable=1\n"),
	 "[INTERFACE] # c\n\n"},
	{TEXT("[ Interface ]\nAddress=1\n"), "[ Interface ]\nAddress=1\n\n"},
	{TEXT("[Interface]=x\nAddress=1\n"), "[Interface]=x\n\n"},
	{TEXT("[Interface]\n[Peer]\nAddress=1\n[Interface]\nAddress=1\n"),
	 "[Interface]\n[Peer]\nAddress=1\n[Interface]\n\n"},
	{TEXT("[Interface]\n[Peer\nAddress=1\n"), "[Interface]\n[Peer\nAddress=1\n\n"},
	{TEXT("[Interface]\n#[Peer]\n# Address=1\nAddress # = 1\n\v PreUp \f=1\nPre Up = 1\n"),
	 "[Interface]\n#[Peer]\n# Address=1\nPre Up = 1\n\n"},
	/* without = */
	{TEXT("[Interface]\nAddress\nFoo\nPostUp#=x\n"), "[Interface]\nFoo\n\n"},
	{TEXT("[Interface]\nAddress\xc2\xa0= 1\n"), "[Interface]\nAddress\xc2\xa0= 1\n\n"},
	/* bash drops NUL bytes */
	{TEXT("[Inter\0face]\nAddr\0ess = 1\na\0b\n\0"), "[Interface]\nab\n\n"},
};

static void strips(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf stripped = {0};

		conf_strip(cases[i].text, cases[i].n, &stripped);
		assert_int_equal(buf_status(&stripped), 0);
		assert_string_equal(buf_text(&stripped), cases[i].stripped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(strips)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
