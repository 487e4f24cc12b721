// SPDX-License-Identifier: GPL-2.0-or-later
// The text of userspace WireGuard: what is written, and answers good, cut and hostile.
#include "wgq/kernel/wg/uapi_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY_A        "a0000000000000000000000000000000000000000000000000000000000000a1"
#define KEY_B        "b0000000000000000000000000000000000000000000000000000000000000b1"
#define KEY_NONE     "0000000000000000000000000000000000000000000000000000000000000000"

/* As wireguard-go writes it. */
static const char answer[] =
	"private_key=" KEY_B "\nlisten_port=51820\nfwmark=51820\n"
	"public_key=" KEY_A "\npreshared_key=" KEY_B "\nprotocol_version=1\n"
	"endpoint=[fe80::1%7]:65535\nlast_handshake_time_sec=1700000000\n"
	"last_handshake_time_nsec=999\ntx_bytes=18446744073709551615\nrx_bytes=7\n"
	"persistent_keepalive_interval=25\nallowed_ip=0.0.0.0/0\nallowed_ip=fd00::/64\n"
	"public_key=" KEY_B "\npreshared_key=" KEY_NONE "\nendpoint=192.0.2.1:1\n"
	"last_handshake_time_sec=0\npersistent_keepalive_interval=0\nsome_news=4\nerrno=0\n\n";

static int read_answer(const char *text, size_t n, size_t step, struct uapi_reply *reply)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i += step) {
		size_t piece = n - i < step ? n - i : step;
		/* At its exact size, for the sanitiser. */
		_cleanup_free_ char *copy = mem_strndup(text + i, piece);

		err = uapi_reply_add(reply, copy, piece);
	}
	return err;
}

static struct key key_of(const char *hex)
{
	struct key k;

	assert_int_equal(key_from_hex(hex, strlen(hex), &k), 0);
	return k;
}

static void check_answer(const struct wg_device *device)
{
	struct key a = key_of(KEY_A), b = key_of(KEY_B);
	struct buf endpoint = {0};

	assert_true(device->has_private_key && key_equal(&device->private_key, &b));
	assert_true(device->has_listen_port && device->listen_port == 51820);
	assert_true(device->has_fwmark && device->fwmark == 51820);
	assert_int_equal(device->peers.len, 2);

	const struct wg_peer *peer = &device->peers.at[0];
	assert_true(key_equal(&peer->public_key, &a) && key_equal(&peer->preshared_key, &b));
	assert_true(peer->has_preshared_key && peer->has_endpoint && peer->has_keepalive);
	assert_int_equal(peer->last_handshake, 1700000000);
	assert_true(peer->tx_bytes == UINT64_MAX && peer->rx_bytes == 7);
	assert_int_equal(peer->keepalive, 25);
	assert_int_equal(peer->allowed_ips.len, 2);
	assert_int_equal(peer->allowed_ips.at[1].prefix.len, 64);
	endpoint_format(&peer->endpoint, &endpoint);
	assert_string_equal(buf_text(&endpoint), "[fe80::1%7]:65535");
	buf_release(&endpoint);

	peer = &device->peers.at[1];
	assert_false(peer->has_preshared_key || peer->has_keepalive);
	assert_int_equal(peer->endpoint.in.sin_port, htons(1));
	assert_int_equal(peer->allowed_ips.len, 0);
}

/* However the bytes arrive. */
static void reads_an_answer(void **state)
{
	(void)state;
	static const size_t steps[] = {1, 2, 7, 64, sizeof(answer)};

	for (size_t i = 0; i < COUNT(steps); i++) {
		_cleanup_wg_device_ struct wg_device device = {0};
		struct uapi_reply reply = {.device = &device};

		assert_int_equal(read_answer(answer, strlen(answer), steps[i], &reply), 0);
		assert_true(reply.done);
		assert_int_equal(reply.error, 0);
		check_answer(&device);
		uapi_reply_release(&reply);
	}
}

/* The peers that are asked for, without what does not change by itself. */
static void reads_some_peers(void **state)
{
	static const char *const keys[] = {KEY_A, KEY_B};
	static const size_t steps[] = {1, 2, 7, 64, sizeof(answer)};

	(void)state;
	for (size_t i = 0; i < COUNT(steps) * COUNT(keys); i++) {
		const struct key only = key_of(keys[i % COUNT(keys)]);
		_cleanup_wg_device_ struct wg_device device = {.only = &only, .only_len = 1};
		struct uapi_reply reply = {.device = &device};
		size_t step = steps[i / COUNT(keys)];

		assert_int_equal(read_answer(answer, strlen(answer), step, &reply), 0);
		assert_true(reply.done && reply.has_errno);
		assert_int_equal(device.listen_port, 51820);
		assert_int_equal(device.peers.len, 1);
		const struct wg_peer *peer = &device.peers.at[0];

		assert_true(key_equal(&peer->public_key, &only));
		assert_true(peer->has_endpoint && !peer->has_preshared_key);
		assert_int_equal(peer->allowed_ips.len, 0);
		if (i % COUNT(keys) == 0)
			assert_int_equal(peer->rx_bytes, 7);
		uapi_reply_release(&reply);
	}
}

/* Every beginning of an answer is one that is not done; every changed byte does no harm. */
static void damaged_answers(void **state)
{
	(void)state;
	static const char values[] = {'\0', '\n', '=', '0', ':', '[', '%', '/', '-', (char)0xff};
	size_t n = strlen(answer);

	for (size_t at = 0; at < n; at++) {
		_cleanup_wg_device_ struct wg_device cut = {0};
		struct uapi_reply reply = {.device = &cut};

		assert_int_equal(read_answer(answer, at, n, &reply), 0);
		assert_false(reply.done);
		for (size_t v = 0; v < sizeof(values); v++) {
			_cleanup_wg_device_ struct wg_device device = {0};
			_cleanup_free_ char *copy = mem_strndup(answer, n);
			struct uapi_reply damaged = {.device = &device};

			copy[at] = values[v];
			int err = read_answer(copy, n, n, &damaged);
			assert_true(err == 0 || err == -EPROTO);
		}
	}
}

static void refuses(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int expected, error;
	} cases[] = {
		{"errno=0\n\n", 0, 0},
		{"errno=22\n\n", 0, EINVAL},
		{"errno=-22\n\n", 0, EINVAL},
		{"errno=0\n\nerrno=5\n\n", 0, 0},
		{"public_key=" KEY_A "\nallowed_ip=-1.2.3.4/32\nerrno=0\n\n", -EPROTO, 0},
		{"\n", -EPROTO, 0},
		{"listen_port=1\n\n", -EPROTO, 0},
		{"errno=\n\n", -EPROTO, 0},
		{"errno=-\n\n", -EPROTO, 0},
		{"errno=4096\n\n", -EPROTO, 0},
		{"errno=0x1\n\n", -EPROTO, 0},
		{"errno\n\n", -EPROTO, 0},
		{"listen_port=65536\n", -EPROTO, 0},
		{"listen_port=-1\n", -EPROTO, 0},
		{"listen_port= 1\n", -EPROTO, 0},
		{"fwmark=4294967296\n", -EPROTO, 0},
		{"fwmark=99999999999999999999999\n", -EPROTO, 0},
		{"private_key=" KEY_A "0\n", -EPROTO, 0},
		{"private_key=\n", -EPROTO, 0},
		{"public_key=zz\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=1.2.3.4\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=[]:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=[:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=[1.2.3.4]:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=fe80::1:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=[fe80::1%]:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=[fe80::1%0123456789abcdef]:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nendpoint=example.org:1\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nallowed_ip=1.2.3.4\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nallowed_ip=1.2.3.4/33\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nallowed_ip=\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nlast_handshake_time_sec=9223372036854775808\n", -EPROTO, 0},
		{"public_key=" KEY_A "\nrx_bytes=18446744073709551616\n", -EPROTO, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_wg_device_ struct wg_device device = {0};
		struct uapi_reply reply = {.device = &device};
		const char *text = cases[i].text;

		if (read_answer(text, strlen(text), 3, &reply) != cases[i].expected ||
		    reply.error != cases[i].error)
			fail_msg("errno %d after: %s", reply.error, text);
	}
}

static void endless_line(void **state)
{
	(void)state;
	struct uapi_reply reply = {0};
	int err = 0;

	for (unsigned i = 0; !err && i < 100000; i++)
		err = uapi_reply_add(&reply, "x", 1);
	assert_int_equal(err, -EPROTO);
}

static void writes_a_device(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device device = {
		.has_private_key = true, .has_fwmark = true, .replace_peers = true};
	_cleanup_buf_ struct buf text = {.secret = true};
	struct wg_peer *peer = wg_device_add_peer(&device);

	device.private_key = key_of(KEY_B);
	peer->public_key = key_of(KEY_A);
	peer->preshared_key = key_of(KEY_B);
	peer->endpoint.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9)};
	peer->has_preshared_key = peer->has_endpoint = peer->has_keepalive = true;
	peer->replace_allowed_ips = peer->update_only = true;
	for (unsigned i = 0; i < 2; i++) {
		struct allowed_ip *ip = vec_push(&peer->allowed_ips);

		ip->prefix.addr.family = i ? AF_INET6 : AF_INET;
	}
	peer = wg_device_add_peer(&device);
	peer->public_key = key_of(KEY_B);
	peer->remove = peer->has_keepalive = true;

	struct uapi_set set = {.device = &device};
	assert_true(uapi_set_next(&set, &text));
	assert_false(uapi_set_next(&set, &text));
	assert_string_equal(buf_text(&text),
			    "set=1\nprivate_key=" KEY_B "\nfwmark=0\nreplace_peers=true\n"
			    "public_key=" KEY_A "\nupdate_only=true\npreshared_key=" KEY_B
			    "\nendpoint=0.0.0.0:9\npersistent_keepalive_interval=0\n"
			    "replace_allowed_ips=true\nallowed_ip=0.0.0.0/0\nallowed_ip=::/0\n"
			    "public_key=" KEY_B "\nremove=true\n\n");
}

/* In parts of which none is long; together they say it all, in order. */
static void writes_many(void **state)
{
	_cleanup_wg_device_ struct wg_device device = {0}, copy = {0};
	struct uapi_set set = {.device = &device};
	struct uapi_reply reply = {.device = &copy};
	static const char end[] = "errno=0\n\n";
	size_t parts = 0;

	(void)state;
	for (uint8_t i = 0; i < 3; i++)
		wg_device_add_peer(&device)->public_key.bytes[0] = i;
	for (unsigned i = 0; i < 10000; i++) {
		struct allowed_ip *ip = vec_push(&device.peers.at[1].allowed_ips);

		ip->prefix = (struct prefix){.addr = {AF_INET, {10, (uint8_t)(i >> 8), (uint8_t)i}},
					     .len = 24};
	}
	for (bool more = true; more; parts++) {
		_cleanup_buf_ struct buf text = {.secret = true};

		more = uapi_set_next(&set, &text);
		assert_true(text.len < 100000);
		/* Without the empty line behind the last, which would end the answer. */
		assert_int_equal(
			uapi_reply_add(&reply, buf_text(&text), text.len - (set.ended && more)), 0);
	}
	assert_int_equal(uapi_reply_add(&reply, end, sizeof(end) - 1), 0);
	assert_true(parts > 2);
	assert_int_equal(copy.peers.len, 3);
	assert_int_equal(copy.peers.at[1].allowed_ips.len, 10000);
	assert_memory_equal(copy.peers.at[1].allowed_ips.at, device.peers.at[1].allowed_ips.at,
			    10000 * sizeof(struct allowed_ip));
	assert_int_equal(copy.peers.at[2].public_key.bytes[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_answer), cmocka_unit_test(reads_some_peers),
		cmocka_unit_test(damaged_answers), cmocka_unit_test(refuses),
		cmocka_unit_test(endless_line),    cmocka_unit_test(writes_a_device),
		cmocka_unit_test(writes_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
