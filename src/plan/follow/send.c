// SPDX-License-Identifier: GPL-2.0-or-later
// What is to be sent to WireGuard.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A message at a time, so that what is urgent need not wait for long, and takes little memory. */
enum { BATCH = 4096 };

struct change {
	uint32_t peer, node;
};
struct change_list {
	VEC(struct change);
};

static int compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return x->peer != y->peer ? (x->peer > y->peer) - (x->peer < y->peer)
				  : (x->node > y->node) - (x->node < y->node);
}

static int hold_off(struct follow *f, uint32_t index, uint64_t now)
{
	struct follow_node *node = &f->nodes.at[index];

	node->leaving = true;
	if (node->waiting == UINT8_MAX)
		return 0;
	struct follow_removal *removal = vec_push(&f->removals);
	if (!removal)
		return -ENOMEM;
	*removal = (struct follow_removal){index, (uint32_t)(now + FOLLOW_HOLD_MS)};
	node->waiting++;
	return 0;
}

/* What changes owner now; what has none any more waits. */
static int take_additions(struct follow *f, uint64_t now, struct change_list *changes)
{
	int r = 0;

	while (r == 0 && f->queue.len && changes->len < BATCH) {
		uint32_t index = *vec_last(&f->queue);
		struct follow_node *node = &f->nodes.at[index];
		uint32_t target = node_target(node);

		f->queue.len--;
		node->queued = false;
		if (target == NOBODY && node->holder != NOBODY && !node->leaving)
			r = hold_off(f, index, now);
		if (target == NOBODY) {
			node_free_unused(f, index);
			continue;
		}
		node->leaving = false;
		if (target == node->holder)
			continue;
		struct change *change = vec_push(changes);
		if (!change)
			return -ENOMEM;
		*change = (struct change){target, index};
		node->holder = target;
	}
	return r;
}

static bool is_due(const struct follow_removal *removal, uint64_t now)
{
	return (int32_t)((uint32_t)now - removal->due) >= 0;
}

static int take_removals(struct follow *f, uint64_t now, struct change_list *changes)
{
	while (f->removals.first < f->removals.len && changes->len < BATCH &&
	       is_due(&f->removals.at[f->removals.first], now)) {
		uint32_t index = f->removals.at[f->removals.first++].node;
		struct follow_node *node = &f->nodes.at[index];

		node->waiting--;
		/* It came back meanwhile, and went again. */
		if (!node->waiting && node->leaving && node->holder != NOBODY) {
			struct change *change = vec_push(changes);

			if (!change)
				return -ENOMEM;
			*change = (struct change){node->holder, index};
			node->holder = NOBODY;
		}
		if (!node->waiting)
			node->leaving = false;
	}
	/* Those that are done make room, not each at a time. */
	if (f->removals.first > f->removals.len / 2) {
		f->removals.len -= f->removals.first;
		memmove(f->removals.at, f->removals.at + f->removals.first,
			f->removals.len * sizeof(f->removals.at[0]));
		f->removals.first = 0;
	}
	return 0;
}

static int write_message(const struct follow *f, const struct change_list *changes, bool remove,
			 struct wg_device *ret)
{
	struct wg_peer *peer = NULL;

	ret->removals_are_held = true;
	for (size_t i = 0; i < changes->len; i++) {
		const struct change *change = &changes->at[i];

		if (i == 0 || change[-1].peer != change->peer) {
			peer = wg_device_add_peer(ret);
			if (!peer)
				return -ENOMEM;
			peer->public_key = f->peers.at[change->peer].key;
			peer->update_only = true;
		}
		struct allowed_ip *ip = vec_push(&peer->allowed_ips);
		if (!ip)
			return -ENOMEM;
		ip->prefix = node_prefix(&f->nodes.at[change->node]);
		ip->remove = remove;
	}
	return 1;
}

int follow_next(struct follow *f, uint64_t now, struct wg_device *ret)
{
	struct change_list changes = {0};
	int r = decide_all(f);

	if (r == 0)
		r = take_additions(f, now, &changes);
	/* In doubt its route may be there again, and the news of it lost. */
	bool remove = r == 0 && !changes.len && !f->in_doubt;
	if (remove)
		r = take_removals(f, now, &changes);
	if (r == 0 && changes.len) {
		qsort(changes.at, changes.len, sizeof(changes.at[0]), compare_changes);
		r = write_message(f, &changes, remove, ret);
	}
	if (remove)
		for (size_t i = 0; i < changes.len; i++)
			node_free_unused(f, changes.at[i].node);
	f->in_doubt |= r < 0;
	vec_release(&changes);
	return r;
}

uint64_t follow_due(const struct follow *f, uint64_t now)
{
	if (f->queue.len)
		return now;
	if (f->in_doubt || f->removals.first == f->removals.len)
		return UINT64_MAX;
	const struct follow_removal *first = &f->removals.at[f->removals.first];
	int32_t wait = (int32_t)(first->due - (uint32_t)now);

	return wait > 0 ? now + (uint32_t)wait : now;
}
