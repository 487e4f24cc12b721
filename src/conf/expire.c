// SPDX-License-Identifier: GPL-2.0-or-later
// Peers whose time is over.
#include "wgq/conf/expire.h"

#include <stdlib.h>

#include "wgq/base/date.h"
#include "wgq/base/mem.h"

/* Keeps of a list beside the peers what is of peers that stay, by their new index. */
#define KEEP(list, moved, release)                                                                 \
	do {                                                                                       \
		size_t keep_count = 0;                                                             \
		vec_each(item, list) {                                                             \
			size_t keep_at = (moved)[item->peer];                                      \
			if (keep_at == GONE) {                                                     \
				release;                                                           \
				continue;                                                          \
			}                                                                          \
			item->peer = keep_at;                                                      \
			(list)->at[keep_count++] = *item;                                          \
		}                                                                                  \
		(list)->len = keep_count;                                                          \
	} while (0)

#define GONE SIZE_MAX

static void warn(const struct conf *conf, const struct conf_expiry *expiry, struct diag *d)
{
	const struct place at = conf_place(conf, expiry->line);
	_cleanup_buf_ struct buf date = {0};

	date_add(expiry->time, &date);
	diag_warn_at(d, &at, "wgq peer remove --expired takes it out of the file",
		     "this peer expired on %s: it is left out", buf_text(&date));
	diag_id(d, "expired");
}

static void drop(struct conf *conf, const size_t *moved)
{
	struct wg_peer_vec *peers = &conf->wg.peers;
	size_t kept = 0;

	KEEP(&conf->endpoints, moved, conf_endpoint_release(item));
	KEEP(&conf->fallback_endpoints, moved, conf_endpoint_release(item));
	KEEP(&conf->preshared_key_files, moved, free(item->text));
	KEEP(&conf->peer_routes, moved, conf_peer_routes_release(item));
	KEEP(&conf->expiries, moved, );
	for (size_t i = 0; i < peers->len; i++) {
		if (moved[i] == GONE)
			wg_peer_release(&peers->at[i]);
		else
			peers->at[kept++] = peers->at[i];
	}
	/* What was moved is not left behind. */
	mem_wipe(peers->at + kept, (peers->len - kept) * sizeof(*peers->at));
	peers->len = kept;
}

int conf_drop_expired(struct conf *conf, int64_t now, struct diag *d)
{
	size_t next = 0;

	if (!conf->expiries.len)
		return 0;
	_cleanup_free_ size_t *moved = mem_calloc(conf->wg.peers.len, sizeof(*moved));
	if (!moved)
		return diag_no_memory(d);
	vec_each(expiry, &conf->expiries) {
		const struct key *key = &conf->wg.peers.at[expiry->peer].public_key;

		if (expiry->time > now)
			continue;
		for (size_t i = 0; i < conf->wg.peers.len; i++)
			if (key_equal(&conf->wg.peers.at[i].public_key, key))
				moved[i] = GONE;
		conf->expired++;
		warn(conf, expiry, d);
	}
	for (size_t i = 0; i < conf->wg.peers.len; i++)
		if (moved[i] != GONE)
			moved[i] = next++;
	drop(conf, moved);
	return 0;
}

int64_t conf_next_expiry(const struct conf *conf)
{
	int64_t next = 0;

	vec_each(expiry, &conf->expiries)
		if (!next || expiry->time < next)
			next = expiry->time;
	return next;
}
