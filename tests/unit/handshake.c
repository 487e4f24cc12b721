// SPDX-License-Identifier: GPL-2.0-or-later
// The handshake against vectors of another implementation, and every damage that an answer may
// have.
#include "../../src/sys/probe/handshake.h"

#include "../../src/sys/probe/crypto.h"
#include "../../src/sys/probe/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct vector {
	uint32_t index;
	struct key private_key, public_key, peer, preshared, ephemeral;
	uint8_t stamp[12], initiation[HANDSHAKE_INITIATION_LEN], response[HANDSHAKE_RESPONSE_LEN];
};
#include "handshake_vectors.h"
enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

static int load(void **state)
{
	(void)state;
	return crypto_load(NULL);
}

static struct handshake_own own_of(const struct vector *v)
{
	struct handshake_own own = {.private_key = v->private_key};

	key_public(&own.private_key, &own.public_key);
	return own;
}

static struct handshake begin(const struct vector *v, const struct key *preshared,
			      uint8_t message[HANDSHAKE_INITIATION_LEN])
{
	const struct handshake_own own = own_of(v);
	const struct handshake_peer peer = {&v->peer, preshared};
	struct handshake h;

	assert_int_equal(
		handshake_begin(&h, &own, &peer, v->index, &v->ephemeral, v->stamp, message), 0);
	return h;
}

static void vectors_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		const struct handshake_own own = own_of(v);
		uint8_t message[HANDSHAKE_INITIATION_LEN];
		const struct handshake h = begin(v, &v->preshared, message);
		uint32_t index;

		assert_memory_equal(&own.public_key, &v->public_key, KEY_LEN);
		assert_memory_equal(message, v->initiation, sizeof(message));
		assert_true(handshake_index(v->response, sizeof(v->response), &index));
		assert_int_equal(index, v->index);
		assert_int_equal(handshake_read(&h, &own, v->response, sizeof(v->response)),
				 HANDSHAKE_VERIFIED);
	}
}

static void other_preshared_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		const struct handshake_own own = own_of(v);
		struct key preshared = v->preshared;
		uint8_t message[HANDSHAKE_INITIATION_LEN];

		preshared.bytes[5] ^= 1;
		const struct handshake h = begin(v, &preshared, message);
		assert_memory_equal(message, v->initiation, sizeof(message));
		assert_int_equal(handshake_read(&h, &own, v->response, sizeof(v->response)),
				 HANDSHAKE_OTHER_KEYS);
	}
}

static void cookie_reply(void **state)
{
	const struct vector *v = &vectors[0];
	const struct handshake_own own = own_of(v);
	uint8_t message[HANDSHAKE_INITIATION_LEN], cookie[HANDSHAKE_COOKIE_LEN] = {3};
	struct handshake h = begin(v, &v->preshared, message);

	(void)state;
	memcpy(cookie + 4, v->initiation + 4, 4);
	assert_int_equal(handshake_read(&h, &own, cookie, sizeof(cookie)), HANDSHAKE_COOKIE);
	assert_int_equal(handshake_read(&h, &own, cookie, sizeof(cookie) - 1), HANDSHAKE_NONE);
	h.index++;
	assert_int_equal(handshake_read(&h, &own, cookie, sizeof(cookie)), HANDSHAKE_NONE);
}

/* All but MAC2, which no initiator reads; each length in memory of just that size. */
static void damaged_response(void **state)
{
	const struct vector *v = &vectors[1];
	const struct handshake_own own = own_of(v);
	uint8_t message[HANDSHAKE_INITIATION_LEN], response[HANDSHAKE_RESPONSE_LEN];
	const struct handshake h = begin(v, &v->preshared, message);

	(void)state;
	for (size_t bit = 0; bit < 8 * (sizeof(response) - 16); bit++) {
		memcpy(response, v->response, sizeof(response));
		response[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(handshake_read(&h, &own, response, sizeof(response)),
				 HANDSHAKE_NONE);
	}
	for (size_t n = 0; n < sizeof(response); n++) {
		uint8_t *part = malloc(n + 1);

		assert_non_null(part);
		memcpy(part, v->response, n);
		assert_int_equal(handshake_read(&h, &own, part, n), HANDSHAKE_NONE);
		free(part);
	}
}

/* A key of low order has nothing in common with any other. */
static void key_of_low_order(void **state)
{
	const struct vector *v = &vectors[0];
	const struct handshake_own own = own_of(v);
	const struct key zero = {0};
	const struct handshake_peer peer = {&zero, &zero};
	uint8_t message[HANDSHAKE_INITIATION_LEN];
	struct handshake h;

	(void)state;
	assert_int_equal(handshake_begin(&h, &own, &peer, 1, &v->ephemeral, v->stamp, message),
			 -EINVAL);
}

/* As tai64n_now() of the kernel makes them. */
static void stamps(void **state)
{
	static const uint8_t expected[12] = {0x40, 0, 0, 0, 0x65, 0x53, 0xf1, 0x0a, 0x05, 0, 0, 0};
	const struct timespec now = {.tv_sec = 1700000000, .tv_nsec = 6 * (1 << 24) - 1};
	uint8_t stamp[12];

	(void)state;
	handshake_stamp(&now, stamp);
	assert_memory_equal(stamp, expected, sizeof(stamp));
}

/* The receiver's check (RFC 768, RFC 8200 8.1): with the pseudo header all adds up to ones. */
static void checksums(void **state)
{
	static const char *const hosts[][2] = {{"192.0.2.1", "198.51.100.255"},
					       {"2001:db8::1", "fe80::ffff"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t n = 0; n < 64; n++) {
			uint8_t text[64], packet[PACKET_UDP_HEADER + sizeof(text)];
			struct addr from, to;
			uint16_t checksum;
			uint32_t sum = IPPROTO_UDP;

			for (size_t at = 0; at < sizeof(text); at++)
				text[at] = (uint8_t)(251 * at + n);
			addr_parse(hosts[i][0], strlen(hosts[i][0]), &from);
			addr_parse(hosts[i][1], strlen(hosts[i][1]), &to);
			const union endpoint source = endpoint_make(&from, 51820, 0);
			const union endpoint target = endpoint_make(&to, 7, 0);
			size_t len =
				probe_packet_write(&source, &target, text, n, packet, &checksum);

			assert_int_equal(len, PACKET_UDP_HEADER + n);
			assert_int_equal(checksum, packet[6] << 8 | packet[7]);
			for (size_t at = 0; at < 16; at++)
				sum += (uint32_t)(from.bytes[at] + to.bytes[at])
				       << (at % 2 ? 0 : 8);
			sum += (uint32_t)len;
			for (size_t at = 0; at < len; at++)
				sum += (uint32_t)packet[at] << (at % 2 ? 0 : 8);
			while (sum >> 16)
				sum = (sum & 0xffff) + (sum >> 16);
			assert_int_equal(sum, 0xffff);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_agree),    cmocka_unit_test(other_preshared_key),
		cmocka_unit_test(cookie_reply),     cmocka_unit_test(damaged_response),
		cmocka_unit_test(key_of_low_order), cmocka_unit_test(stamps),
		cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
