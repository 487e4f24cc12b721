// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: the order of the peers, and what became of each since it was looked at before.
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/status.h"

/* For qsort(3), which passes no context. */
struct ranked {
	const struct wg_peer *peer;
	const char *name; /* NULL: it has none */
	size_t index;
};

static int compare_names(const struct ranked *x, const struct ranked *y)
{
	int order = (x->name == NULL) - (y->name == NULL);

	if (order == 0 && x->name)
		order = strverscmp(x->name, y->name);
	return order ? order : key_compare(&x->peer->public_key, &y->peer->public_key);
}

/* The device's own order is none, or changes from look to look. */
static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->peer->last_handshake != y->peer->last_handshake)
		return x->peer->last_handshake > y->peer->last_handshake ? -1 : 1;
	return compare_names(x, y);
}

int status_order(struct status *s, struct diag *d)
{
	const struct wg_peer_vec *peers = &s->snap.wg.peers;
	_cleanup_free_ struct ranked *ranked = mem_calloc(peers->len, sizeof(*ranked));

	s->order = mem_calloc(peers->len, sizeof(*s->order));
	if (!ranked || !s->order)
		return diag_no_memory(d);
	for (size_t i = 0; i < peers->len; i++)
		ranked[i] = (struct ranked){
			.peer = &peers->at[i],
			.name = peer_names_find(&s->names, &peers->at[i].public_key),
			.index = i,
		};
	qsort(ranked, peers->len, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < peers->len; i++)
		s->order[i] = ranked[i].index;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return key_compare(&x->peer->public_key, &y->peer->public_key);
}

static struct status_rate rate_of(const struct status *s, const struct status *before,
				  const struct wg_peer *peer, const struct ranked *then)
{
	struct status_rate rate = {0};

	if (!then)
		return rate;
	/* Counters begin anew when a peer was removed and added meanwhile. */
	rate.rx = peer->rx_bytes > then->peer->rx_bytes ? peer->rx_bytes - then->peer->rx_bytes : 0;
	rate.tx = peer->tx_bytes > then->peer->tx_bytes ? peer->tx_bytes - then->peer->tx_bytes : 0;
	rate.sent_at = before->rates ? before->rates[then->index].sent_at : 0;
	if (rate.tx)
		rate.sent_at = s->now;
	return rate;
}

int status_rates(struct status *s, const struct status *before, struct diag *d)
{
	const struct wg_peer_vec *then = &before->snap.wg.peers, *peers = &s->snap.wg.peers;
	_cleanup_free_ struct ranked *known = mem_calloc(then->len, sizeof(*known));

	s->rates = mem_calloc(peers->len, sizeof(*s->rates));
	if (!known || !s->rates)
		return diag_no_memory(d);
	for (size_t i = 0; i < then->len; i++)
		known[i] = (struct ranked){.peer = &then->at[i], .index = i};
	qsort(known, then->len, sizeof(*known), compare_keys);
	for (size_t i = 0; i < peers->len; i++) {
		const struct ranked key = {.peer = &peers->at[i]};

		s->rates[i] =
			rate_of(s, before, &peers->at[i],
				bsearch(&key, known, then->len, sizeof(*known), compare_keys));
	}
	s->seconds = s->clock - before->clock;
	return 0;
}
