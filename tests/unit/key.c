// SPDX-License-Identifier: GPL-2.0-or-later
// Keys as base64 and hex: RFC 4648's order of digits, and every way of being wrong.
#include "wgq/net/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Every digit at every place, there and back. */
static void base64_digits(void **state)
{
	(void)state;

	for (size_t at = 0; at < KEY_BASE64_LEN - 1; at++) {
		for (unsigned int digit = 0; digit < 64; digit++) {
			char text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
			char again[KEY_BASE64_LEN + 1];
			struct key k;
			bool last = at == KEY_BASE64_LEN - 2; /* holds two bits too many */

			text[at] = DIGITS[digit];
			int r = key_from_base64(text, KEY_BASE64_LEN, &k);
			assert_int_equal(r, last && digit & 3 ? -EINVAL : 0);
			if (r < 0)
				continue;
			if (at % 4 == 0)
				assert_int_equal(k.bytes[at / 4 * 3] >> 2, digit);
			key_to_base64(&k, again);
			assert_string_equal(again, text);
		}
	}
}

static void base64_known(void **state)
{
	(void)state;
	/* `printf '\x00\x01...\x1f' | base64` */
	static const char text[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	char again[KEY_BASE64_LEN + 1], hex[KEY_HEX_LEN + 1];
	struct key k, from_hex;

	assert_int_equal(key_from_base64(text, KEY_BASE64_LEN, &k), 0);
	for (unsigned int i = 0; i < KEY_LEN; i++)
		assert_int_equal(k.bytes[i], i);
	key_to_base64(&k, again);
	assert_string_equal(again, text);

	key_to_hex(&k, hex);
	assert_string_equal(hex,
			    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	assert_int_equal(key_from_hex(hex, KEY_HEX_LEN, &from_hex), 0);
	assert_true(key_equal(&k, &from_hex));
}

/* Every byte that is no digit, at every place. */
static void wrong_characters(void **state)
{
	(void)state;

	for (size_t at = 0; at < KEY_BASE64_LEN; at++) {
		for (int c = 0; c < 256; c++) {
			char text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
			const char *fine = at == KEY_BASE64_LEN - 1   ? "="
					   : at == KEY_BASE64_LEN - 2 ? "AEIMQUYcgkosw048"
								      : DIGITS;
			struct key k;

			text[at] = (char)c;
			assert_int_equal(key_from_base64(text, KEY_BASE64_LEN, &k),
					 c && strchr(fine, c) ? 0 : -EINVAL);
		}
	}
	for (size_t at = 0; at < KEY_HEX_LEN; at++) {
		for (int c = 0; c < 256; c++) {
			char text[KEY_HEX_LEN];
			struct key k;

			memset(text, '0', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(key_from_hex(text, KEY_HEX_LEN, &k),
					 c && strchr("0123456789abcdefABCDEF", c) ? 0 : -EINVAL);
		}
	}
}

static void wrong_lengths(void **state)
{
	(void)state;
	char text[80];
	struct key k;

	memset(text, 'A', sizeof(text));
	for (size_t n = 0; n < sizeof(text); n++) {
		assert_int_equal(key_from_base64(text, n, &k), -EINVAL);
		assert_int_equal(key_from_hex(text, n, &k), n == KEY_HEX_LEN ? 0 : -EINVAL);
	}
}

static void comparing(void **state)
{
	(void)state;
	struct key a = {.bytes = {[31] = 1}}, b = {.bytes = {[0] = 1}}, zero = {0};

	assert_true(key_is_zero(&zero));
	assert_false(key_is_zero(&a));
	assert_false(key_is_zero(&b));
	assert_true(key_equal(&a, &a));
	assert_false(key_equal(&a, &b));
	assert_true(key_compare(&a, &b) < 0);
	key_wipe(&a);
	assert_true(key_is_zero(&a));
}

/* Pairs made by wg(8); the last private key has all its bits set, so clamping shows. */
static void public_of_private(void **state)
{
	static const struct {
		const char *private_key, *public_key;
	} pairs[] = {
		{"SDlh+nzZrjcCi6ROkB3AGEgrm5EFvzUK+Shw1S/i7VE=",
		 "fPLLweuJ1Yfev9k1U1ULvUS0PhRGYv8mhOGjdkhWg2I="},
		{"gBaFIOYjQKIk84GPzKtAIUzn/uejibK8kjzCaamZO3Q=",
		 "/HLRXjRZHq22WFnVJqo/2gHkhxW6YC6f9R4M/fiAKFM="},
		{"wHPhqQF6HX1NgPcajo7VFL2ypn1AyvE/x4mcwjVTLnk=",
		 "y9jONbdVRww1zq6hVFfsSTxaQHpqYKurs7RuX76nxRw="},
		{"//////////////////////////////////////////8=",
		 "hHwNLDdSNPNl5mCVUYejc1oPdhPRYJ06ak2MU66qWiI="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char text[KEY_BASE64_LEN + 1];
		struct key key;

		assert_int_equal(key_from_base64(pairs[i].private_key, KEY_BASE64_LEN, &key), 0);
		key_public(&key, &key);
		key_to_base64(&key, text);
		assert_string_equal(text, pairs[i].public_key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_digits),    cmocka_unit_test(base64_known),
		cmocka_unit_test(wrong_characters), cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(comparing),        cmocka_unit_test(public_of_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
