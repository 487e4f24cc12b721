#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints handshake_vectors.h: both sides of WireGuard's handshake, by python3-cryptography and hashlib,
from the whitepaper (5.4) and not from wgq's own code. Keys are made from a counter."""

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ZERO_NONCE = bytes(12)


def HASH(data):
    return hashlib.blake2s(data).digest()


def MAC(key, data):
    return hashlib.blake2s(data, key=key, digest_size=16).digest()


def HMAC(key, data):
    return hmac.new(key, data, hashlib.blake2s).digest()


def KDF(n, key, data):
    t0 = HMAC(key, data)
    out, last = [], b""
    for i in range(n):
        last = HMAC(t0, last + bytes([i + 1]))
        out.append(last)
    return out


def seal(key, text, hash):
    return ChaCha20Poly1305(key).encrypt(ZERO_NONCE, text, hash)


def open_sealed(key, text, hash):
    return ChaCha20Poly1305(key).decrypt(ZERO_NONCE, text, hash)


def key(name):
    return X25519PrivateKey.from_private_bytes(HASH(name.encode()))


def public(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def private_bytes(private):
    return private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def dh(private, public_bytes):
    return private.exchange(X25519PublicKey.from_public_bytes(public_bytes))


def start(responder_public):
    C = HASH(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
    H = HASH(C + b"WireGuard v1 zx2c4 Jason@zx2c4.com")
    return C, HASH(H + responder_public)


def initiation(own, ephemeral, peer_public, index, stamp):
    C, H = start(peer_public)
    message = struct.pack("<II", 1, index) + public(ephemeral)
    C, = KDF(1, C, public(ephemeral))
    H = HASH(H + public(ephemeral))
    C, k = KDF(2, C, dh(ephemeral, peer_public))
    sealed = seal(k, public(own), H)
    message += sealed
    H = HASH(H + sealed)
    C, k = KDF(2, C, dh(own, peer_public))
    sealed = seal(k, stamp, H)
    message += sealed
    message += MAC(HASH(b"mac1----" + peer_public), message) + bytes(16)
    return message


def respond(own, ephemeral, preshared, index, message):
    """The responder's side: reads the initiation, and answers it."""
    C, H = start(public(own))
    sender, = struct.unpack("<I", message[4:8])
    their_ephemeral = message[8:40]
    C, = KDF(1, C, their_ephemeral)
    H = HASH(H + their_ephemeral)
    C, k = KDF(2, C, dh(own, their_ephemeral))
    their_public = open_sealed(k, message[40:88], H)
    H = HASH(H + message[40:88])
    C, k = KDF(2, C, dh(own, their_public))
    open_sealed(k, message[88:116], H)
    H = HASH(H + message[88:116])
    C, = KDF(1, C, public(ephemeral))
    H = HASH(H + public(ephemeral))
    C, = KDF(1, C, dh(ephemeral, their_ephemeral))
    C, = KDF(1, C, dh(ephemeral, their_public))
    C, tau, k = KDF(3, C, preshared)
    H = HASH(H + tau)
    answer = struct.pack("<III", 2, index, sender) + public(ephemeral) + seal(k, b"", H)
    answer += MAC(HASH(b"mac1----" + their_public), answer) + bytes(16)
    return answer


def c_bytes(name, data):
    lines = [", ".join(f"0x{b:02x}" for b in data[i:i + 12]) for i in range(0, len(data), 12)]
    return f"\t.{name} = {{" + ",\n\t\t".join(lines) + "},\n"


print("/* SPDX-License-Identifier: GPL-2.0-or-later */")
print("/* Made by handshake_vectors.py. */")
print("#pragma once")
print("/* clang-format off */")
print("static const struct vector vectors[] = {")
for number, preshared in ((1, bytes(32)), (2, HASH(b"preshared"))):
    own, peer = key(f"initiator {number}"), key(f"responder {number}")
    own_ephemeral, peer_ephemeral = key(f"ephemeral {number}"), key(f"their ephemeral {number}")
    index = 0xa1b2c3d4 + number
    stamp = struct.pack(">QI", 0x400000000000000a + 1700000000 + number, 0x2a000000)
    message = initiation(own, own_ephemeral, public(peer), index, stamp)
    print("\t{")
    print(f"\t.index = 0x{index:08x},")
    for name, value in (("private_key.bytes", private_bytes(own)), ("public_key.bytes", public(own)),
                        ("peer.bytes", public(peer)), ("preshared.bytes", preshared),
                        ("ephemeral.bytes", private_bytes(own_ephemeral)), ("stamp", stamp),
                        ("initiation", message),
                        ("response", respond(peer, peer_ephemeral, preshared, 0x01020304, message))):
        print(c_bytes(name, value), end="")
    print("\t},")
print("};")
