/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference between a running WireGuard device and the wanted one, as the least that has to
 * be sent. What is equal is not in it, so its sessions, counters and endpoints go on.
 *
 * In come the wanted state and the snapshot; out go the messages that make the change, and those
 * that take it back. plan/reload calls peers_compare(); plan/text lists what came of it.
 *
 *	peers.c			keys, allowed IPs and all else
 *	endpoints.c		which endpoints are set, and which are kept */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/diag.h"
#include "wgq/net/snap.h"
#include "wgq/plan/want/endpoints.h"
#include "wgq/plan/want/want.h"

/* A live peer whose endpoint is another one than the file's, and stays. Borrowed. */
struct kept_endpoint {
	const struct wg_peer *wanted, *running;
	enum endpoint_change change; /* not ENDPOINT_EDITED */
};

struct peers_change {
	/* To be sent first: what is new or differs. A changed peer has update_only and in its list
	 * only the allowed IPs to be added or, with `remove`, to be taken away. A prefix that moves
	 * is listed only with the peer that gets it, so that at every moment some peer has it. */
	struct wg_device forth, back; /* back takes it back, when `restored` was sent before */
	/* The whole of each peer of forth, borrowed; NULL: the file does not have it. */
	struct wg_peer_pointers wanted;

	/* To be sent last, since it ends sessions: the peers to be removed, and the same whole. */
	struct wg_device removed, restored;

	bool sets_endpoints; /* asked for before: also of peers that may have roamed */
	struct {
		VEC(struct kept_endpoint);
	} kept;
	size_t followed; /* allowed IPs that stay since they follow a route */
	uint32_t note;   /* want/endpoints.h: to be left now; 0: none */
};

/* want->device.peers have each key once. ret borrows from want and snap, and has to be zeroed. */
int peers_compare(const struct want *want, const struct snap *snap, struct peers_change *ret,
		  struct diag *d);
/* There is something to be sent first. */
bool peers_differ(const struct peers_change *change);
void peers_change_release(struct peers_change *change);
