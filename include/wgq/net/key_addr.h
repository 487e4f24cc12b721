/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address that belongs to a public key. */
#pragma once

#include "wgq/net/addr.h"
#include "wgq/net/key.h"

/* The one in a network, by cunicu's rule (pkg/crypto/types.go, IPAddress): the first bytes of a
 * SipHash of the key, behind the prefix. Host bits of `in` are ignored. */
void key_addr(const struct key *public_key, const struct prefix *in, struct addr *ret);
