/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allowed IPs that follow routes: `wgq run' keeps WireGuard in step with what plan/follow says. */
#pragma once

#include <stdbool.h>

#include "wgq/base/buf.h"
#include "wgq/net/policy.h"

struct keep;
struct snap;

/* The interface was looked at: *changes, and it will not be as it was seen. */
void follower_look(struct keep *k, const struct snap *snap, bool changes);
/* A change was told; true: it is about a route that is followed, so that nobody else need look. */
bool follower_take_route(struct keep *k, const struct policy_route *route, bool gone,
			 unsigned flags);
/* One that took the place of another, whatever link that led to. */
void follower_take_replaced(struct keep *k, const struct policy_route *route);
void follower_take_nexthop(struct keep *k, const struct policy_nexthop *nexthop, bool gone);
/* What was not told may have happened. */
void follower_doubt(struct keep *k);
/* The ways to endpoints have changed. */
void follower_ways_changed(struct keep *k);
/* Sends what is due. */
void follower_go(struct keep *k);
/* Sends what is due within the hold-down, so that a look finds none of it. */
void follower_settle(struct keep *k);
/* Somebody else is about to change the interface. */
void follower_stop(struct keep *k);
/* The lines that `tell' is answered with. */
void follower_tell(const struct keep *k, struct buf *out);
void follower_free(struct keep *k);
