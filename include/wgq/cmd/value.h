/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, addresses and peers, as status, why and diff write them. */
#pragma once

#include "wgq/base/json.h"
#include "wgq/net/addr.h"
#include "wgq/net/key.h"
#include "wgq/net/spec.h"
#include "wgq/net/walls.h"
#include "wgq/net/wg.h"

/* The name of a peer, printable; without one, its key. */
void value_peer(const char *name, const struct key *key, struct buf *out);

/* A key that is zero, an address without family, and NULL are null. */
void value_json_key(struct json *j, const char *name, const struct key *key);
void value_json_addr(struct json *j, const char *name, const struct addr *addr);
/* "listen_on", "masquerade", "isolate_peers", each null where it is not so; walls NULL: nothing is
 * known. */
void value_json_walls(struct json *j, const struct walls *walls);
void value_json_prefix(struct json *j, const char *name, const struct prefix *prefix);
void value_json_endpoint(struct json *j, const char *name, const union endpoint *endpoint);
