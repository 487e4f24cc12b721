// SPDX-License-Identifier: GPL-2.0-or-later
// The prefixes that there are routes to, and the ways that routes lead.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/base/mem.h"

uint32_t bytes_hash(const uint8_t bytes[16], uint32_t more)
{
	uint64_t words[2], hash;

	memcpy(words, bytes, sizeof(words));
	hash = (words[0] ^ more) * 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 32 ^ words[1]) * 0x9e3779b97f4a7c15;
	return (uint32_t)(hash >> 32);
}

static uint32_t *bucket_of(const struct follow *f, const uint8_t bytes[16], uint8_t len,
			   bool is_ip6)
{
	return &f->buckets[bytes_hash(bytes, len | (uint32_t)is_ip6 << 8) & (f->bucket_count - 1)];
}

struct prefix node_prefix(const struct follow_node *node)
{
	struct prefix prefix = {.addr.family = node->is_ip6 ? AF_INET6 : AF_INET, .len = node->len};

	memcpy(prefix.addr.bytes, node->bytes, sizeof(node->bytes));
	return prefix;
}

uint32_t node_find(const struct follow *f, const struct prefix *prefix)
{
	bool is_ip6 = prefix->addr.family == AF_INET6;
	uint32_t i = f->buckets ? *bucket_of(f, prefix->addr.bytes, prefix->len, is_ip6) : NONE;

	for (; i; i = f->nodes.at[i].next) {
		const struct follow_node *node = &f->nodes.at[i];

		if (node->len == prefix->len && node->is_ip6 == is_ip6 &&
		    memcmp(node->bytes, prefix->addr.bytes, sizeof(node->bytes)) == 0)
			break;
	}
	return i;
}

static bool is_free(const struct follow_node *node)
{
	return node->len == UINT8_MAX;
}

static int grow_buckets(struct follow *f)
{
	enum { FIRST = 64 };
	size_t count = f->bucket_count ? 2 * f->bucket_count : FIRST;
	uint32_t *buckets = mem_calloc(count, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	free(f->buckets);
	f->buckets = buckets;
	f->bucket_count = count;
	for (uint32_t i = 1; i < f->nodes.len; i++) {
		struct follow_node *node = &f->nodes.at[i];

		if (is_free(node))
			continue;
		uint32_t *bucket = bucket_of(f, node->bytes, node->len, node->is_ip6);
		node->next = *bucket;
		*bucket = i;
	}
	return 0;
}

uint32_t node_make(struct follow *f, const struct prefix *prefix)
{
	uint32_t i = node_find(f, prefix);

	if (i)
		return i;
	/* The first is none. */
	if (!f->nodes.len && !vec_push(&f->nodes))
		return NONE;
	if (f->nodes.len > f->bucket_count && grow_buckets(f) < 0)
		return NONE;
	i = f->free_node;
	if (i)
		f->free_node = f->nodes.at[i].next;
	else if (f->nodes.len < UINT32_MAX && vec_push(&f->nodes))
		i = (uint32_t)f->nodes.len - 1;
	if (!i)
		return NONE;
	struct follow_node *node = &f->nodes.at[i];

	*node = (struct follow_node){.wanted = NOBODY,
				     .holder = NOBODY,
				     .len = prefix->len,
				     .is_ip6 = prefix->addr.family == AF_INET6};
	memcpy(node->bytes, prefix->addr.bytes, sizeof(node->bytes));
	uint32_t *bucket = bucket_of(f, node->bytes, node->len, node->is_ip6);
	node->next = *bucket;
	*bucket = i;
	return i;
}

void node_free_unused(struct follow *f, uint32_t index)
{
	struct follow_node *node = &f->nodes.at[index];

	if (node->route.way || node->wanted != NOBODY || node->holder != NOBODY || node->queued ||
	    node->waiting)
		return;
	uint32_t *at = bucket_of(f, node->bytes, node->len, node->is_ip6);
	while (*at != index)
		at = &f->nodes.at[*at].next;
	*at = node->next;
	node->len = UINT8_MAX;
	node->next = f->free_node;
	f->free_node = index;
}

int node_add_route(struct follow *f, uint32_t index, const struct follow_route *route)
{
	struct follow_route *last = &f->nodes.at[index].route;
	uint32_t i;

	if (!last->way) {
		*last = *route;
		return 0;
	}
	if (!f->more.len && !vec_push(&f->more))
		return -ENOMEM;
	i = f->free_more;
	if (i)
		f->free_more = f->more.at[i].next;
	else if (vec_push(&f->more))
		i = (uint32_t)f->more.len - 1;
	if (!i)
		return -ENOMEM;
	f->more.at[i] = *route;
	f->more.at[i].next = NONE;
	while (last->next)
		last = &f->more.at[last->next];
	last->next = i;
	return 0;
}

void node_drop_route(struct follow *f, uint32_t index, struct follow_route *before,
		     struct follow_route *route)
{
	struct follow_node *node = &f->nodes.at[index];
	uint32_t freed = before ? before->next : route->next;

	if (before)
		before->next = route->next;
	else if (freed)
		node->route = f->more.at[freed];
	else
		node->route = (struct follow_route){0};
	if (!freed)
		return;
	f->more.at[freed].next = f->free_more;
	f->free_more = freed;
}

struct policy_nexthop *nexthop_find(const struct follow *f, uint32_t id, size_t *ret_place)
{
	size_t from = 0, to = f->nexthops.len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (f->nexthops.at[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	if (ret_place)
		*ret_place = from;
	return from < f->nexthops.len && f->nexthops.at[from].id == id ? &f->nexthops.at[from]
								       : NULL;
}

void nexthops_release(struct follow *f)
{
	vec_each(nexthop, &f->nexthops)
		vec_release(nexthop);
	f->nexthops.len = 0;
}
