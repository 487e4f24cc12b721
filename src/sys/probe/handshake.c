// SPDX-License-Identifier: GPL-2.0-or-later
// WireGuard's handshake, as the initiator, up to the response.
//
// Theory of operation
//
// Noise_IKpsk2 (whitepaper, 5.4.2 and 5.4.3). Both sides keep a hash of all that was said and a
// chain, which each new secret goes into; the chain yields the keys that seal parts of the
// messages.
//
//   initiation   the initiator's ephemeral key; his static key, sealed by what that and the
//                responder's static key have in common; a time stamp, sealed by what the two
//                static keys have in common, too
//   response     the responder's ephemeral key; nothing, sealed by all of that, by what his
//                ephemeral key and both of the initiator's have in common, and the preshared key
//
// So who cannot open the initiation stays silent, and a response that does not open says that the
// preshared key differs. Both messages end with a MAC that only needs the public key of who gets
// it: it tells a response of a WireGuard that knows us from bytes that anybody made up.
#include "handshake.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "crypto.h"
#include "wgq/base/mem.h"

enum { TYPE_INITIATION = 1, TYPE_RESPONSE = 2, TYPE_COOKIE = 3 };

struct sealed_key {
	uint8_t bytes[KEY_LEN + CRYPTO_TAG_LEN];
};

/* On the wire; numbers are little endian. */
struct initiation {
	uint32_t type, sender;
	struct key ephemeral;
	struct sealed_key own;
	uint8_t stamp[12 + CRYPTO_TAG_LEN];
	uint8_t mac1[CRYPTO_MAC_LEN], mac2[CRYPTO_MAC_LEN];
};
_Static_assert(sizeof(struct initiation) == HANDSHAKE_INITIATION_LEN, "initiation");

struct response {
	uint32_t type, sender, receiver;
	struct key ephemeral;
	uint8_t nothing[CRYPTO_TAG_LEN];
	uint8_t mac1[CRYPTO_MAC_LEN], mac2[CRYPTO_MAC_LEN];
};
_Static_assert(sizeof(struct response) == HANDSHAKE_RESPONSE_LEN, "response");

struct cookie_reply {
	uint32_t type, receiver;
	uint8_t nonce[24];
	uint8_t cookie[CRYPTO_MAC_LEN + CRYPTO_TAG_LEN];
};
_Static_assert(sizeof(struct cookie_reply) == HANDSHAKE_COOKIE_LEN, "cookie reply");

/* The two of them, and the first failure of a step: the steps after it do nothing. */
struct state {
	struct key hash, chain;
	int r;
};

static void mix_hash(struct state *s, const void *text, size_t n)
{
	uint8_t both[CRYPTO_HASH_LEN + sizeof(struct sealed_key)];

	memcpy(both, s->hash.bytes, CRYPTO_HASH_LEN);
	memcpy(both + CRYPTO_HASH_LEN, text, n);
	if (s->r == 0)
		s->r = crypto_hash(both, CRYPTO_HASH_LEN + n, s->hash.bytes);
}

/* The chain takes in 32 bytes, and yields two keys more: HKDF of RFC 5869 with HMAC-BLAKE2s. */
static void mix_chain(struct state *s, const struct key *input, struct key *ret_second,
		      struct key *ret_third)
{
	uint8_t block[CRYPTO_HASH_LEN + 1];
	struct key extracted = {0}, out[3] = {0};

	if (s->r == 0)
		s->r = crypto_hmac(s->chain.bytes, input->bytes, KEY_LEN, extracted.bytes);
	for (uint8_t i = 0; i < 3 && s->r == 0; i++) {
		size_t before = i ? CRYPTO_HASH_LEN : 0;

		if (i)
			memcpy(block, out[i - 1].bytes, before);
		block[before] = (uint8_t)(i + 1);
		s->r = crypto_hmac(extracted.bytes, block, before + 1, out[i].bytes);
	}
	s->chain = out[0];
	*ret_second = out[1];
	*ret_third = out[2];
	mem_wipe(block, sizeof(block));
	mem_wipe(out, sizeof(out));
	key_wipe(&extracted);
}

/* What a private and a public key have in common goes into the chain; *ret is a key to seal by. */
static void mix_shared(struct state *s, const struct key *private_key, const struct key *public_key,
		       struct key *ret)
{
	struct key shared = {0}, unused;

	if (s->r == 0)
		s->r = crypto_shared(private_key, public_key, &shared);
	mix_chain(s, &shared, ret, &unused);
	key_wipe(&shared);
	key_wipe(&unused);
}

static void mix_ephemeral(struct state *s, const struct key *public_key)
{
	struct key unused[2];

	mix_hash(s, public_key->bytes, KEY_LEN);
	mix_chain(s, public_key, &unused[0], &unused[1]);
	mem_wipe(unused, sizeof(unused));
}

static void seal(struct state *s, const struct key *key, const void *text, size_t n, uint8_t *ret)
{
	if (s->r == 0)
		s->r = crypto_seal(key, s->hash.bytes, text, n, ret);
	mix_hash(s, ret, n + CRYPTO_TAG_LEN);
}

/* The state before anything was said, which depends on the responder's key alone. */
static void begin(struct state *s, const struct key *responder)
{
	static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
	static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

	s->r = crypto_hash(construction, sizeof(construction) - 1, s->chain.bytes);
	s->hash = s->chain;
	mix_hash(s, identifier, sizeof(identifier) - 1);
	mix_hash(s, responder->bytes, KEY_LEN);
}

/* The MAC of a message to the owner of a public key. */
static int mac1(const struct key *receiver, const void *message, size_t n,
		uint8_t ret[CRYPTO_MAC_LEN])
{
	uint8_t labelled[8 + KEY_LEN], key[CRYPTO_HASH_LEN];

	memcpy(labelled, "mac1----", 8);
	memcpy(labelled + 8, receiver->bytes, KEY_LEN);
	int r = crypto_hash(labelled, sizeof(labelled), key);
	return r < 0 ? r : crypto_mac(key, message, n, ret);
}

int handshake_begin(struct handshake *ret, const struct handshake_own *own,
		    const struct handshake_peer *peer, uint32_t index, const struct key *ephemeral,
		    const uint8_t stamp[12], uint8_t ret_message[HANDSHAKE_INITIATION_LEN])
{
	struct initiation message = {.type = htole32(TYPE_INITIATION), .sender = htole32(index)};
	struct state s = {0};
	struct key key;

	begin(&s, peer->public_key);
	if (s.r == 0)
		s.r = crypto_public(ephemeral, &message.ephemeral);
	mix_ephemeral(&s, &message.ephemeral);
	mix_shared(&s, ephemeral, peer->public_key, &key);
	seal(&s, &key, own->public_key.bytes, KEY_LEN, message.own.bytes);
	mix_shared(&s, &own->private_key, peer->public_key, &key);
	seal(&s, &key, stamp, 12, message.stamp);
	if (s.r == 0)
		s.r = mac1(peer->public_key, &message, offsetof(struct initiation, mac1),
			   message.mac1);

	*ret = (struct handshake){.index = index,
				  .ephemeral = *ephemeral,
				  .preshared = *peer->preshared,
				  .hash = s.hash,
				  .chain = s.chain};
	memcpy(ret_message, &message, sizeof(message));
	int r = s.r;
	key_wipe(&key);
	mem_wipe(&s, sizeof(s));
	return r;
}

bool handshake_index(const uint8_t *bytes, size_t n, uint32_t *ret)
{
	uint32_t type = 0;

	if (n >= sizeof(type))
		memcpy(&type, bytes, sizeof(type));
	if (type == htole32(TYPE_RESPONSE) && n == sizeof(struct response))
		memcpy(ret, bytes + offsetof(struct response, receiver), sizeof(*ret));
	else if (type == htole32(TYPE_COOKIE) && n == sizeof(struct cookie_reply))
		memcpy(ret, bytes + offsetof(struct cookie_reply, receiver), sizeof(*ret));
	else
		return false;
	*ret = le32toh(*ret);
	return true;
}

static bool opens(const struct handshake *handshake, const struct handshake_own *own,
		  const struct response *response)
{
	struct state s = {.hash = handshake->hash, .chain = handshake->chain};
	struct key key, tau;
	uint8_t none[1];

	mix_ephemeral(&s, &response->ephemeral);
	mix_shared(&s, &handshake->ephemeral, &response->ephemeral, &key);
	mix_shared(&s, &own->private_key, &response->ephemeral, &key);
	mix_chain(&s, &handshake->preshared, &tau, &key);
	mix_hash(&s, tau.bytes, KEY_LEN);
	if (s.r == 0)
		s.r = crypto_open(&key, s.hash.bytes, response->nothing, 0, none);
	int r = s.r;
	mem_wipe(&s, sizeof(s));
	key_wipe(&key);
	key_wipe(&tau);
	return r == 0;
}

enum handshake_answer handshake_read(const struct handshake *handshake,
				     const struct handshake_own *own, const uint8_t *bytes,
				     size_t n)
{
	uint8_t mac[CRYPTO_MAC_LEN];
	struct response response;
	uint32_t index;

	if (!handshake_index(bytes, n, &index) || index != handshake->index)
		return HANDSHAKE_NONE;
	if (n == sizeof(struct cookie_reply))
		return HANDSHAKE_COOKIE;
	memcpy(&response, bytes, sizeof(response));
	if (mac1(&own->public_key, &response, offsetof(struct response, mac1), mac) < 0 ||
	    memcmp(mac, response.mac1, sizeof(mac)) != 0)
		return HANDSHAKE_NONE;
	return opens(handshake, own, &response) ? HANDSHAKE_VERIFIED : HANDSHAKE_OTHER_KEYS;
}

void handshake_stamp(const struct timespec *now, uint8_t ret[12])
{
	const uint64_t seconds = htobe64(UINT64_C(0x400000000000000a) + (uint64_t)now->tv_sec);
	const uint32_t nanoseconds = htobe32((uint32_t)now->tv_nsec & ~((UINT32_C(1) << 24) - 1));

	memcpy(ret, &seconds, sizeof(seconds));
	memcpy(ret + sizeof(seconds), &nanoseconds, sizeof(nanoseconds));
}
