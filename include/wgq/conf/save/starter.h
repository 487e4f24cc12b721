/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A first configuration as text: this host's half and its peer's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/net/addr.h"
#include "wgq/net/key.h"
#include "wgq/net/subnet.h"

struct starter {
	struct key own_key, peer_key; /* private */
	struct prefix subnets[2];     /* IPv4, IPv6: we are host 1, the peer is host 2 */
	bool from_key;                /* AddressFromKey in the IPv6 subnet instead, and no other */
	uint16_t port;                /* that we listen on */
	const char *endpoint;         /* HOST:PORT that the peer reaches us by; NULL: unknown */
};

enum { STARTER_OWN_HOST = 1, STARTER_PEER_HOST = 2 };

/* Both texts are secret; the caller has said so of the buffers. */
void starter_own(const struct starter *s, struct buf *ret_text);
void starter_peer(const struct starter *s, struct buf *ret_text);

/* Reads HOST, HOST:PORT, ADDRESS or [ADDRESS]:PORT and writes it as a configuration's Endpoint,
 * with *port where it has none. Else *port is set to its own. 0, -EINVAL or -ENOMEM. */
int starter_endpoint(const char *text, uint16_t *port, struct buf *ret_text);

void starter_release(struct starter *s); /* wipes the keys */
