// SPDX-License-Identifier: GPL-2.0-or-later
// A sorted array of prefixes, which is searched by halves.
#include "wgq/net/prefix_set.h"

#include <errno.h>

int prefix_set_add(struct prefix_set *set, const struct prefix *p)
{
	struct prefix *copy = vec_push(set);

	if (!copy)
		return -ENOMEM;
	*copy = *p;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

void prefix_set_sort(struct prefix_set *set)
{
	if (set->len)
		qsort(set->at, set->len, sizeof(set->at[0]), compare);
}

int prefix_set_of_addrs(const struct link_addr_vec *addrs, struct prefix_set *ret)
{
	vec_each(addr, addrs)
		if (prefix_set_add(ret, &addr->prefix) < 0)
			return -ENOMEM;
	prefix_set_sort(ret);
	return 0;
}

int prefix_set_of_networks(const struct link_addr_vec *addrs, struct prefix_set *ret)
{
	vec_each(addr, addrs) {
		struct prefix network = addr->prefix;

		prefix_mask(&network);
		if (prefix_set_add(ret, &network) < 0)
			return -ENOMEM;
	}
	prefix_set_sort(ret);
	return 0;
}

bool prefix_set_has(const struct prefix_set *set, const struct prefix *p)
{
	return set->len && bsearch(p, set->at, set->len, sizeof(set->at[0]), compare);
}

static int compare_addr(const void *addr, const void *prefix)
{
	return addr_compare(addr, &((const struct prefix *)prefix)->addr);
}

bool prefix_set_has_addr(const struct prefix_set *set, const struct addr *a)
{
	return set->len && bsearch(a, set->at, set->len, sizeof(set->at[0]), compare_addr);
}

bool prefix_set_has_network(const struct prefix_set *set, const struct prefix *p)
{
	struct prefix network = *p;

	prefix_mask(&network);
	return !addr_is_link_local(&network.addr) && prefix_set_has(set, &network);
}

void prefix_set_release(struct prefix_set *set)
{
	vec_release(set);
}
