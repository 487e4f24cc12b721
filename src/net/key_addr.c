// SPDX-License-Identifier: GPL-2.0-or-later
// The address that belongs to a public key.
#include "wgq/net/key_addr.h"

static const uint8_t hash_key[16] = {0x67, 0x67, 0x2c, 0x05, 0xd1, 0x3e, 0x11, 0x94,
				     0xbb, 0x38, 0x91, 0xff, 0x4f, 0x80, 0xb3, 0x97};

static uint64_t rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t load(const uint8_t bytes[8])
{
	uint64_t x = 0;

	for (unsigned int i = 0; i < 8; i++)
		x |= (uint64_t)bytes[i] << 8 * i;
	return x;
}

static void store(uint64_t x, uint8_t ret[8])
{
	for (unsigned int i = 0; i < 8; i++)
		ret[i] = (uint8_t)(x >> 8 * i);
}

static void mix(uint64_t v[4], unsigned int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
}

/* SipHash-2-4 with 128 bits (Aumasson, Bernstein: "SipHash: a fast short-input PRF"); a key is a
 * whole number of words, so that the last word has only the length. */
static void siphash(const struct key *key, uint8_t ret[16])
{
	const uint64_t k0 = load(hash_key), k1 = load(hash_key + 8);
	uint64_t v[] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
			k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};

	for (size_t i = 0; i < KEY_LEN; i += 8)
		absorb(v, load(key->bytes + i));
	absorb(v, (uint64_t)KEY_LEN << 56);
	v[2] ^= 0xee;
	mix(v, 4);
	store(v[0] ^ v[1] ^ v[2] ^ v[3], ret);
	v[1] ^= 0xdd;
	mix(v, 4);
	store(v[0] ^ v[1] ^ v[2] ^ v[3], ret + 8);
}

void key_addr(const struct key *public_key, const struct prefix *in, struct addr *ret)
{
	struct prefix network = *in;
	unsigned int bytes = addr_bits(&in->addr) / 8U, skip = in->len / 8U, shift = in->len % 8U;
	uint8_t hash[16];

	siphash(public_key, hash);
	prefix_mask(&network);
	*ret = network.addr;
	for (unsigned int i = skip; i < bytes; i++) {
		unsigned int left = i > skip ? hash[i - skip - 1] : 0;

		ret->bytes[i] |= (uint8_t)((left << 8 | hash[i - skip]) >> shift);
	}
}
