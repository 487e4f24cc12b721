/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which peer the routes out of an interface make each prefix an allowed IP of, and what is to be
 * sent to WireGuard so that it is.
 *
 * In come the configured peers, the interface's routes and next hops as they change, and what the
 * device holds; out go batches of allowed IPs. cmd/run keeps one of these for each interface that
 * has FollowRoutes. run/look/followed.c makes one of what the kernel says at one moment, for
 *reload, diff, status and why: it is the same computation.
 *
 *	follow.c	what there is: begins, ends, lists
 *	claims.c	the peers: what the file says of them
 *	table.c		prefixes and their routes
 *	take.c		what changes
 *	decide.c	whose a prefix is
 *	send.c		what is to be sent
 *
 * Theory of operation
 *
 * A route is a grant: its prefix becomes an allowed IP of the peer that its gateway belongs to, and
 * with it the right to send from there. The gateway belongs to the peer whose AllowedIPs of the
 * file have it, longest match; what was followed never counts, else one default route would make
 * its peer the owner of all gateways. Of several routes to a prefix the one with the lowest metric
 * counts, and of a multipath route its first leg out of the interface. What cannot be told, or is
 * not accepted, is refused, with a reason.
 *
 * All of it is a function of the routes that there are, whatever way they came about. So there is
 * one remedy for all that is not told (routes that go with their link or next hop, lost
 * notifications, interrupted dumps), for messages that failed, and at the start: take all routes
 * again. follow_doubts() says when; then follow_restart(), all next hops and routes by
 * follow_take...(FOLLOW_IS), and the device by follow_hold().
 *
 * To WireGuard a prefix belongs to one peer at most. A move is one addition, which takes it from
 * the peer before. Additions are due at once. A removal is due a second after its route went, for
 * daemons delete a route to add another; meanwhile it does no harm, as nothing is routed there. The
 * file's own allowed IPs are neither removed nor moved. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/vec.h"
#include "wgq/conf/conf.h"
#include "wgq/net/policy.h"
#include "wgq/net/snap.h"
#include "wgq/net/wg.h"

struct follow;

enum { FOLLOW_HOLD_MS = 1000 };

/* What is said of a route. */
enum follow_how {
	FOLLOW_IS,       /* it is there: a dump, in its order */
	FOLLOW_ALONE,    /* it is there now, and no other of its table, prefix and metric */
	FOLLOW_REPLACES, /* it took the place of the first of its table, prefix and metric */
	FOLLOW_JOINS,    /* it is there beside others */
	FOLLOW_GONE,
};
/* Of a notification, by its type and flags. */
enum follow_how follow_how(bool gone, unsigned flags);

/* table: the interface's own, beside main; 0: none. 0 or -ENOMEM. */
int follow_new(const struct conf *conf, uint32_t link, uint32_t table, struct follow **ret);
void follow_free_at(struct follow **f); /* for _cleanup_() */

/* Endpoints whose packets the routes lead into the interface itself: no route may take them there.
 */
int follow_swallowed(struct follow *f, const struct addr_vec *endpoints);
/* Whether the routes of the file's protocols are all that it is about. */
bool follow_watches(const struct follow *f, const struct policy_route *route);

/* 0 or -ENOMEM; then, as after any failure, all is in doubt. */
int follow_take_route(struct follow *f, const struct policy_route *route, enum follow_how how);
/* Takes what it needs from *nexthop, which stays the caller's. */
int follow_take_nexthop(struct follow *f, const struct policy_nexthop *nexthop, bool gone);
/* What was not told may have happened. */
void follow_doubt(struct follow *f);
bool follow_doubts(const struct follow *f);

/* All routes and next hops follow. */
void follow_restart(struct follow *f);
/* They did; and this is what the device holds. */
int follow_hold(struct follow *f, const struct wg_device *device);

/* The next message: additions, else, unless in doubt, removals that are due at `now', milliseconds
 * of any clock. ret has to be zeroed. 1: send it; 0: there is none now; -ENOMEM. If it cannot be
 * sent: follow_doubt().
 */
int follow_next(struct follow *f, uint64_t now, struct wg_device *ret);
/* When there is one; UINT64_MAX: not before something changes. */
uint64_t follow_due(const struct follow *f, uint64_t now);

/* As it is to be. ret has to be zeroed; it is in no order. */
int follow_list(struct follow *f, struct followed_vec *ret);
/* "no peer has its gateway"; for programs: "no-peer". */
const char *follow_refusal_text(enum follow_refusal refusal);
const char *follow_refusal_name(enum follow_refusal refusal);
/* Bytes that it has asked for. */
size_t follow_memory(const struct follow *f);

#define _cleanup_follow_ _cleanup_(follow_free_at)
