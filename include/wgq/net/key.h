/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WireGuard's 32-byte keys. Conversions take the same time for every key (wireguard-tools'
 * encoding.c sets the example), and a key that leaves use is overwritten. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"

enum {
	KEY_LEN = 32,
	KEY_BASE64_LEN = 44, /* without the NUL */
	KEY_HEX_LEN = 64,    /* without the NUL */
};

struct key {
	uint8_t bytes[KEY_LEN];
};

/* Exactly 44 characters of RFC 4648 base64 with the last bits zero. 0 or -EINVAL. */
int key_from_base64(const char *s, size_t n, struct key *ret);
void key_to_base64(const struct key *k, char ret_text[KEY_BASE64_LEN + 1]);
/* Appends a public key. */
void key_add(const struct key *k, struct buf *out);
/* For the userspace protocol (wireguard.com/xplatform): 64 hex digits. 0 or -EINVAL. */
int key_from_hex(const char *s, size_t n, struct key *ret);
void key_to_hex(const struct key *k, char ret_text[KEY_HEX_LEN + 1]);

/* Makes a private key of 32 random bytes (RFC 7748, section 5). */
void key_clamp(struct key *k);
/* The public key that belongs to a private one (RFC 7748); about 0.1 ms. */
void key_public(const struct key *private_key, struct key *ret);

/* All zero, which WireGuard reads as "none". */
bool key_is_zero(const struct key *k);
bool key_equal(const struct key *a, const struct key *b);
/* Whether two private keys are one once they are clamped: the kernel and wireguard-go clamp a key
 * when it is set, and report it so. */
bool key_same_private(const struct key *a, const struct key *b);
/* For sorting public keys; its time depends on the keys. */
int key_compare(const struct key *a, const struct key *b);
void key_wipe(struct key *k);
