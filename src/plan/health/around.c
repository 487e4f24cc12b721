// SPDX-License-Identifier: GPL-2.0-or-later
// The ways to the endpoints, looked up by address.
#include <stdlib.h>

#include "internal.h"

static int compare_ways(const void *a, const void *b)
{
	const struct endpoint_way *x = a, *y = b;

	return addr_compare(&x->to, &y->to);
}

void around_sort(struct around *around)
{
	struct endpoint_way_vec *ways = &around->ways;
	size_t kept = 0;

	if (ways->len)
		qsort(ways->at, ways->len, sizeof(ways->at[0]), compare_ways);
	vec_each(way, ways)
		if (!kept || compare_ways(&ways->at[kept - 1], way) != 0)
			ways->at[kept++] = *way;
	ways->len = kept;
}

const struct endpoint_way *around_way(const struct around *around, const struct addr *to)
{
	const struct endpoint_way key = {.to = *to};

	return around->ways.len
		       ? bsearch(&key, around->ways.at, around->ways.len, sizeof(key), compare_ways)
		       : NULL;
}

void around_release(struct around *around)
{
	if (!around)
		return;
	vec_release(&around->ways);
	prefix_set_release(&around->networks);
	vec_release(&around->blockers);
}

uint32_t health_room(const struct endpoint_way *way)
{
	uint32_t overhead = way->to.family == AF_INET6 ? WG_OVERHEAD_IPV6 : WG_OVERHEAD_IPV4;

	return way->mtu > overhead ? way->mtu - overhead : 0;
}
