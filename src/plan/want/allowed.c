// SPDX-License-Identifier: GPL-2.0-or-later
// Which prefixes the peers hold in the end, and the routes for them.
#include "wgq/plan/want/allowed.h"

#include <errno.h>

#include "wgq/base/mem.h"
#include "wgq/net/route_sort.h"

/* An allowed IP of a block: it asks for a prefix, or to be rid of it. Time counts them in the order
 * in which they apply. */
struct request {
	struct prefix prefix;
	bool remove;
	uint32_t time;
	uint32_t line;
	size_t block;
};

/* A [Peer]. The blocks of one key are one peer. */
struct block {
	struct key key;
	size_t number;
	size_t peer;            /* the first block with this key, by number */
	uint32_t last_replaced; /* when the newest block that replaces began */
};

struct settling {
	VEC(struct request);
	struct {
		VEC(struct block);
	} blocks; /* by number */
};

static int request_compare(const void *a, const void *b)
{
	const struct request *x = a, *y = b;
	int order = prefix_compare_route(&x->prefix, &y->prefix);

	return order ? order : (x->time > y->time) - (x->time < y->time);
}

static int block_compare_key(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	int order = key_compare(&x->key, &y->key);

	return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int block_compare_number(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static bool has_removals(const struct wg_peer_vec *peers)
{
	vec_each(peer, peers)
		vec_each(ip, &peer->allowed_ips)
			if (ip->remove)
				return true;
	return false;
}

static bool is_own(const struct wg_peer *peer, const struct key *own)
{
	return own && key_equal(&peer->public_key, own);
}

static int settling_add(struct settling *s, const struct key *own, const struct wg_peer_vec *peers)
{
	vec_each(peer, peers) {
		struct block *block = vec_push(&s->blocks);

		if (!block)
			return -ENOMEM;
		block->key = peer->public_key;
		block->number = s->blocks.len - 1;
		block->last_replaced = peer->replace_allowed_ips ? (uint32_t)s->len : 0;
		if (is_own(peer, own))
			continue;
		vec_each(ip, &peer->allowed_ips) {
			struct request *request = vec_push(s);

			if (!request)
				return -ENOMEM;
			*request = (struct request){.prefix = ip->prefix,
						    .remove = ip->remove,
						    .time = (uint32_t)s->len,
						    .line = ip->line,
						    .block = block->number};
		}
	}
	return 0;
}

/* Joins the blocks of one key to one peer. */
static void settling_join(struct settling *s)
{
	if (s->blocks.len)
		qsort(s->blocks.at, s->blocks.len, sizeof(s->blocks.at[0]), block_compare_key);
	for (size_t i = 0, first = 0; i < s->blocks.len; i++) {
		struct block *block = &s->blocks.at[i];

		if (!key_equal(&block->key, &s->blocks.at[first].key))
			first = i;
		block->peer = s->blocks.at[first].number;
	}
	if (s->blocks.len)
		qsort(s->blocks.at, s->blocks.len, sizeof(s->blocks.at[0]), block_compare_number);
	vec_each(block, &s->blocks) {
		struct block *peer = &s->blocks.at[block->peer];

		if (block->last_replaced > peer->last_replaced)
			peer->last_replaced = block->last_replaced;
	}
}

/* Keeps of the sorted requests the one of each prefix that stands in the end. */
static void settling_decide(struct settling *s)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < s->len; i = next) {
		const struct request *owner = NULL;

		for (next = i; next < s->len && prefix_equal(&s->at[next].prefix, &s->at[i].prefix);
		     next++) {
			const struct request *request = &s->at[next];
			size_t peer = s->blocks.at[request->block].peer;

			if (!request->remove)
				owner = request;
			else if (owner && s->blocks.at[owner->block].peer == peer)
				owner = NULL;
		}
		if (!owner)
			continue;
		const struct block *peer = &s->blocks.at[s->blocks.at[owner->block].peer];
		if (owner->time > peer->last_replaced)
			s->at[kept++] = *owner;
	}
	s->len = kept;
}

/* Copies of the blocks, in which each prefix that was kept stands in its block only. */
static int settling_copy(const struct settling *s, const struct wg_peer_vec *then, size_t offset,
			 struct wg_peer_vec *ret)
{
	/* At once: moved later, preshared keys would stay behind. */
	if (!vec_reserve(ret, then->len))
		return -ENOMEM;
	vec_each(block, then) {
		struct wg_peer *copy = vec_push(ret);

		*copy = *block;
		copy->allowed_ips = (struct allowed_ip_vec){0};
	}
	for (size_t i = 0; i < s->len; i++) {
		if (s->at[i].block < offset)
			continue;
		struct allowed_ip *ip = vec_push(&ret->at[s->at[i].block - offset].allowed_ips);
		if (!ip)
			return -ENOMEM;
		ip->prefix = s->at[i].prefix;
		ip->line = s->at[i].line;
	}
	return 0;
}

static int add_route(struct route_vec *routes, const struct prefix *prefix, uint32_t line)
{
	struct route *route = vec_push(routes);

	if (!route)
		return -ENOMEM;
	route->prefix = *prefix;
	route->line = line;
	return 0;
}

static int add_routes(struct route_vec *routes, const struct key *own,
		      const struct wg_peer_vec *peers)
{
	size_t total = routes->len;

	vec_each(peer, peers)
		total += peer->allowed_ips.len;
	if (!vec_reserve(routes, total))
		return -ENOMEM;
	vec_each(peer, peers) {
		if (is_own(peer, own))
			continue;
		vec_each(ip, &peer->allowed_ips)
			if (add_route(routes, &ip->prefix, ip->line) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* The long way, for files whose blocks take prefixes from each other. */
static int settle(const struct key *own, const struct wg_peer_vec *first,
		  const struct wg_peer_vec *then, struct wg_peer_vec *ret_settled,
		  struct route_vec *ret_routes)
{
	struct settling s = {0};
	int r = settling_add(&s, own, first);

	if (r == 0)
		r = settling_add(&s, own, then);
	if (r == 0) {
		settling_join(&s);
		if (s.len)
			qsort(s.at, s.len, sizeof(s.at[0]), request_compare);
		settling_decide(&s);
		r = settling_copy(&s, then, first->len, ret_settled);
	}
	vec_each(request, &s)
		if (r == 0)
			r = add_route(ret_routes, &request->prefix, request->line);
	vec_release(&s.blocks);
	vec_release(&s);
	return r;
}

static int key_pointer_compare(const void *a, const void *b)
{
	const struct key *const *x = a, *const *y = b;

	return key_compare(*x, *y);
}

static int find_repeated_keys(const struct wg_peer_vec *first, const struct wg_peer_vec *then,
			      bool *ret)
{
	struct {
		VEC(const struct key *);
	} keys = {0};
	const struct wg_peer_vec *lists[] = {first, then};

	if (!vec_reserve(&keys, first->len + then->len + 1))
		return -ENOMEM;
	for (size_t i = 0; i < 2; i++)
		vec_each(peer, lists[i])
			keys.at[keys.len++] = &peer->public_key;
	qsort(keys.at, keys.len, sizeof(keys.at[0]), key_pointer_compare);
	*ret = false;
	for (size_t i = 1; i < keys.len; i++)
		*ret |= key_equal(keys.at[i - 1], keys.at[i]);
	vec_release(&keys);
	return 0;
}

int allowed_settle(const struct key *own, const struct wg_peer_vec *first,
		   const struct wg_peer_vec *then, struct wg_peer_vec *ret_settled,
		   struct route_vec *ret_routes, struct diag *d)
{
	bool contested = false;
	int r = find_repeated_keys(first, then, &contested);

	contested |= has_removals(then);
	if (r == 0 && !contested) {
		r = add_routes(ret_routes, own, first);
		r = r == 0 ? add_routes(ret_routes, own, then) : r;
		size_t count = ret_routes->len;
		if (r == 0)
			route_sort_unique(ret_routes);
		contested = ret_routes->len < count;
	}
	if (r == 0 && contested) {
		ret_routes->len = 0;
		r = settle(own, first, then, ret_settled, ret_routes);
	}
	return r < 0 ? diag_no_memory(d) : 0;
}
