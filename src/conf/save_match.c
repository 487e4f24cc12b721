// SPDX-License-Identifier: GPL-2.0-or-later
// Which [Peer] of a configuration is which peer of the running tunnel.
#include <stdlib.h>

#include "save_internal.h"
#include "wgq/base/mem.h"

struct key_index {
	const struct key *key;
	uint32_t peer;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key_index *x = a, *y = b;

	return key_compare(x->key, y->key);
}

void save_match_release(struct save_match *match)
{
	free(match->device_of);
	free(match->last_of);
	free(match->earlier);
	free(match->void_ips);
}

/* By public key; a file may have several sections for one peer. */
static void match_sections(struct save_match *match, const struct wg_peer_vec *sections,
			   const struct key_index *keys, size_t key_count)
{
	for (uint32_t i = 0; i < sections->len; i++) {
		const struct key_index wanted = {&sections->at[i].public_key, 0};
		const struct key_index *found =
			key_count ? bsearch(&wanted, keys, key_count, sizeof(*keys), compare_keys)
				  : NULL;

		match->device_of[i] = found ? found->peer : NO_PEER;
		match->earlier[i] = NO_PEER;
		if (!found)
			continue;
		match->earlier[i] = match->last_of[found->peer];
		match->last_of[found->peer] = i;
	}
	/* config.c:461: each section begins the list anew, unless it has +IP or -IP. */
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
	_cleanup_free_ struct key_index *keys = mem_calloc(peers->len, sizeof(*keys));

	match->device_of = mem_calloc(sections->len, sizeof(*match->device_of));
	match->last_of = mem_calloc(peers->len, sizeof(*match->last_of));
	match->earlier = mem_calloc(sections->len, sizeof(*match->earlier));
	match->void_ips = mem_calloc(sections->len, sizeof(*match->void_ips));
	if (!keys || !match->device_of || !match->last_of || !match->earlier || !match->void_ips)
		return diag_no_memory(d);
	for (uint32_t i = 0; i < peers->len; i++) {
		keys[i] = (struct key_index){&peers->at[i].public_key, i};
		match->last_of[i] = NO_PEER;
	}
	qsort(keys, peers->len, sizeof(*keys), compare_keys);
	match_sections(match, sections, keys, peers->len);
	return 0;
}
