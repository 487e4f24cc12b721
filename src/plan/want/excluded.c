// SPDX-License-Identifier: GPL-2.0-or-later
// What ExcludedIPs leave of a prefix.
#include "wgq/plan/want/excluded.h"

#include <errno.h>

static int compare(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

int excluded_list(const struct conf *conf, struct route_vec *ret)
{
	size_t kept = 0;

	if (!vec_reserve(ret, conf->excluded_ips.len))
		return -ENOMEM;
	vec_each(item, &conf->excluded_ips)
		ret->at[ret->len++] = (struct route){.prefix = item->prefix, .line = item->line};
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(ret->at[0]), compare);
	vec_each(item, ret)
		if (!kept || !prefix_covers(&ret->at[kept - 1].prefix, &item->prefix))
			ret->at[kept++] = *item;
	ret->len = kept;
	return 0;
}

/* The first that does not come before a prefix. */
static const struct route *find_first(const struct route_vec *excluded, const struct prefix *prefix)
{
	return excluded->at +
	       vec_before(route, excluded, prefix_compare(&route->prefix, prefix) < 0);
}

/* The excluded prefixes up to end that are not before `at` are inside the prefix. Halves it until a
 * half is all excluded, or has nothing excluded in it. */
static int cut(const struct prefix *prefix, uint32_t line, const struct route **at,
	       const struct route *end, struct route_vec *ret)
{
	if (*at == end || !prefix_covers(prefix, &(*at)->prefix)) {
		struct route *piece = vec_push(ret);

		if (!piece)
			return -ENOMEM;
		*piece = (struct route){.prefix = *prefix, .line = line};
		return 0;
	}
	if (prefix_equal(prefix, &(*at)->prefix)) {
		++*at;
		return 0;
	}
	struct prefix half = *prefix;
	half.len++;
	int r = cut(&half, line, at, end, ret);
	if (r < 0)
		return r;
	half.addr.bytes[prefix->len / 8] |= (uint8_t)(0x80 >> prefix->len % 8);
	return cut(&half, line, at, end, ret);
}

enum excluded_part excluded_part(const struct route_vec *excluded, const struct prefix *prefix)
{
	const struct route *end = excluded->at + excluded->len, *at = find_first(excluded, prefix);

	if ((at < end && prefix_equal(&at->prefix, prefix)) ||
	    (at > excluded->at && prefix_covers(&at[-1].prefix, prefix)))
		return EXCLUDED_ALL;
	return at < end && prefix_covers(prefix, &at->prefix) ? EXCLUDED_SOME : EXCLUDED_NONE;
}

int excluded_cut(const struct route_vec *excluded, const struct route *route, struct route_vec *ret)
{
	const struct route *at = find_first(excluded, &route->prefix);

	return cut(&route->prefix, route->line, &at, excluded->at + excluded->len, ret);
}
