// SPDX-License-Identifier: GPL-2.0-or-later
// Keys: base64 and hex in constant time, comparison, wiping.
//
// No branch and no array index below depends on a key's bits: both would show in the caches and
// in the time taken. Choices are made by masks instead.
#include "wgq/net/key.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"

enum { NOT_A_DIGIT = 0x100 }; /* above every digit's value */

/* All ones where low <= c <= high, else zero. All three are below 2^31: a difference that is
 * negative has its top bit set. */
static uint32_t between(uint32_t c, uint32_t low, uint32_t high)
{
	return (((c - low) | (high - c)) >> 31) - 1;
}

/* A character of RFC 4648's base64 alphabet as its six bits. */
static uint32_t sextet_of(uint32_t c)
{
	uint32_t upper = between(c, 'A', 'Z'), lower = between(c, 'a', 'z');
	uint32_t digit = between(c, '0', '9');
	uint32_t plus = between(c, '+', '+'), slash = between(c, '/', '/');

	return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) |
	       (plus & 62) | (slash & 63) | (~(upper | lower | digit | plus | slash) & NOT_A_DIGIT);
}

static char sextet_char(uint32_t v)
{
	return (char)((between(v, 0, 25) & (v + 'A')) | (between(v, 26, 51) & (v - 26 + 'a')) |
		      (between(v, 52, 61) & (v - 52 + '0')) | (between(v, 62, 62) & '+') |
		      (between(v, 63, 63) & '/'));
}

int key_from_base64(const char *s, size_t n, struct key *ret)
{
	enum { PADDED = 48 }; /* whole vectors of bytes, for the compiler to make use of */
	uint32_t sextets[PADDED], bits = 0, wrong = 0;
	char text[PADDED] = {0};
	unsigned int pending = 0; /* bits not yet stored */
	size_t filled = 0;

	if (n != KEY_BASE64_LEN || s[KEY_BASE64_LEN - 1] != '=')
		return -EINVAL;
	memcpy(text, s, KEY_BASE64_LEN);
	for (size_t i = 0; i < PADDED; i++)
		sextets[i] = sextet_of((uint8_t)text[i]);
	for (size_t i = 0; i < KEY_BASE64_LEN - 1; i++) {
		wrong |= sextets[i] & NOT_A_DIGIT;
		bits = bits << 6 | (sextets[i] & 63);
		pending += 6;
		if (pending >= 8) {
			pending -= 8;
			ret->bytes[filled++] = (uint8_t)(bits >> pending);
		}
	}
	mem_wipe(text, sizeof(text));
	mem_wipe(sextets, sizeof(sextets));
	/* 43 digits hold 258 bits; the two left over have to be zero. */
	wrong |= bits & 3;
	if (wrong) {
		key_wipe(ret);
		return -EINVAL;
	}
	return 0;
}

void key_to_base64(const struct key *k, char ret_text[KEY_BASE64_LEN + 1])
{
	uint32_t bits = 0;
	unsigned int pending = 0; /* bits not yet written */
	char *at = ret_text;

	for (size_t i = 0; i < KEY_LEN; i++) {
		bits = bits << 8 | k->bytes[i];
		for (pending += 8; pending >= 6; pending -= 6)
			*at++ = sextet_char(bits >> (pending - 6) & 63);
	}
	*at++ = sextet_char(bits << (6 - pending) & 63);
	*at++ = '=';
	*at = '\0';
}

void key_add(const struct key *k, struct buf *out)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(k, text);
	buf_str(out, text);
}

static uint32_t nibble_of(uint32_t c)
{
	uint32_t digit = between(c, '0', '9');
	uint32_t lower = between(c, 'a', 'f'), upper = between(c, 'A', 'F');

	return (digit & (c - '0')) | (lower & (c - 'a' + 10)) | (upper & (c - 'A' + 10)) |
	       (~(digit | lower | upper) & NOT_A_DIGIT);
}

static char nibble_char(uint32_t v)
{
	return (char)((between(v, 0, 9) & (v + '0')) | (between(v, 10, 15) & (v - 10 + 'a')));
}

int key_from_hex(const char *s, size_t n, struct key *ret)
{
	uint32_t nibbles[KEY_HEX_LEN], wrong = 0;

	if (n != KEY_HEX_LEN)
		return -EINVAL;
	for (size_t i = 0; i < KEY_HEX_LEN; i++)
		nibbles[i] = nibble_of((uint8_t)s[i]);
	for (size_t i = 0; i < KEY_LEN; i++) {
		wrong |= (nibbles[2 * i] | nibbles[2 * i + 1]) & NOT_A_DIGIT;
		ret->bytes[i] = (uint8_t)(nibbles[2 * i] << 4 | nibbles[2 * i + 1]);
	}
	mem_wipe(nibbles, sizeof(nibbles));
	if (wrong) {
		key_wipe(ret);
		return -EINVAL;
	}
	return 0;
}

void key_to_hex(const struct key *k, char ret_text[KEY_HEX_LEN + 1])
{
	for (size_t i = 0; i < KEY_LEN; i++) {
		ret_text[2 * i] = nibble_char(k->bytes[i] >> 4);
		ret_text[2 * i + 1] = nibble_char(k->bytes[i] & 0xf);
	}
	ret_text[KEY_HEX_LEN] = '\0';
}

bool key_is_zero(const struct key *k)
{
	static const struct key zero;

	return key_equal(k, &zero);
}

bool key_equal(const struct key *a, const struct key *b)
{
	uint8_t differing = 0;

	for (size_t i = 0; i < KEY_LEN; i++)
		differing |= a->bytes[i] ^ b->bytes[i];
	return !differing;
}

int key_compare(const struct key *a, const struct key *b)
{
	return memcmp(a->bytes, b->bytes, KEY_LEN);
}

void key_wipe(struct key *k)
{
	mem_wipe(k, sizeof(*k));
}
