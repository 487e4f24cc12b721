// SPDX-License-Identifier: GPL-2.0-or-later
// The routes of an interface that allowed IPs follow: begins, ends, lists.
#include "wgq/plan/follow/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wgq/base/mem.h"

int follow_new(const struct conf *conf, uint32_t link, uint32_t table, struct follow **ret)
{
	_cleanup_follow_ struct follow *f = mem_calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->link = link;
	f->table = table;
	f->in_doubt = true;
	memcpy(f->follows, conf->follows, sizeof(f->follows));
	int r = peers_take(f, conf);
	if (r == 0)
		*ret = steal(f);
	return r;
}

void follow_free_at(struct follow **at)
{
	struct follow *f = *at;

	if (!f)
		return;
	vec_each(peer, &f->peers)
		vec_release(&peer->accepts);
	nexthops_release(f);
	vec_release(&f->nexthops);
	vec_release(&f->peers);
	vec_release(&f->claims);
	vec_release(&f->swallowed);
	vec_release(&f->nodes);
	vec_release(&f->more);
	vec_release(&f->ways);
	vec_release(&f->queue);
	vec_release(&f->removals);
	free(f->buckets);
	free(f);
	*at = NULL;
}

void follow_doubt(struct follow *f)
{
	f->in_doubt = true;
}

bool follow_doubts(const struct follow *f)
{
	return f->in_doubt;
}

/* What waits to be removed goes on waiting: else nothing would go as long as all is read often. */
void follow_restart(struct follow *f)
{
	for (uint32_t i = 1; i < f->nodes.len; i++) {
		struct follow_node *node = &f->nodes.at[i];

		node->route = (struct follow_route){0};
		node->holder = NOBODY;
	}
	nexthops_release(f);
	f->more.len = f->free_more = 0;
	f->ways.len = 0;
	memset(f->way_buckets, 0, sizeof(f->way_buckets));
	f->in_doubt = false;
}

static bool is_of_file(const struct follow *f, const struct prefix *prefix)
{
	const struct follow_claim *claim = claims_find(&f->claims, prefix);

	return claim && claim->prefix.len == prefix->len;
}

/* What somebody else has given to a peer is nothing that was followed: it goes as in a reload. */
static int hold_peer(struct follow *f, const struct wg_peer *seen, uint32_t peer)
{
	vec_each(ip, &seen->allowed_ips) {
		if (is_of_file(f, &ip->prefix))
			continue;
		uint32_t index = node_make(f, &ip->prefix);

		if (!index)
			return -ENOMEM;
		f->nodes.at[index].holder = peer;
	}
	return 0;
}

static int touch_all(struct follow *f)
{
	int r = 0;

	for (uint32_t i = 1; r == 0 && i < f->nodes.len; i++)
		if (f->nodes.at[i].len != UINT8_MAX)
			r = node_touch(f, i);
	return r;
}

int follow_hold(struct follow *f, const struct wg_device *device)
{
	struct wg_peer_pointers sorted = {0};
	int r = wg_peers_sort(&device->peers, 0, &sorted);

	for (uint32_t i = 0; r == 0 && i < f->peers.len; i++) {
		const struct follow_peer *peer = &f->peers.at[i];
		const struct wg_peer *seen = peer->is_first && !peer->is_hooked
						     ? wg_peers_find(&sorted, &peer->key)
						     : NULL;

		if (seen)
			r = hold_peer(f, seen, i);
	}
	vec_release(&sorted);
	if (r == 0)
		r = touch_all(f);
	f->in_doubt |= r < 0;
	return r;
}

int follow_list(struct follow *f, struct followed_vec *ret)
{
	int r = decide_all(f);

	for (uint32_t i = 1; r == 0 && i < f->nodes.len; i++) {
		const struct follow_node *node = &f->nodes.at[i];
		struct followed *followed;

		if (node->wanted == NOBODY && node->refusal == FOLLOW_GRANTED)
			continue;
		followed = vec_push(ret);
		if (!followed)
			return -ENOMEM;
		*followed = (struct followed){.prefix = node_prefix(node),
					      .refusal = node->refusal,
					      .peer = node->wanted};
	}
	return r;
}

static const struct {
	const char *name, *text;
} refusals[FOLLOW_REFUSALS] = {
	[FOLLOW_GRANTED] = {"granted", "it is followed"},
	[FOLLOW_NO_GATEWAY] = {"no-gateway", "it has no gateway, and there are several peers"},
	[FOLLOW_NO_PEER] = {"no-peer", "its gateway is in no peer's AllowedIPs in the file"},
	[FOLLOW_NOT_ACCEPTED] = {"not-accepted", "it is not in the peer's AcceptRoutes"},
	[FOLLOW_TOO_MANY] = {"too-many", "the peer has MaxRoutes already"},
	[FOLLOW_SWALLOWS] =
		{"swallows-endpoint",
		 "it leads an endpoint into the tunnel itself: set FwMark, or add a route"},
	[FOLLOW_OF_FILE] = {"in-file", "the file says whose it is"},
};

const char *follow_refusal_text(enum follow_refusal refusal)
{
	return refusals[refusal].text;
}

const char *follow_refusal_name(enum follow_refusal refusal)
{
	return refusals[refusal].name;
}

size_t follow_memory(const struct follow *f)
{
	return f->nodes.cap * sizeof(f->nodes.at[0]) + f->bucket_count * sizeof(f->buckets[0]) +
	       f->more.cap * sizeof(f->more.at[0]) + f->ways.cap * sizeof(f->ways.at[0]) +
	       f->queue.cap * sizeof(f->queue.at[0]) + f->removals.cap * sizeof(f->removals.at[0]);
}
