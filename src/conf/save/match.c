// SPDX-License-Identifier: GPL-2.0-or-later
// Which [Peer] of a configuration is which peer of the running tunnel.
#include <stdlib.h>

#include "internal.h"
#include "wgq/base/mem.h"

void save_match_release(struct save_match *match)
{
	free(match->device_of);
	free(match->last_of);
	free(match->earlier);
	free(match->void_ips);
}

/* By public key; a file may have several sections for one peer. */
static void match_sections(struct save_match *match, const struct wg_peer_vec *sections,
			   const struct wg_peer_vec *peers, const struct wg_peer_pointers *by_key)
{
	for (uint32_t i = 0; i < sections->len; i++) {
		const struct wg_peer *found = wg_peers_find(by_key, &sections->at[i].public_key);
		uint32_t peer = found ? (uint32_t)(found - peers->at) : NO_PEER;

		match->device_of[i] = peer;
		match->earlier[i] = NO_PEER;
		if (!found)
			continue;
		match->earlier[i] = match->last_of[peer];
		match->last_of[peer] = i;
	}
	/* config.c:461: each section replaces the list, unless it has +IP or -IP. */
	for (uint32_t i = (uint32_t)sections->len; i-- > 0;) {
		uint32_t before = match->earlier[i];

		if (before != NO_PEER)
			match->void_ips[before] =
				match->void_ips[i] || sections->at[i].replace_allowed_ips;
	}
}

int save_match_init(struct save_match *match, const struct conf *conf,
		    const struct wg_device *device, struct diag *d)
{
	const struct wg_peer_vec *sections = &conf->wg.peers, *peers = &device->peers;
	struct wg_peer_pointers by_key = {0};

	match->device_of = mem_calloc(sections->len, sizeof(*match->device_of));
	match->last_of = mem_calloc(peers->len, sizeof(*match->last_of));
	match->earlier = mem_calloc(sections->len, sizeof(*match->earlier));
	match->void_ips = mem_calloc(sections->len, sizeof(*match->void_ips));
	if (!match->device_of || !match->last_of || !match->earlier || !match->void_ips ||
	    wg_peers_sort(peers, 0, &by_key) < 0)
		return diag_no_memory(d);
	for (uint32_t i = 0; i < peers->len; i++)
		match->last_of[i] = NO_PEER;
	match_sections(match, sections, peers, &by_key);
	vec_release(&by_key);
	return 0;
}
