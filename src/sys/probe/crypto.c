// SPDX-License-Identifier: GPL-2.0-or-later
// WireGuard's cryptography, by libcrypto's EVP.
#include "crypto.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdbool.h>

#include "wgq/base/mem.h"
#include "wgq/sys/library.h"

/* Each is called as crypto.NAME(). */
#define CRYPTO_FUNCTIONS(F)                                                                        \
	F(EVP_CIPHER_CTX_ctrl)                                                                     \
	F(EVP_CIPHER_CTX_free)                                                                     \
	F(EVP_CIPHER_CTX_new)                                                                      \
	F(EVP_CipherFinal_ex)                                                                      \
	F(EVP_CipherInit_ex)                                                                       \
	F(EVP_CipherUpdate)                                                                        \
	F(EVP_Digest)                                                                              \
	F(EVP_PKEY_CTX_free)                                                                       \
	F(EVP_PKEY_CTX_new)                                                                        \
	F(EVP_PKEY_derive)                                                                         \
	F(EVP_PKEY_derive_init)                                                                    \
	F(EVP_PKEY_derive_set_peer)                                                                \
	F(EVP_PKEY_free)                                                                           \
	F(EVP_PKEY_get_raw_public_key)                                                             \
	F(EVP_PKEY_new_raw_private_key)                                                            \
	F(EVP_PKEY_new_raw_public_key)                                                             \
	F(EVP_Q_mac)                                                                               \
	F(EVP_blake2s256)                                                                          \
	F(EVP_chacha20_poly1305)                                                                   \
	F(HMAC)

#define CRYPTO_DECLARE(name) __typeof__(name) *name;
static struct {
	CRYPTO_FUNCTIONS(CRYPTO_DECLARE)
} crypto;
#undef CRYPTO_DECLARE

int crypto_load(struct diag *d)
{
#define CRYPTO_NAME(name) #name,
	static const char *const names[] = {CRYPTO_FUNCTIONS(CRYPTO_NAME)};
	static struct library library = {
		.file = "libcrypto.so.3",
		.purpose = "probes need libcrypto of OpenSSL 3",
		.names = names,
		.count = sizeof(names) / sizeof(names[0]),
		.functions = &crypto,
	};

	return library_load(&library, d);
}

int crypto_hash(const void *text, size_t n, uint8_t ret[CRYPTO_HASH_LEN])
{
	return crypto.EVP_Digest(text, n, ret, NULL, crypto.EVP_blake2s256(), NULL) == 1 ? 0 : -EIO;
}

int crypto_mac(const uint8_t key[CRYPTO_HASH_LEN], const void *text, size_t n,
	       uint8_t ret[CRYPTO_MAC_LEN])
{
	size_t size = CRYPTO_MAC_LEN;
	const OSSL_PARAM length[] = {OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_END};

	return crypto.EVP_Q_mac(NULL, "BLAKE2SMAC", NULL, NULL, length, key, CRYPTO_HASH_LEN, text,
				n, ret, size, NULL)
		       ? 0
		       : -EIO;
}

int crypto_hmac(const uint8_t key[CRYPTO_HASH_LEN], const void *text, size_t n,
		uint8_t ret[CRYPTO_HASH_LEN])
{
	return crypto.HMAC(crypto.EVP_blake2s256(), key, CRYPTO_HASH_LEN, text, n, ret, NULL)
		       ? 0
		       : -EIO;
}

static void pkey_free_at(EVP_PKEY **key)
{
	crypto.EVP_PKEY_free(*key);
}

static void pkey_context_free_at(EVP_PKEY_CTX **context)
{
	crypto.EVP_PKEY_CTX_free(*context);
}

int crypto_public(const struct key *private_key, struct key *ret)
{
	_cleanup_(pkey_free_at) EVP_PKEY *own = crypto.EVP_PKEY_new_raw_private_key(
		EVP_PKEY_X25519, NULL, private_key->bytes, KEY_LEN);
	size_t n = KEY_LEN;

	return own && crypto.EVP_PKEY_get_raw_public_key(own, ret->bytes, &n) == 1 ? 0 : -EIO;
}

int crypto_shared(const struct key *private_key, const struct key *public_key, struct key *ret)
{
	_cleanup_(pkey_free_at) EVP_PKEY *own = crypto.EVP_PKEY_new_raw_private_key(
		EVP_PKEY_X25519, NULL, private_key->bytes, KEY_LEN);
	_cleanup_(pkey_free_at) EVP_PKEY *other = crypto.EVP_PKEY_new_raw_public_key(
		EVP_PKEY_X25519, NULL, public_key->bytes, KEY_LEN);
	_cleanup_(pkey_context_free_at) EVP_PKEY_CTX *context =
		own && other ? crypto.EVP_PKEY_CTX_new(own, NULL) : NULL;
	size_t n = KEY_LEN;

	if (!context || crypto.EVP_PKEY_derive_init(context) != 1 ||
	    crypto.EVP_PKEY_derive_set_peer(context, other) != 1)
		return -EIO;
	return crypto.EVP_PKEY_derive(context, ret->bytes, &n) == 1 ? 0 : -EINVAL;
}

static void cipher_free_at(EVP_CIPHER_CTX **context)
{
	crypto.EVP_CIPHER_CTX_free(*context);
}

/* The tag is given to the library before a text is opened, and taken from it after one is sealed.
 */
static int aead(bool seal, const struct key *key, const uint8_t hash[CRYPTO_HASH_LEN],
		const uint8_t *text, size_t n, uint8_t *ret, void *tag)
{
	static const uint8_t nonce[12];
	_cleanup_(cipher_free_at) EVP_CIPHER_CTX *context = crypto.EVP_CIPHER_CTX_new();
	uint8_t none[CRYPTO_TAG_LEN];
	int len;

	if (!context ||
	    crypto.EVP_CipherInit_ex(context, crypto.EVP_chacha20_poly1305(), NULL, key->bytes,
				     nonce, seal) != 1 ||
	    crypto.EVP_CipherUpdate(context, NULL, &len, hash, CRYPTO_HASH_LEN) != 1 ||
	    (n && crypto.EVP_CipherUpdate(context, ret, &len, text, (int)n) != 1))
		return -EIO;
	if (!seal &&
	    crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG_LEN, tag) != 1)
		return -EIO;
	if (crypto.EVP_CipherFinal_ex(context, none, &len) != 1)
		return seal ? -EIO : -EBADMSG;
	if (seal &&
	    crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG_LEN, tag) != 1)
		return -EIO;
	return 0;
}

int crypto_seal(const struct key *key, const uint8_t hash[CRYPTO_HASH_LEN], const void *text,
		size_t n, uint8_t *ret)
{
	return aead(true, key, hash, text, n, ret, ret + n);
}

int crypto_open(const struct key *key, const uint8_t hash[CRYPTO_HASH_LEN], const uint8_t *sealed,
		size_t n, uint8_t *ret_text)
{
	uint8_t tag[CRYPTO_TAG_LEN];

	memcpy(tag, sealed + n, sizeof(tag));
	return aead(false, key, hash, sealed, n, ret_text, tag);
}
