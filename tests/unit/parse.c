// SPDX-License-Identifier: GPL-2.0-or-later
// Parsing, as far as it shows in no single file's result (tests/golden): limits, sizes, secrets.
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/parse/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char PRIVATE[] = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";
static const char PUBLIC[] = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";

static int parse(const struct buf *text, struct conf *ret, struct diag *d)
{
	return conf_parse("wg0.conf", "wg0", buf_text(text), text->len, ret, d);
}

static void names_kept(void **state)
{
	(void)state;
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_conf_ struct conf other = {0};
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(conf_parse("/etc/x.conf", "exactly15chars.", "", 0, &conf, &d), 0);
	assert_string_equal(conf.path, "/etc/x.conf");
	assert_string_equal(conf.ifname, "exactly15chars.");
	assert_int_equal(conf_parse("x", "these-16-letters", "", 0, &other, &d), -EINVAL);
	assert_int_equal(d.len, 1);
}

static void without_diag(void **state)
{
	(void)state;
	static const char text[] =
		"[Peer]\nAllowedIPs = 10.0.0.1/8, x\nfoo\n[Interface]\nMTU = x\n";
	_cleanup_conf_ struct conf conf = {0};

	assert_int_equal(conf_parse("f", "wg0", text, strlen(text), &conf, NULL), -EINVAL);
	assert_int_equal(conf.wg.peers.len, 1);
}

static void released_twice(void **state)
{
	(void)state;
	static const char text[] =
		"[Interface]\nDNS=1.1.1.1 a\nPostUp=x\nTable=t\nListenPort=domain\n"
		"[Peer]\nEndpoint=a:b\n";
	struct conf conf = {0};

	conf_parse("f", "wg0", text, strlen(text), &conf, NULL);
	conf_release(&conf);
	conf_release(&conf);
	conf_release(NULL);
}

/* A million prefixes, all in one line of 20 MB, or each in a line of its own. */
static void a_million(void **state)
{
	(void)state;

	for (int one_line = 0; one_line < 2; one_line++) {
		_cleanup_buf_ struct buf text = {0};
		_cleanup_conf_ struct conf conf = {0};
		_cleanup_diag_ struct diag d = {0};
		const struct allowed_ip_vec *ips;

		buf_addf(&text, "[Peer]\nPublicKey=%s", PUBLIC);
		for (unsigned int i = 0; i < 1000000; i++)
			buf_addf(&text, "%s10.%u.%u.%u/32",
				 one_line && i ? ",  " : "\nAllowedIPs = ", i >> 16, i >> 8 & 255,
				 i & 255);
		assert_int_equal(parse(&text, &conf, &d), 0);
		ips = &conf.wg.peers.at[0].allowed_ips;
		assert_int_equal(ips->len, 1000000);
		assert_int_equal(ips->at[999999].prefix.addr.bytes[3], 999999 & 255);
		assert_int_equal(ips->at[999999].line, one_line ? 3 : 1000002);
	}
}

/* As many errors: a hundred are shown, and neither time nor memory grows with the line's length
 * for each. */
static void a_million_errors(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf text = {0}, shown = {0};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};

	buf_addf(&text, "[Peer]\nPublicKey=%s\nAllowedIPs = ", PUBLIC);
	for (unsigned int i = 0; i < 1000000; i++)
		buf_str(&text, "10.20.30.400/40,");
	assert_int_equal(parse(&text, &conf, &d), -EINVAL);
	assert_int_equal(d.len, 101);
	diag_format(&d, 0, "wgq", false, 0, &shown);
	assert_true(shown.len < 100 * 1000);
	assert_non_null(strstr(buf_text(&shown), "999901 more errors are not shown"));
}

/* Whatever is done to the name of a key, and wherever it stands, its value is not shown. */
static void secrets_stay(void **state)
{
	(void)state;
	static const char *const sections[] = {"", "[Interface]\n", "[Peer]\n", "[Foo]\n"};
	static const char *const lines[] = {
		"PrivateKey = %s\n",
		"PrivatKey = %s\n",
		"Private Key %s\n",
		"PresharedKey: %s\n",
		"%s\n",
		"%s = \n",
		"= %s\n",
		"[%s]\n",
		"[%s\n",
		";PrivateKey = %s\n",
		"Address = %s\n",
		"DNS = 1.1.1.1:%s\n",
		"MTU = %s\n",
		"SaveConfig = %s\n",
		"ListenPort = %s\n",
		"FwMark = 0x%s\n",
		"PublicKey = %s\n",
		"AllowedIPs = ::/0,%s\n",
		"AllowedIPs = ::/%s\n",
		"Endpoint = [%s\n",
		"Endpoint = a:%s\n",
		"PersistentKeepalive = %s\n",
		"PrivateKey = x%s\n",
		"PreUp = wg set private-key <(echo %s)\nfoo\n",
	};
	static const int cuts[] = {0, 1, 2, 4}; /* characters lost at the end */

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
			for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
				_cleanup_buf_ struct buf text = {0}, shown = {0}, key = {0};
				_cleanup_conf_ struct conf conf = {0};
				_cleanup_diag_ struct diag d = {0};
				const char *value = strchr(lines[k], '%');

				buf_mem(&key, PRIVATE, strlen(PRIVATE) - (size_t)cuts[c]);
				buf_str(&text, sections[i]);
				buf_mem(&text, lines[k], (size_t)(value - lines[k]));
				buf_str(&text, buf_text(&key));
				buf_str(&text, value + 2);
				parse(&text, &conf, &d);
				diag_format(&d, 0, "wgq", false, 0, &shown);
				/* Not even a part of it. */
				if (memmem(buf_text(&shown), shown.len, PRIVATE + 5, 10))
					fail_msg("%s shows\n%s", buf_text(&text), buf_text(&shown));
			}
		}
	}
}

static void key_names(void **state)
{
	(void)state;
	size_t n = 0;

	for (const struct conf_key *key = conf_keys(); key->name; key++, n++)
		assert_true(strcmp(key->section, "Interface") == 0 ||
			    strcmp(key->section, "Peer") == 0);
	assert_int_equal(n, KEY_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_kept),       cmocka_unit_test(without_diag),
		cmocka_unit_test(released_twice),   cmocka_unit_test(a_million),
		cmocka_unit_test(a_million_errors), cmocka_unit_test(secrets_stay),
		cmocka_unit_test(key_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
