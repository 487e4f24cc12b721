/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of the comparison of peers. */
#pragma once

#include "wgq/plan/peers/peers.h"

/* A peer of either side or of both. */
struct pair {
	const struct wg_peer *wanted, *running;
	bool sets_endpoint;
	bool hooked;  /* hooks deal with it: what the file does not say stays */
	size_t place; /* in forth and back; NO_PLACE: nothing differs so far */
};
#define NO_PLACE SIZE_MAX

/* An allowed IP of a pair, on one side. */
struct pair_ip {
	struct prefix prefix;
	uint32_t line;
	size_t pair;
};
struct pair_ip_vec {
	VEC(struct pair_ip);
};

struct comparison {
	const struct want *want;
	const struct snap *snap;
	bool has_own;
	struct key own; /* public; of the device as it is wanted */
	struct {
		VEC(struct pair);
	} pairs;
	struct pair_ip_vec wanted, running;
	struct peers_change *change;
};

/* Finds the endpoints that are to be set, and those that differ but are kept. */
int peers_compare_endpoints(struct comparison *c);
