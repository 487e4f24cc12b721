// SPDX-License-Identifier: GPL-2.0-or-later
// The order in which the kernel lists the addresses of an interface.
#include "wgq/plan/want/addrs_listed.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"

struct listed {
	struct prefix prefix;
	size_t turn; /* to be added, among those of its family */
	bool behind; /* all others of its family */
};

struct listed_vec {
	VEC(struct listed);
};

static int compare_turns(const struct listed *x, const struct listed *y)
{
	return (x->turn > y->turn) - (x->turn < y->turn);
}

static int compare_subnets(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	struct prefix p = x->prefix, q = y->prefix;

	prefix_mask(&p);
	prefix_mask(&q);
	int order = prefix_compare(&p, &q);
	return order ? order : compare_turns(x, y);
}

static int compare_places(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	uint8_t family = x->prefix.addr.family;

	if (family != y->prefix.addr.family)
		return family - y->prefix.addr.family;
	if (x->behind != y->behind)
		return x->behind - y->behind;
	return family == AF_INET ? compare_turns(x, y) : compare_turns(y, x);
}

static int collect(const struct link_addr_vec *there, const struct link_addr_vec *added,
		   struct listed_vec *ret)
{
	_cleanup_prefix_set_ struct prefix_set known = {0};

	if (prefix_set_of_addrs(there, &known) < 0 || !vec_reserve(ret, there->len + added->len))
		return -ENOMEM;
	for (size_t i = 0; i < there->len; i++) {
		const struct prefix *p = &there->at[i].prefix;
		size_t turn = p->addr.family == AF_INET ? i : there->len - 1 - i;

		ret->at[ret->len++] = (struct listed){.prefix = *p, .turn = turn};
	}
	for (size_t i = 0; i < added->len; i++) {
		const struct prefix *p = &added->at[i].prefix;

		if (!prefix_set_has(&known, p))
			ret->at[ret->len++] = (struct listed){.prefix = *p, .turn = there->len + i};
	}
	return 0;
}

static void sort(struct listed_vec *addrs)
{
	const struct listed *first = NULL;

	qsort(addrs->at, addrs->len, sizeof(addrs->at[0]), compare_subnets);
	vec_each(a, addrs) {
		bool ipv4 = a->prefix.addr.family == AF_INET;

		if (!first || first->prefix.len != a->prefix.len ||
		    !prefix_covers(&first->prefix, &a->prefix))
			first = a;
		a->behind = ipv4 ? a != first : addr_is_link_local(&a->prefix.addr);
	}
	qsort(addrs->at, addrs->len, sizeof(addrs->at[0]), compare_places);
}

int addrs_listed(const struct link_addr_vec *there, const struct link_addr_vec *added,
		 struct addr_vec *ret)
{
	struct listed_vec addrs = {0};
	int r = collect(there, added, &addrs);

	if (r == 0 && !vec_reserve(ret, ret->len + addrs.len))
		r = -ENOMEM;
	if (r == 0 && addrs.len)
		sort(&addrs);
	for (size_t i = 0; r == 0 && i < addrs.len; i++)
		ret->at[ret->len++] = addrs.at[i].prefix.addr;
	vec_release(&addrs);
	return r;
}
