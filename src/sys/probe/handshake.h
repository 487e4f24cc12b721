/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first half of WireGuard's handshake: an initiation, and the answer to it. Nothing is sent
 * here. After crypto_load(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "wgq/net/key.h"

enum { HANDSHAKE_INITIATION_LEN = 148, HANDSHAKE_RESPONSE_LEN = 92, HANDSHAKE_COOKIE_LEN = 64 };

/* Our own device. */
struct handshake_own {
	struct key private_key, public_key;
};

/* What is kept until the answer comes; secret. */
struct handshake {
	uint32_t index;
	struct key ephemeral, preshared;
	struct key hash, chain; /* the whitepaper's H and C */
};

/* Writes an initiation to a peer. index: how the answer says that it is for us. ephemeral: 32
 * random bytes, never used before. stamp: TAI64N, see handshake_stamp(). 0, -EINVAL: no key
 * agreement with this peer's key, or -EIO. */
struct handshake_peer {
	const struct key *public_key, *preshared; /* all zero: none */
};
int handshake_begin(struct handshake *ret, const struct handshake_own *own,
		    const struct handshake_peer *peer, uint32_t index, const struct key *ephemeral,
		    const uint8_t stamp[12], uint8_t ret_message[HANDSHAKE_INITIATION_LEN]);

enum handshake_answer {
	HANDSHAKE_NONE,       /* no answer to this initiation */
	HANDSHAKE_VERIFIED,   /* from the peer, with the same preshared key */
	HANDSHAKE_OTHER_KEYS, /* from somebody who knows our public key, but it does not verify */
	HANDSHAKE_COOKIE,     /* somebody who is under load wants a cookie first */
};

/* Which index a response or cookie reply is for; false: the bytes are neither. */
bool handshake_index(const uint8_t *bytes, size_t n, uint32_t *ret);
/* What the bytes, of anybody, are to this handshake, which stays as it is. */
enum handshake_answer handshake_read(const struct handshake *handshake,
				     const struct handshake_own *own, const uint8_t *bytes,
				     size_t n);

/* The time as TAI64N, in steps of 2^24 ns as the kernel makes them (tai64n_now() in
 * drivers/net/wireguard/noise.c): a finer one could count as newer than the kernel's next one. */
void handshake_stamp(const struct timespec *now, uint8_t ret[12]);
