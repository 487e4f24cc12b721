/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The four functions of WireGuard's handshake (whitepaper, 5.4), by libcrypto 3. It is loaded when
 * it is first needed: few commands do, and it takes longer to load than the rest of wgq.
 *
 * They fail for want of memory, or where the library has an algorithm switched off: with -EIO. What
 * they return is wiped by the caller. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/key.h"

enum { CRYPTO_HASH_LEN = 32, CRYPTO_MAC_LEN = 16, CRYPTO_TAG_LEN = 16 };

/* 0, or -EOPNOTSUPP: it is not installed, or is too old. */
int crypto_load(struct diag *d);

/* BLAKE2s of a text; keyed; and HMAC with it. */
int crypto_hash(const void *text, size_t n, uint8_t ret[CRYPTO_HASH_LEN]);
int crypto_mac(const uint8_t key[CRYPTO_HASH_LEN], const void *text, size_t n,
	       uint8_t ret[CRYPTO_MAC_LEN]);
int crypto_hmac(const uint8_t key[CRYPTO_HASH_LEN], const void *text, size_t n,
		uint8_t ret[CRYPTO_HASH_LEN]);

/* X25519: the public key of a private one, in a quarter of key_public()'s time; and what a private
 * and another one's public key have in common. -EINVAL: a public key of low order, which leads to
 * no secret. */
int crypto_public(const struct key *private_key, struct key *ret);
int crypto_shared(const struct key *private_key, const struct key *public_key, struct key *ret);

/* ChaCha20-Poly1305 with nonce 0, a hash as additional data, and the tag behind the text of n bytes
 * that is not encrypted. -EBADMSG: the tag is wrong. */
int crypto_seal(const struct key *key, const uint8_t hash[CRYPTO_HASH_LEN], const void *text,
		size_t n, uint8_t *ret);
int crypto_open(const struct key *key, const uint8_t hash[CRYPTO_HASH_LEN], const uint8_t *sealed,
		size_t n, uint8_t *ret_text);
