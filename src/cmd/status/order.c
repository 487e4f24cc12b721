// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: the order of the peers, and what became of each since it was looked at before.
#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/status/status.h"

/* For qsort(3), which passes no context. */
struct ranked {
	const struct wg_peer *peer;
	const char *name; /* NULL: it has none */
	size_t index;
};

/* The device's own order is none, or changes from look to look. */
static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = (x->name == NULL) - (y->name == NULL);

	if (x->peer->last_handshake != y->peer->last_handshake)
		return x->peer->last_handshake > y->peer->last_handshake ? -1 : 1;
	if (order == 0 && x->name)
		order = strverscmp(x->name, y->name);
	return order ? order : key_compare(&x->peer->public_key, &y->peer->public_key);
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

static struct status_rate rate_of(const struct status *s, const struct status *before,
				  const struct wg_peer *peer, const struct wg_peer *then)
{
	struct status_rate rate = {0};

	if (!then)
		return rate;
	/* Counters begin at zero when a peer was removed and added meanwhile. */
	rate.rx = peer->rx_bytes > then->rx_bytes ? peer->rx_bytes - then->rx_bytes : 0;
	rate.tx = peer->tx_bytes > then->tx_bytes ? peer->tx_bytes - then->tx_bytes : 0;
	if (before->rates)
		rate.sent_at = before->rates[then - before->snap.wg.peers.at].sent_at;
	if (rate.tx)
		rate.sent_at = s->now;
	return rate;
}

int status_rates(struct status *s, const struct status *before, struct diag *d)
{
	const struct wg_peer_vec *peers = &s->snap.wg.peers;
	struct wg_peer_pointers known = {0};

	s->rates = mem_calloc(peers->len, sizeof(*s->rates));
	if (!s->rates || wg_peers_sort(&before->snap.wg.peers, 0, &known) < 0)
		return diag_no_memory(d);
	for (size_t i = 0; i < peers->len; i++)
		s->rates[i] = rate_of(s, before, &peers->at[i],
				      wg_peers_find(&known, &peers->at[i].public_key));
	vec_release(&known);
	s->seconds = s->clock - before->clock;
	return 0;
}

int status_count_followed(struct status *s, struct diag *d)
{
	struct wg_peer_pointers sorted = {0};
	int r = wg_peers_sort(&s->snap.wg.peers, 0, &sorted);

	s->followed = mem_calloc(s->snap.wg.peers.len + 1, sizeof(*s->followed));
	if (!s->followed)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < s->snap.followed.len; i++) {
		const struct followed *followed = &s->snap.followed.at[i];
		const struct wg_peer *peer = NULL;

		if (followed->refusal == FOLLOW_GRANTED)
			peer = wg_peers_find(
				&sorted, &s->config.conf.wg.peers.at[followed->peer].public_key);
		if (peer)
			s->followed[peer - s->snap.wg.peers.at]++;
	}
	vec_release(&sorted);
	return r < 0 ? diag_no_memory(d) : 0;
}
