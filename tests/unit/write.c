// SPDX-License-Identifier: GPL-2.0-or-later
// strip: each expected text is what bash 5.2 printed when it ran wg-quick's own lines
// (linux.bash:50-74,361-363) on the input.
#include "wgq/conf/save/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "wgq/conf/parse/parse.h"

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

		conf_strip(cases[i].text, cases[i].n, READER_WG, &stripped);
		assert_int_equal(buf_status(&stripped), 0);
		assert_string_equal(buf_text(&stripped), cases[i].stripped);
	}
}

/* Of one file the text stays, but for what wg-quick does not know. */
static void for_wg_quick(void **state)
{
	static const char text[] = "# ours\n[Interface]\n  Address = 10.0.0.1/24 # kept\n"
				   "Metric = 7\nPostUp = - a || -b # c\nPreDown=-d\nPostDown = e\n"
				   "[Peer] # x\nFallbackEndpoint = 192.0.2.1:1\nEndpoint = h:1\n"
				   "PreUp = -in no interface";
	static const char expect[] = "# ours\n[Interface]\nAddress = 10.0.0.1/24 # kept\n"
				     "PostUp = a || -b # c\nPreDown = d\nPostDown = e\n"
				     "[Peer] # x\nEndpoint = h:1\nPreUp = -in no interface\n";
	_cleanup_buf_ struct buf stripped = {0};

	(void)state;
	conf_strip(TEXT(text), READER_WG_QUICK, &stripped);
	assert_string_equal(buf_text(&stripped), expect);
}

#define A       "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
#define B       "JrHnHmdDYfwzRUecZKUrXLfvUCKlQOKCPAgpKxjnDWM="
#define PRIVATE "4GgaQCy68nzNsUE5aJ9fuLzHhB65tAlwbmA72MWnOm8="
#define PSK     "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="

static void from_values(void **state)
{
	static const char main_file[] =
		"[Interface]\nPrivateKey=" PRIVATE "\nListenPort = domain\nFwMark = 010\n"
		"Address = 10.0.0.1/24,fd00::1/64\nDNS = example.org, 10.0.0.53\nTable = 0x10\n"
		"[Peer]\nPublicKey = " A "\nAllowedIPs = 10.1.0.0/16, 10.2.0.0/16\n"
		"Endpoint = [fe80::1%eth0]:1\nPresharedKey = " PSK "\n"
		"[Peer]\nPublicKey = " B "\nAllowedIPs = +10.3.0.0/16, -10.4.0.0/16\n"
		"Endpoint = 192.0.2.1:1\n";
	static const char drop_in[] = SOURCES_BETWEEN
		"[Interface]\nMTU = 1400\nSaveConfig = true\nPostUp = -a # b\n"
		"[Peer]\nPublicKey = " A "\nAllowedIPs = -10.2.0.0/16, 10.5.0.0/16\n"
		"PersistentKeepalive = off\n";
#define WG "[Interface]\nPrivateKey = " PRIVATE "\nListenPort = domain\nFwMark = 0xa\n"
#define QUICK                                                                                      \
	"Address = 10.0.0.1/24, fd00::1/64\nDNS = 10.0.0.53, example.org\nMTU = 1400\nTable = "    \
	"16\n"                                                                                     \
	"SaveConfig = true\nPostUp = a # b\n"
#define PEERS                                                                                      \
	"\n[Peer]\nPublicKey = " A "\nPresharedKey = " PSK                                         \
	"\nAllowedIPs = 10.1.0.0/16, 10.5.0.0/16\n"                                                \
	"Endpoint = [fe80::1%eth0]:1\nPersistentKeepalive = 0\n"                                   \
	"\n[Peer]\nPublicKey = " B "\nAllowedIPs = +10.3.0.0/16, -10.4.0.0/16\n"                   \
	"Endpoint = 192.0.2.1:1\n"
	_cleanup_config_text_ struct config_text text = {0};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_buf_ struct buf wg = {0}, quick = {0};

	(void)state;
	buf_str(&text.text, main_file);
	assert_int_equal(sources_add(&text.files, "a", NULL, TEXT(main_file)), 0);
	buf_str(&text.text, drop_in);
	assert_int_equal(sources_add(&text.files, "b", NULL, buf_text(&text.text), text.text.len),
			 0);
	assert_int_equal(conf_parse_files(&text.files, "wg0", buf_text(&text.text), &conf, NULL),
			 0);
	conf_write(&conf, READER_WG, &wg);
	assert_string_equal(buf_text(&wg), WG PEERS);
	conf_write(&conf, READER_WG_QUICK, &quick);
	assert_string_equal(buf_text(&quick), WG QUICK PEERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strips),
		cmocka_unit_test(for_wg_quick),
		cmocka_unit_test(from_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
