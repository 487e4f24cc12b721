/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of plan/follow.
 *
 * A million prefixes are held at once: a node of 48 bytes each, in an array that a hash table
 * points into. Nodes, routes and ways are known by their index; index 0 of each is none. */
#pragma once

#include "wgq/plan/follow/follow.h"

enum { NONE = 0 };
#define NOBODY UINT32_MAX /* no peer */

/* A route to a prefix; the first of a prefix is in its node, the others follow in a list. */
struct follow_route {
	uint32_t metric;
	uint32_t way;  /* NONE: there is no route */
	uint32_t next; /* in follow.more */
	bool own_table;
	bool follows; /* it is of a protocol that is followed */
	bool several; /* it has several ways, of which this is the first of ours */
	uint8_t spare;
};

struct follow_node {
	uint8_t bytes[16];
	struct follow_route route;
	uint32_t next;   /* in its bucket, or of those that are free */
	uint32_t wanted; /* whose it would be, were there not too many; NOBODY */
	uint32_t holder; /* that was told to WireGuard; NOBODY */
	uint8_t len;
	uint8_t waiting; /* its entries in follow.removals */
	uint8_t refusal;
	bool is_ip6 : 1, undecided : 1, queued : 1, leaving : 1;
};
_Static_assert(sizeof(struct follow_node) == 48, "48 bytes a prefix");

/* A gateway or a next hop object: what routes have in common. */
struct follow_way {
	struct addr via;  /* family 0: none, or unknown as yet */
	uint32_t nexthop; /* 0: a gateway */
	uint32_t next;    /* in its bucket */
	uint32_t peer;
	uint8_t refusal;
	bool is_used, leads_out; /* leads_out: of the interface */
};

/* Prefixes, sorted, each with the next wider one that holds it. */
struct follow_claim {
	struct prefix prefix;
	uint32_t peer, wider; /* UINT32_MAX: none */
};
struct follow_claims {
	VEC(struct follow_claim);
};

struct follow_peer {
	struct key key; /* public */
	bool is_first;  /* of its key; the others are not used */
	bool is_hooked;
	bool accepts_all, is_limited;
	bool is_over; /* it was, when it was counted last */
	bool has_changed;
	uint32_t max, count;
	struct follow_claims accepts;
};

struct follow_removal {
	uint32_t node, due; /* milliseconds, the lower half */
};

struct follow {
	uint32_t link, table;
	bool follows[256];
	bool in_doubt;
	struct {
		VEC(struct follow_peer);
	} peers;            /* by the index of the configuration's */
	uint32_t only_peer; /* NOBODY: there are several */
	struct follow_claims claims;
	struct addr_vec swallowed;

	struct {
		VEC(struct follow_node);
	} nodes;
	uint32_t *buckets; /* a power of two */
	size_t bucket_count;
	uint32_t free_node, free_more;
	struct {
		VEC(struct follow_route);
	} more;
	struct {
		VEC(struct follow_way);
	} ways;
	uint32_t way_buckets[256];
	struct {
		VEC(struct policy_nexthop);
	} nexthops; /* by number */

	struct {
		VEC(uint32_t);
	} queue; /* nodes that may have to be sent */
	size_t undecided;
	struct {
		VEC(struct follow_removal);
		size_t first; /* of those that are still to come */
	} removals;
};

/* claims.c. The narrowest that holds the prefix; NULL: none does. */
const struct follow_claim *claims_find(const struct follow_claims *claims,
				       const struct prefix *prefix);
int claims_add(struct follow_claims *claims, const struct prefix *prefix, uint32_t peer);
/* Of equal ones the last counts. */
void claims_sort(struct follow_claims *claims);
int peers_take(struct follow *f, const struct conf *conf);

/* table.c */
uint32_t bytes_hash(const uint8_t bytes[16], uint32_t more);
/* 0: there is none, or no memory. */
uint32_t node_find(const struct follow *f, const struct prefix *prefix);
uint32_t node_make(struct follow *f, const struct prefix *prefix);
struct prefix node_prefix(const struct follow_node *node);
void node_free_unused(struct follow *f, uint32_t index);
int node_add_route(struct follow *f, uint32_t index, const struct follow_route *route);
/* The one before *route is NULL where it is the node's own. */
void node_drop_route(struct follow *f, uint32_t index, struct follow_route *before,
		     struct follow_route *route);
static inline struct follow_route *route_next(const struct follow *f,
					      const struct follow_route *route)
{
	return route->next ? &f->more.at[route->next] : NULL;
}
/* NULL: there is none; then *ret_place, which may be NULL, is where it would be. */
struct policy_nexthop *nexthop_find(const struct follow *f, uint32_t id, size_t *ret_place);
void nexthops_release(struct follow *f);

/* decide.c: that a node has changed. 0 or -ENOMEM. */
int node_touch(struct follow *f, uint32_t index);
uint32_t way_make(struct follow *f, const struct addr *via, uint32_t nexthop);
void way_decide(const struct follow *f, struct follow_way *way);
/* All that have changed. */
int decide_all(struct follow *f);
static inline uint32_t node_target(const struct follow_node *node)
{
	return node->refusal == FOLLOW_GRANTED ? node->wanted : NOBODY;
}
