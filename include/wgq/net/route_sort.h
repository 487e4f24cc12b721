/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts routes into the order in which they are added, prefix_compare_route()'s, and those to the
 * same prefix into that of their lines. Needs no memory but the stack: qsort(3) takes as much again
 * as there is to sort. */
#pragma once

#include <stddef.h>

#include "wgq/net/spec.h"

void route_sort(struct route *routes, size_t n);
