// SPDX-License-Identifier: GPL-2.0-or-later
// The endpoints of a peer in the order in which they are preferred.
#include "wgq/plan/reach/candidates.h"

#include <stdbool.h>

static size_t drop_doubles(struct reach_candidate *candidates, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_there = false;

		for (size_t j = 0; j < kept && !is_there; j++)
			is_there = endpoint_equal(&candidates[i].to, &candidates[j].to);
		if (!is_there)
			candidates[kept++] = candidates[i];
	}
	return kept;
}

size_t reach_candidates_order(struct reach_candidate *candidates, size_t n)
{
	n = drop_doubles(candidates, n);
	for (size_t i = 1; i < n; i++) {
		struct reach_candidate *at = &candidates[i];
		size_t next = i;

		if (at->entry != at[-1].entry)
			continue;
		/* The next of the other family moves here, those between one back. */
		while (next < n && candidates[next].entry == at->entry &&
		       candidates[next].to.any.sa_family == at[-1].to.any.sa_family)
			next++;
		if (next == n || candidates[next].entry != at->entry)
			continue;
		const struct reach_candidate other = candidates[next];

		for (; next > i; next--)
			candidates[next] = candidates[next - 1];
		candidates[i] = other;
	}
	return n;
}
