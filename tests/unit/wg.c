// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoints and peers as values, and which policy rules are the same.
#include "wgq/net/wg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "wgq/net/spec.h"

static union endpoint endpoint_of(const char *host, uint16_t port, uint32_t scope)
{
	union endpoint e = {0};

	if (inet_pton(AF_INET, host, &e.in.sin_addr) == 1) {
		e.in.sin_family = AF_INET;
		e.in.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, host, &e.in6.sin6_addr) == 1) {
		e.in6.sin6_family = AF_INET6;
		e.in6.sin6_port = htons(port);
		e.in6.sin6_scope_id = scope;
	}
	return e;
}

static void endpoints_format(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		uint32_t scope;
		const char *text;
		size_t size;
	} cases[] = {
		{"192.0.2.1", 0, "192.0.2.1:51820", sizeof(struct sockaddr_in)},
		{"2001:db8::1", 0, "[2001:db8::1]:51820", sizeof(struct sockaddr_in6)},
		{"fe80::1", 7, "[fe80::1%7]:51820", sizeof(struct sockaddr_in6)},
		{"", 0, "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf text = {0};
		union endpoint e = endpoint_of(cases[i].host, 51820, cases[i].scope);

		endpoint_format(&e, &text);
		assert_string_equal(buf_text(&text), cases[i].text);
		assert_int_equal(endpoint_size(&e), cases[i].size);
	}
}

static void endpoints_compare(void **state)
{
	(void)state;
	union endpoint a = endpoint_of("fe80::1", 1, 1), b = a, none = {0};

	b.in6.sin6_flowinfo = 5; /* not part of where packets go */
	assert_true(endpoint_equal(&a, &b));
	b = endpoint_of("fe80::1", 2, 1);
	assert_false(endpoint_equal(&a, &b));
	b = endpoint_of("fe80::1", 1, 2);
	assert_false(endpoint_equal(&a, &b));
	b = endpoint_of("192.0.2.1", 1, 0);
	assert_false(endpoint_equal(&a, &b));
	a = endpoint_of("192.0.2.1", 2, 0);
	assert_false(endpoint_equal(&a, &b));
	assert_false(endpoint_equal(&a, &none));
	assert_true(endpoint_equal(&none, &none));
}

static void peers_move_whole(void **state)
{
	(void)state;
	struct wg_device device = {0};

	for (uint8_t i = 0; i < 100; i++) {
		struct wg_peer *peer = wg_device_add_peer(&device);

		assert_non_null(peer);
		peer->preshared_key.bytes[0] = i;
		assert_non_null(vec_push(&peer->allowed_ips));
	}
	assert_int_equal(device.peers.len, 100);
	for (uint8_t i = 0; i < 100; i++)
		assert_int_equal(device.peers.at[i].preshared_key.bytes[0], i);
	wg_device_release(&device);
	assert_null(device.peers.at);
	wg_device_release(&device);
	wg_device_release(NULL);
	wg_peer_release(NULL);
}

static void rules(void **state)
{
	(void)state;
	const struct rule ours = {.family = AF_INET,
				  .invert = true,
				  .exact = true,
				  .has_fwmark = true,
				  .fwmark = 51820,
				  .table = 51820};
	struct rule other = ours;

	other.priority = 32765;
	other.protocol = 2;
	assert_true(rule_same(&ours, &other));
	other.invert = false; /* the opposite rule */
	assert_false(rule_same(&ours, &other));
	other = ours;
	other.exact = false; /* has a selector that wgq does not know */
	assert_false(rule_same(&ours, &other));
	other = ours;
	other.has_suppress = true;
	assert_false(rule_same(&ours, &other));
	other = ours;
	other.fwmark = 1;
	assert_false(rule_same(&ours, &other));
	other.has_fwmark = false;
	assert_false(rule_same(&ours, &other));
	other = ours;
	other.family = AF_INET6;
	assert_false(rule_same(&ours, &other));
}

/* 251 peers in an order of no order (the number is prime), of which each is found, and no other. */
static void peers_are_found(void **state)
{
	_cleanup_wg_device_ struct wg_device device = {0};
	struct wg_peer_pointers sorted = {0};
	struct key key = {0};

	(void)state;
	assert_null(wg_peers_find(&sorted, &key));
	for (unsigned int i = 0; i < 251; i++)
		wg_device_add_peer(&device)->public_key.bytes[0] = (uint8_t)(i * 100 % 251);
	assert_int_equal(wg_peers_sort(&device.peers, 1, &sorted), 0);
	for (unsigned int i = 1; i < 251; i++)
		assert_ptr_equal(wg_peers_find(&sorted, &device.peers.at[i].public_key),
				 &device.peers.at[i]);
	assert_null(wg_peers_find(&sorted, &device.peers.at[0].public_key));
	key.bytes[0] = 251;
	assert_null(wg_peers_find(&sorted, &key));
	vec_release(&sorted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_format),
		cmocka_unit_test(endpoints_compare),
		cmocka_unit_test(peers_move_whole),
		cmocka_unit_test(peers_are_found),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
