// SPDX-License-Identifier: GPL-2.0-or-later
// What the file says of the peers whose allowed IPs follow routes.
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static int compare(const void *a, const void *b)
{
	const struct follow_claim *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

/* Until they are sorted, `wider' is the order in which they came. */
static int compare_in_order(const void *a, const void *b)
{
	const struct follow_claim *x = a, *y = b;
	int order = compare(a, b);

	return order ? order : (x->wider > y->wider) - (x->wider < y->wider);
}

int claims_add(struct follow_claims *claims, const struct prefix *prefix, uint32_t peer)
{
	struct follow_claim *claim = vec_push(claims);

	if (!claim)
		return -ENOMEM;
	*claim = (struct follow_claim){*prefix, peer, (uint32_t)claims->len};
	prefix_mask(&claim->prefix);
	return 0;
}

void claims_sort(struct follow_claims *claims)
{
	size_t kept = 0;

	if (claims->len)
		qsort(claims->at, claims->len, sizeof(claims->at[0]), compare_in_order);
	for (size_t i = 0; i < claims->len; i++) {
		kept -= kept && compare(&claims->at[kept - 1], &claims->at[i]) == 0;
		claims->at[kept++] = claims->at[i];
	}
	claims->len = kept;
	for (size_t i = 0; i < kept; i++) {
		uint32_t wider = i ? (uint32_t)i - 1 : UINT32_MAX;

		while (wider != UINT32_MAX &&
		       !prefix_covers(&claims->at[wider].prefix, &claims->at[i].prefix))
			wider = claims->at[wider].wider;
		claims->at[i].wider = wider;
	}
}

const struct follow_claim *claims_find(const struct follow_claims *claims,
				       const struct prefix *prefix)
{
	size_t from = 0, to = claims->len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (prefix_compare(&claims->at[middle].prefix, prefix) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (uint32_t i = from ? (uint32_t)from - 1 : UINT32_MAX; i != UINT32_MAX;
	     i = claims->at[i].wider)
		if (prefix_covers(&claims->at[i].prefix, prefix))
			return &claims->at[i];
	return NULL;
}

static int take_limits(struct follow *f, const struct conf_peer_routes *limits,
		       struct follow_peer *peer)
{
	int r = 0;

	if (limits->accept_line)
		peer->accepts_all = false;
	if (limits->max_line) {
		peer->is_limited = true;
		peer->max = limits->max;
	}
	vec_each(prefix, &limits->accept)
		if (r == 0)
			r = claims_add(&peer->accepts, prefix, (uint32_t)(peer - f->peers.at));
	return r;
}

/* What several blocks of one key say is said of one peer. */
int peers_take(struct follow *f, const struct conf *conf)
{
	const struct wg_peer_vec *blocks = &conf->wg.peers;
	struct wg_peer_pointers sorted = {0};
	size_t limited = 0, count = 0;
	int r = wg_peers_sort(blocks, 0, &sorted);

	if (r == 0 && !vec_reserve(&f->peers, blocks->len + 1))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < blocks->len; i++)
		*vec_push(&f->peers) =
			(struct follow_peer){.key = blocks->at[i].public_key, .accepts_all = true};
	f->only_peer = NOBODY;
	for (size_t i = 0; r == 0 && i < blocks->len; i++) {
		const struct wg_peer *block = &blocks->at[i];
		const struct wg_peer *first = wg_peers_find(&sorted, &block->public_key);
		struct follow_peer *peer = &f->peers.at[first - blocks->at];

		if (first == block) {
			peer->is_first = true;
			peer->is_hooked = hooks_add_peer(&conf->effects, &peer->key);
			f->only_peer = count++ ? NOBODY : (uint32_t)i;
		}
		vec_each(ip, &block->allowed_ips)
			if (r == 0 && !ip->remove)
				r = claims_add(&f->claims, &ip->prefix,
					       (uint32_t)(first - blocks->at));
		if (r == 0 && limited < conf->peer_routes.len &&
		    conf->peer_routes.at[limited].peer == i)
			r = take_limits(f, &conf->peer_routes.at[limited++], peer);
	}
	claims_sort(&f->claims);
	vec_each(peer, &f->peers)
		claims_sort(&peer->accepts);
	vec_release(&sorted);
	return r;
}
