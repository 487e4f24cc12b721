/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes to be looked up: filled, sorted once, and then asked any number of times. */
#pragma once

#include "wgq/base/mem.h"
#include "wgq/net/spec.h"

struct prefix_set {
	VEC(struct prefix); /* once sorted, by prefix_compare() */
};

/* 0 or -ENOMEM. */
int prefix_set_add(struct prefix_set *set, const struct prefix *p);
void prefix_set_sort(struct prefix_set *set);

/* Adds the prefixes of an interface's addresses, or the networks that they are in, and sorts. 0 or
 * -ENOMEM. */
int prefix_set_of_addrs(const struct link_addr_vec *addrs, struct prefix_set *ret);
int prefix_set_of_networks(const struct link_addr_vec *addrs, struct prefix_set *ret);

/* Whether a sorted set has the very prefix; has the address, with whatever length. */
bool prefix_set_has(const struct prefix_set *set, const struct prefix *p);
bool prefix_set_has_addr(const struct prefix_set *set, const struct addr *a);
/* Whether a sorted set of other links' networks has that of the prefix, whose host bits do not
 * count. Link-local networks are each link's own. */
bool prefix_set_has_network(const struct prefix_set *set, const struct prefix *p);

void prefix_set_release(struct prefix_set *set);
#define _cleanup_prefix_set_ _cleanup_(prefix_set_release)
