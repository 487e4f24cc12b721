/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts routes into the order in which they are added, prefix_compare_route()'s, and those to the
 * same prefix into that of their lines. Needs no memory but the stack: qsort(3) takes as much again
 * as there is to sort. */
#pragma once

#include <stddef.h>

#include "wgq/net/spec.h"

void route_sort(struct route *routes, size_t n);
/* The same, and of those to the same prefix the first stays. */
void route_sort_unique(struct route_vec *routes);
/* Whether such a list has a route to a prefix. */
bool route_is_in(const struct route_vec *sorted, const struct prefix *prefix);
/* 0 or -ENOMEM. */
int route_add(struct route_vec *routes, const struct route *route);
