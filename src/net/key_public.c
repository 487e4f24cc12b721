// SPDX-License-Identifier: GPL-2.0-or-later
// The public key of a private one: X25519 with the base point (RFC 7748), in the same time for
// every key. Needed because the kernel drops a peer that has the device's own key, silently.
#include <stdint.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/net/key.h"

/* A number modulo 2^255 - 19 in ten signed limbs of 26 and 25 bits by turns, so that products of
 * 32-bit numbers are all it takes. */
enum { LIMBS = 10 };

struct field {
	int32_t limb[LIMBS];
};

static unsigned width(int i)
{
	return i % 2 ? 25 : 26;
}

/* Brings wide limbs back to their width, rounding to the nearest; what leaves the top comes back
 * at the bottom 19 times. */
static void carry(int64_t wide[LIMBS], struct field *ret)
{
	for (int i = 0; i < LIMBS + 2; i++) {
		int at = i % LIMBS;
		int64_t half = INT64_C(1) << (width(at) - 1);
		int64_t over = (wide[at] + half) >> width(at);

		wide[at] -= over * (INT64_C(1) << width(at));
		wide[(at + 1) % LIMBS] += at == LIMBS - 1 ? 19 * over : over;
	}
	for (int i = 0; i < LIMBS; i++)
		ret->limb[i] = (int32_t)wide[i];
}

static void add(struct field *ret, const struct field *a, const struct field *b)
{
	for (int i = 0; i < LIMBS; i++)
		ret->limb[i] = a->limb[i] + b->limb[i];
}

static void subtract(struct field *ret, const struct field *a, const struct field *b)
{
	for (int i = 0; i < LIMBS; i++)
		ret->limb[i] = a->limb[i] - b->limb[i];
}

/* Factors may be sums or differences of two reduced numbers: the sums below stay under 2^61. Where
 * two odd limbs meet, the product lies a bit higher than its place, hence the doubling. */
static void multiply(struct field *ret, const struct field *a, const struct field *b)
{
	int64_t wide[2 * LIMBS] = {0};
	struct field odd_twice = *b;

	for (int j = 1; j < LIMBS; j += 2)
		odd_twice.limb[j] *= 2;
	for (int i = 0; i < LIMBS; i++) {
		const int32_t *row = i % 2 ? odd_twice.limb : b->limb;

		for (int j = 0; j < LIMBS; j++)
			wide[i + j] += (int64_t)a->limb[i] * row[j];
	}
	for (int i = 0; i < LIMBS; i++)
		wide[i] += 19 * wide[i + LIMBS];
	carry(wide, ret);
}

static void multiply_small(struct field *ret, const struct field *a, int32_t factor)
{
	int64_t wide[LIMBS];

	for (int i = 0; i < LIMBS; i++)
		wide[i] = (int64_t)a->limb[i] * factor;
	carry(wide, ret);
}

/* a^(p-2): the exponent's bits are ones but for the second and the fourth. */
static void invert(struct field *ret, const struct field *a)
{
	struct field power = *a;

	for (int bit = 253; bit >= 0; bit--) {
		multiply(&power, &power, &power);
		if (bit != 2 && bit != 4)
			multiply(&power, &power, a);
	}
	*ret = power;
}

static void swap_if(int32_t condition, struct field *a, struct field *b)
{
	for (int i = 0; i < LIMBS; i++) {
		int32_t change = -condition & (a->limb[i] ^ b->limb[i]);

		a->limb[i] ^= change;
		b->limb[i] ^= change;
	}
}

/* The number from 0 to p-1, little endian. */
static void pack(const struct field *a, uint8_t ret[KEY_LEN])
{
	int64_t limb[LIMBS], quotient = (19 * (int64_t)a->limb[LIMBS - 1] + (1 << 24)) >> 25;
	uint64_t bits = 0;
	unsigned count = 0;

	for (int i = 0; i < LIMBS; i++)
		quotient = (a->limb[i] + quotient) >> width(i);
	for (int i = 0; i < LIMBS; i++)
		limb[i] = a->limb[i];
	limb[0] += 19 * quotient;
	for (int i = 0; i < LIMBS; i++) {
		int64_t over = limb[i] >> width(i);

		limb[i] -= over * (INT64_C(1) << width(i));
		if (i + 1 < LIMBS)
			limb[i + 1] += over;
		bits |= (uint64_t)limb[i] << count;
		for (count += width(i); count >= 8; count -= 8, bits >>= 8)
			*ret++ = (uint8_t)bits;
	}
	*ret = (uint8_t)bits;
}

/* One step of the ladder, RFC 7748 section 5, with its names. */
static void ladder_step(struct field *x2, struct field *z2, struct field *x3, struct field *z3)
{
	static const struct field x1 = {{9}};
	struct field a, b, c, d, e, aa, bb, da, cb;

	add(&a, x2, z2);
	subtract(&b, x2, z2);
	add(&c, x3, z3);
	subtract(&d, x3, z3);
	multiply(&aa, &a, &a);
	multiply(&bb, &b, &b);
	multiply(&da, &d, &a);
	multiply(&cb, &c, &b);
	add(&a, &da, &cb);
	subtract(&b, &da, &cb);
	multiply(x3, &a, &a);
	multiply(&b, &b, &b);
	multiply(z3, &x1, &b);
	multiply(x2, &aa, &bb);
	subtract(&e, &aa, &bb);
	multiply_small(&a, &e, 121665);
	add(&a, &a, &aa);
	multiply(z2, &e, &a);
}

void key_clamp(struct key *k)
{
	k->bytes[0] &= 248;
	k->bytes[31] = (uint8_t)((k->bytes[31] & 127) | 64);
}

bool key_same_private(const struct key *a, const struct key *b)
{
	struct key x = *a, y = *b;

	key_clamp(&x);
	key_clamp(&y);
	bool same = key_equal(&x, &y);
	key_wipe(&x);
	key_wipe(&y);
	return same;
}

void key_public(const struct key *private_key, struct key *ret)
{
	struct field x2 = {{1}}, z2 = {{0}}, x3 = {{9}}, z3 = {{1}};
	struct key scalar = *private_key;
	int32_t swap = 0;

	key_clamp(&scalar);
	for (int t = 254; t >= 0; t--) {
		int32_t bit = scalar.bytes[t / 8] >> (t % 8) & 1;

		swap_if(swap ^ bit, &x2, &x3);
		swap_if(swap ^ bit, &z2, &z3);
		swap = bit;
		ladder_step(&x2, &z2, &x3, &z3);
	}
	swap_if(swap, &x2, &x3);
	swap_if(swap, &z2, &z3);
	invert(&z2, &z2);
	multiply(&x2, &x2, &z2);
	pack(&x2, ret->bytes);

	key_wipe(&scalar);
	mem_wipe(&x2, sizeof(x2));
	mem_wipe(&z2, sizeof(z2));
	mem_wipe(&x3, sizeof(x3));
	mem_wipe(&z3, sizeof(z3));
}
