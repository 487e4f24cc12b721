// SPDX-License-Identifier: GPL-2.0-or-later
// AddressFromKey: cunicu's vectors, prefixes of every length, collisions, and what is not saved.
#include "wgq/conf/derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "texts.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/net/key_addr.h"

#define THEIRS "buxfBfaNZI8UFT0cB1aj9YanhbLfxlTfd/hH3DrGaFA="
#define OTHER  "ZEki/XKEsqdjFyURo5Sm+g3vXSKJKpV5WmwWKAQqo2c="

static void vectors(void **state)
{
	static const struct {
		const char *key, *in, *addr;
	} cases[] = {
		{THEIRS, "fc2f:9a4d::/32", "fc2f:9a4d:d37d:237d:27f8:776c:213d:d266"},
		{THEIRS, "10.237.0.0/16", "10.237.211.125"},
		{THEIRS, "fe80::/64", "fe80::d37d:237d:27f8:776c"},
		{OTHER, "fc2f:9a4d::/32", "fc2f:9a4d:2acf:dc7e:546:6f82:3d72:a585"},
		{OTHER, "10.237.0.0/16", "10.237.42.207"},
		/* d3 7d ... >> 4, and host bits of the prefix that do not count. */
		{THEIRS, "10.255.0.0/12", "10.253.55.210"},
		{THEIRS, "0.0.0.0/0", "211.125.35.125"},
		{THEIRS, "192.0.2.0/31", "192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct prefix in = prefix_of(cases[i].in);
		char text[ADDR_TEXT_MAX];
		struct addr addr;
		struct key key;

		assert_int_equal(key_from_base64(cases[i].key, KEY_BASE64_LEN, &key), 0);
		key_addr(&key, &in, &addr);
		addr_format(&addr, text);
		assert_string_equal(text, cases[i].addr);
	}
}

/* An integer of 128 bits, shifted bit by bit. */
static void every_length(void **state)
{
	const struct prefix whole = prefix_of("::/0");
	struct addr hash;
	struct key key;

	(void)state;
	assert_int_equal(key_from_base64(THEIRS, KEY_BASE64_LEN, &key), 0);
	key_addr(&key, &whole, &hash);
	for (unsigned int len = 0; len <= 128; len++) {
		struct prefix in = prefix_of("a5a5:a5a5:a5a5:a5a5:a5a5:a5a5:a5a5:a5a5/128");
		struct addr addr;

		in.len = (uint8_t)len;
		key_addr(&key, &in, &addr);
		for (unsigned int bit = 0; bit < 128; bit++) {
			const uint8_t *from = bit < len ? in.addr.bytes : hash.bytes;
			unsigned int at = bit < len ? bit : bit - len;

			assert_int_equal(addr.bytes[bit / 8] >> (7 - bit % 8) & 1,
					 from[at / 8] >> (7 - at % 8) & 1);
		}
	}
}

static void parse(const char *text, struct conf *ret)
{
	assert_int_equal(conf_parse("wg0.conf", "wg0", text, strlen(text), ret, NULL), 0);
}

#define PRIVATE "[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n"

static void adds(void **state)
{
	_cleanup_conf_ struct conf conf = {0};

	(void)state;
	parse(PRIVATE "Address = 10.1.1.1/24\nAddressFromKey = fe80::/64, 10.237.0.0/16\n"
		      "[Peer]\nPublicKey = " THEIRS "\nAllowedIPs = 10.237.211.125/32\n"
		      "[Peer]\nPublicKey = " OTHER "\n",
	      &conf);
	assert_int_equal(conf_derive(&conf, NULL), 0);
	assert_int_equal(conf.addresses.len, 3);
	assert_int_equal(conf.addresses.at[1].prefix.len, 64);
	assert_int_equal(conf.addresses.at[2].prefix.len, 16);
	assert_int_equal(conf.addresses.at[2].line, 4);
	/* One is there already. */
	assert_int_equal(conf.wg.peers.at[0].allowed_ips.len, 2);
	assert_int_equal(conf.wg.peers.at[0].allowed_ips.at[1].prefix.len, 128);
	assert_int_equal(conf.wg.peers.at[1].allowed_ips.len, 2);
	/* Again: all are. */
	assert_int_equal(conf_derive(&conf, NULL), 0);
	assert_int_equal(conf.addresses.len, 3);
	assert_int_equal(conf.wg.peers.at[1].allowed_ips.len, 2);
}

static void refuses(const char *text, const char *message)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf said = {0};

	parse(text, &conf);
	assert_int_equal(conf_derive(&conf, &d), -EINVAL);
	diag_message(&d.at[0], &said);
	assert_string_equal(buf_text(&said), message);
}

static void collisions(void **state)
{
	_cleanup_conf_ struct conf twice = {0}, unknown = {0};

	(void)state;
	/* d3 and 2a: the first bit makes two of them. */
	refuses(PRIVATE "AddressFromKey = 192.0.2.0/31\n[Peer]\nPublicKey = " THEIRS
			"\n[Peer]\nPublicKey = " OTHER "\n",
		"this host and the peer of line 6 both have 192.0.2.0 by their keys");
	refuses("[Interface]\nAddressFromKey = fe80::/64\n",
		"AddressFromKey needs the private key of this host");
	/* Blocks of one peer. */
	parse(PRIVATE "AddressFromKey = fe80::/64\n[Peer]\nPublicKey = " THEIRS
		      "\n[Peer]\nPublicKey = " THEIRS "\n",
	      &twice);
	assert_int_equal(conf_derive(&twice, NULL), 0);
	/* The key is in a file that was not read. */
	parse("[Interface]\nPrivateKeyFile = x\nAddressFromKey = fe80::/64\n[Peer]\nPublicKey "
	      "= " THEIRS "\n",
	      &unknown);
	assert_int_equal(conf_derive(&unknown, NULL), 0);
	assert_int_equal(unknown.addresses.len, 0);
	assert_int_equal(unknown.wg.peers.at[0].allowed_ips.len, 1);
}

/* What runs by a configuration is what it says itself, once what follows is left out. */
static void is_forgotten(void **state)
{
	static const char text[] =
		PRIVATE "Address = 10.1.1.1/24\nAddressFromKey = fe80::/64, 10.237.0.0/16\n"
			"[Peer]\nPublicKey = " THEIRS "\nAllowedIPs = 10.237.211.125/32\n"
			"[Peer]\nPublicKey = " OTHER "\nPresharedKeyFile = x\n";
	_cleanup_conf_ struct conf conf = {0}, up = {0};

	(void)state;
	parse(text, &conf);
	parse(text, &up);
	assert_int_equal(conf_derive(&up, NULL), 0);
	up.wg.peers.at[0].preshared_key.bytes[0] = up.wg.peers.at[1].preshared_key.bytes[0] = 1;
	assert_int_equal(conf_forget_derived(&conf, &up.wg, &up.addresses), 0);
	assert_int_equal(up.addresses.len, 1);
	assert_int_equal(up.wg.peers.at[0].allowed_ips.len, 1);
	assert_int_equal(up.wg.peers.at[1].allowed_ips.len, 0);
	assert_int_equal(up.wg.peers.at[0].preshared_key.bytes[0], 1);
	assert_int_equal(up.wg.peers.at[1].preshared_key.bytes[0], 0);
	assert_true(up.wg.has_private_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),      cmocka_unit_test(every_length),
		cmocka_unit_test(adds),         cmocka_unit_test(collisions),
		cmocka_unit_test(is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
