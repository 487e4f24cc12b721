// SPDX-License-Identifier: GPL-2.0-or-later
// Which peer a prefix belongs to.
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "internal.h"

int node_touch(struct follow *f, uint32_t index)
{
	struct follow_node *node = &f->nodes.at[index];

	f->undecided += !node->undecided;
	node->undecided = true;
	if (node->queued)
		return 0;
	uint32_t *queued = vec_push(&f->queue);
	if (!queued)
		return -ENOMEM;
	*queued = index;
	node->queued = true;
	return 0;
}

/* The one of a group, which has no groups in it, that leads out of the interface. */
static const struct policy_nexthop *first_of(const struct follow *f,
					     const struct policy_nexthop *nexthop)
{
	if (!nexthop || !nexthop->len)
		return nexthop && nexthop->oif == f->link ? nexthop : NULL;
	vec_each(id, nexthop) {
		const struct policy_nexthop *member = nexthop_find(f, *id, NULL);

		if (member && !member->len && member->oif == f->link)
			return member;
	}
	return NULL;
}

void way_decide(const struct follow *f, struct follow_way *way)
{
	way->peer = NOBODY;
	way->leads_out = true;
	if (way->nexthop) {
		const struct policy_nexthop *nexthop =
			first_of(f, nexthop_find(f, way->nexthop, NULL));

		way->leads_out = nexthop;
		way->via = nexthop ? nexthop->via : (struct addr){0};
	}
	if (!way->via.family) {
		way->peer = f->only_peer;
		way->refusal = way->peer == NOBODY ? FOLLOW_NO_GATEWAY : FOLLOW_GRANTED;
		return;
	}
	const struct prefix host = {.addr = way->via, .len = addr_bits(&way->via)};
	const struct follow_claim *claim = claims_find(&f->claims, &host);

	way->peer = claim ? claim->peer : NOBODY;
	way->refusal = claim ? FOLLOW_GRANTED : FOLLOW_NO_PEER;
}

uint32_t way_make(struct follow *f, const struct addr *via, uint32_t nexthop)
{
	uint32_t *bucket = &f->way_buckets[bytes_hash(via->bytes, nexthop ^ via->family) %
					   (sizeof(f->way_buckets) / sizeof(f->way_buckets[0]))];
	struct follow_way *way;

	for (uint32_t i = *bucket; i; i = way->next) {
		way = &f->ways.at[i];
		if (way->nexthop == nexthop && (nexthop || addr_compare(&way->via, via) == 0))
			return i;
	}
	if ((!f->ways.len && !vec_push(&f->ways)) || !(way = vec_push(&f->ways)))
		return NONE;
	*way = (struct follow_way){.nexthop = nexthop, .next = *bucket, .is_used = true};
	if (!nexthop)
		way->via = *via;
	way_decide(f, way);
	*bucket = (uint32_t)f->ways.len - 1;
	return *bucket;
}

/* Of those that are equal the first counts. */
static const struct follow_way *best_way(const struct follow *f, const struct follow_node *node)
{
	const struct follow_route *best = NULL;

	for (const struct follow_route *route = &node->route; route && route->way;
	     route = route_next(f, route))
		if (route->follows && f->ways.at[route->way].leads_out &&
		    (!best || route->metric < best->metric ||
		     (route->metric == best->metric && !route->own_table && best->own_table)))
			best = route;
	return best ? &f->ways.at[best->way] : NULL;
}

static bool swallows(const struct follow *f, const struct prefix *prefix)
{
	vec_each(endpoint, &f->swallowed) {
		const struct prefix host = {.addr = *endpoint, .len = addr_bits(endpoint)};

		if (prefix_covers(prefix, &host))
			return true;
	}
	return false;
}

static enum follow_refusal judge(const struct follow *f, const struct prefix *prefix, uint32_t peer)
{
	const struct follow_claim *claim = claims_find(&f->claims, prefix);
	const struct follow_peer *p = &f->peers.at[peer];

	if (claim && claim->prefix.len == prefix->len)
		return FOLLOW_OF_FILE;
	if (!p->accepts_all && !claims_find(&p->accepts, prefix))
		return FOLLOW_NOT_ACCEPTED;
	return swallows(f, prefix) ? FOLLOW_SWALLOWS : FOLLOW_GRANTED;
}

static void count(struct follow *f, uint32_t peer, int by)
{
	if (peer == NOBODY)
		return;
	f->peers.at[peer].count += (uint32_t)by;
	f->peers.at[peer].has_changed = true;
}

/* What is refused for its own sake counts for nobody. */
static void decide(struct follow *f, struct follow_node *node)
{
	const struct follow_way *way = best_way(f, node);
	const struct prefix prefix = node_prefix(node);
	uint32_t peer = way ? way->peer : NOBODY;

	node->refusal = way ? way->refusal : FOLLOW_GRANTED;
	if (peer != NOBODY)
		node->refusal = (uint8_t)judge(f, &prefix, peer);
	if (node->refusal != FOLLOW_GRANTED)
		peer = NOBODY;
	if (peer != node->wanted || (peer != NOBODY && f->peers.at[peer].is_limited)) {
		count(f, node->wanted, -1);
		count(f, peer, 1);
		node->wanted = peer;
	}
	node->undecided = false;
}

static int compare_nodes(const void *a, const void *b, void *follow)
{
	const struct follow *f = follow;
	const struct prefix x = node_prefix(&f->nodes.at[*(const uint32_t *)a]);
	const struct prefix y = node_prefix(&f->nodes.at[*(const uint32_t *)b]);

	return prefix_compare(&x, &y);
}

static int set_refusal(struct follow *f, uint32_t index, enum follow_refusal refusal)
{
	struct follow_node *node = &f->nodes.at[index];
	uint32_t *queued;

	if (node->refusal == refusal)
		return 0;
	node->refusal = (uint8_t)refusal;
	if (node->queued)
		return 0;
	queued = vec_push(&f->queue);
	if (!queued)
		return -ENOMEM;
	*queued = index;
	node->queued = true;
	return 0;
}

/* So many, the first by address: which ones does not depend on the order in which they came. */
static int limit(struct follow *f, uint32_t peer)
{
	struct {
		VEC(uint32_t);
	} list = {0};
	struct follow_peer *p = &f->peers.at[peer];
	int r = 0;

	p->has_changed = false;
	if (p->count <= p->max && !p->is_over)
		return 0;
	for (uint32_t i = 1; r == 0 && i < f->nodes.len; i++) {
		uint32_t *at = f->nodes.at[i].wanted == peer ? vec_push(&list) : NULL;

		if (at)
			*at = i;
		else if (f->nodes.at[i].wanted == peer)
			r = -ENOMEM;
	}
	if (r == 0 && list.len)
		qsort_r(list.at, list.len, sizeof(list.at[0]), compare_nodes, f);
	for (size_t i = 0; r == 0 && i < list.len; i++)
		r = set_refusal(f, list.at[i], i < p->max ? FOLLOW_GRANTED : FOLLOW_TOO_MANY);
	p->is_over = p->count > p->max;
	vec_release(&list);
	return r;
}

int decide_all(struct follow *f)
{
	int r = 0;

	if (!f->undecided)
		return 0;
	vec_each(index, &f->queue)
		if (f->nodes.at[*index].undecided)
			decide(f, &f->nodes.at[*index]);
	f->undecided = 0;
	for (uint32_t i = 0; r == 0 && i < f->peers.len; i++)
		if (f->peers.at[i].is_limited && f->peers.at[i].has_changed)
			r = limit(f, i);
	return r;
}

static int touch_covering(struct follow *f, const struct addr *addr)
{
	int r = 0;

	for (unsigned len = 0; r == 0 && len <= addr_bits(addr); len++) {
		struct prefix prefix = {.addr = *addr, .len = (uint8_t)len};

		prefix_mask(&prefix);
		uint32_t index = node_find(f, &prefix);
		if (index)
			r = node_touch(f, index);
	}
	return r;
}

int follow_swallowed(struct follow *f, const struct addr_vec *endpoints)
{
	struct addr_vec before = f->swallowed;
	int r = 0;

	bool same = before.len == endpoints->len;
	for (size_t i = 0; same && i < before.len; i++)
		same = addr_compare(&before.at[i], &endpoints->at[i]) == 0;
	if (same)
		return 0;
	f->swallowed = (struct addr_vec){0};
	if (!vec_reserve(&f->swallowed, endpoints->len))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < endpoints->len; i++)
		f->swallowed.at[f->swallowed.len++] = endpoints->at[i];
	vec_each(addr, &before)
		r = r == 0 ? touch_covering(f, addr) : r;
	vec_each(addr, &f->swallowed)
		r = r == 0 ? touch_covering(f, addr) : r;
	vec_release(&before);
	f->in_doubt |= r < 0;
	return r;
}
