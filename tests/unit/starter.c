// SPDX-License-Identifier: GPL-2.0-or-later
// The two halves of a first configuration are legal, fit each other, and endpoints are read
// strictly.
#include "wgq/conf/save/starter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "wgq/conf/derive.h"
#include "wgq/conf/parse/parse.h"

static void parse(const struct buf *text, struct conf *ret)
{
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(buf_status(text), 0);
	assert_int_equal(conf_parse("t.conf", "t", buf_text(text), text->len, ret, &d), 0);
	assert_int_equal(d.len, 0);
	assert_int_equal(ret->wg.peers.len, 1);
	assert_int_equal(conf_derive(ret, &d), 0);
	assert_int_equal(ret->addresses.len, ret->address_from_key.len ? 1 : 2);
}

static bool allows(const struct conf *conf, const struct prefix *host)
{
	vec_each(allowed, &conf->wg.peers.at[0].allowed_ips)
		if (prefix_covers(&allowed->prefix, host))
			return true;
	return false;
}

/* What one half says of itself, the other says of its peer. */
static void fits(const struct conf *here, const struct conf *there)
{
	struct key public_key;

	key_public(&here->wg.private_key, &public_key);
	assert_true(key_equal(&public_key, &there->wg.peers.at[0].public_key));
	vec_each(address, &here->addresses) {
		struct prefix host = address->prefix;

		host.len = addr_bits(&host.addr);
		assert_true(allows(there, &host));
	}
}

static void halves(void **state)
{
	(void)state;
	struct starter s = {.own_key = {{8, [31] = 64}},
			    .peer_key = {{16, [31] = 65}},
			    .subnets = {{{AF_INET, {10, 1, 2}}, 24}, {{AF_INET6, {0xfd, 1}}, 64}},
			    .port = 4500,
			    .endpoint = "[2001:db8::1]:4500"};
	_cleanup_buf_ struct buf own = {0}, peer = {0};
	_cleanup_conf_ struct conf here = {0}, there = {0};

	starter_own(&s, &own);
	starter_peer(&s, &peer);
	parse(&own, &here);
	parse(&peer, &there);
	fits(&here, &there);
	fits(&there, &here);
	assert_int_equal(here.wg.listen_port, 4500);
	assert_false(here.wg.peers.at[0].has_endpoint);
	assert_int_equal(there.wg.peers.at[0].endpoint.in6.sin6_port, htons(4500));
	starter_release(&s);
	assert_true(key_is_zero(&s.own_key) && key_is_zero(&s.peer_key));
}

static void from_keys(void **state)
{
	struct starter s = {.own_key = {{8, [31] = 64}},
			    .peer_key = {{16, [31] = 65}},
			    .subnets = {{{AF_INET, {10, 1, 2}}, 24}, {{AF_INET6, {0xfd, 1}}, 64}},
			    .from_key = true};
	_cleanup_buf_ struct buf own = {0}, peer = {0};
	_cleanup_conf_ struct conf here = {0}, there = {0};

	(void)state;
	starter_own(&s, &own);
	starter_peer(&s, &peer);
	parse(&own, &here);
	parse(&peer, &there);
	fits(&here, &there);
	fits(&there, &here);
	assert_int_equal(here.addresses.at[0].prefix.len, 64);
	starter_release(&s);
}

static void endpoints(void **state)
{
	(void)state;
	static const struct {
		const char *text, *written; /* NULL: refused */
	} cases[] = {
		{"vpn.example.org", "vpn.example.org:51820"},
		{"vpn.example.org:443", "vpn.example.org:443"},
		{"192.0.2.1:1", "192.0.2.1:1"},
		{"2001:db8::1", "[2001:db8::1]:51820"},
		{"[2001:db8::1]", "[2001:db8::1]:51820"},
		{"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
		{"", NULL},
		{":5", NULL},
		{"host:", NULL},
		{"host:0", NULL},
		{"host:65536", NULL},
		{"host:99999999999999999999", NULL},
		{"host:5x", NULL},
		{"[192.0.2.1]:5", NULL},
		{"[::1", NULL},
		{"[::1]5", NULL},
		{"a b", NULL},
		{"a\nPostUp = reboot", NULL},
		{"-host", NULL},
		{"192.0.2.300", NULL},
		{"a..b", NULL},
		{"fe80::1", NULL},
		{"[fe80::1]:5", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf text = {0};
		uint16_t port = 51820;
		int r = starter_endpoint(cases[i].text, &port, &text);

		assert_int_equal(r, cases[i].written ? 0 : -EINVAL);
		if (cases[i].written)
			assert_string_equal(buf_text(&text), cases[i].written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves),
		cmocka_unit_test(from_keys),
		cmocka_unit_test(endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
