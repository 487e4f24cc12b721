/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoints of a peer in the order in which they are preferred. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wgq/net/wg.h"

struct reach_candidate {
	union endpoint to;
	uint32_t entry; /* 0: Endpoint, 1: the first FallbackEndpoint, ...; by these it is sorted */
};

/* Interleaves the families of each entry's addresses, beginning with that of its first (RFC 8305,
 * 4), and drops what is there already. Returns how many are left. */
size_t reach_candidates_order(struct reach_candidate *candidates, size_t n);
