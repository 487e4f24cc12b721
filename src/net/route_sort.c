// SPDX-License-Identifier: GPL-2.0-or-later
// The order of routes, byte by byte: "American flag sort" (McIlroy, Bostic, McIlroy, Engineering
// Radix Sort, 1993). The time is linear in the number of routes, whatever order they come in.
#include "wgq/net/route_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DIGITS = 22, /* length, family, 16 bytes of address, 4 of the line's number */
	DIGIT_ADDR = 2,
	DIGIT_LINE = 18,
	VALUES = 256,
	FEW = 24, /* so many are sorted faster by comparing */
};

/* The most significant first; the smaller comes first. */
static uint8_t digit(const struct route *r, unsigned i)
{
	if (i == 0)
		return (uint8_t)(UINT8_MAX - r->prefix.len);
	if (i == 1)
		return (uint8_t)(UINT8_MAX - r->prefix.addr.family);
	if (i < DIGIT_LINE)
		return (uint8_t)(UINT8_MAX - r->prefix.addr.bytes[i - DIGIT_ADDR]);
	return (uint8_t)(r->line >> 8 * (DIGITS - 1 - i));
}

static bool precedes(const struct route *a, const struct route *b)
{
	int order = prefix_compare_route(&a->prefix, &b->prefix);

	return order ? order < 0 : a->line < b->line;
}

static void insertion_sort(struct route *routes, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct route route = routes[i];
		size_t at = i;

		for (; at && precedes(&route, &routes[at - 1]); at--)
			routes[at] = routes[at - 1];
		routes[at] = route;
	}
}

/* Brings each route to those with the same digit; ret_end tells where these end. */
static void distribute(struct route *routes, size_t n, unsigned i, size_t ret_end[VALUES])
{
	size_t count[VALUES] = {0}, next[VALUES];

	for (size_t k = 0; k < n; k++)
		count[digit(&routes[k], i)]++;
	for (size_t value = 0, start = 0; value < VALUES; value++) {
		next[value] = start;
		start += count[value];
		ret_end[value] = start;
	}
	for (size_t value = 0; value < VALUES; value++) {
		while (next[value] < ret_end[value]) {
			struct route *here = &routes[next[value]];
			uint8_t wanted = digit(here, i);
			struct route *there = &routes[next[wanted]++];
			struct route route = *here;

			*here = *there;
			*there = route;
		}
	}
}

static bool have_same_digit(const struct route *routes, size_t n, unsigned i)
{
	for (size_t k = 1; k < n; k++)
		if (digit(&routes[k], i) != digit(&routes[0], i))
			return false;
	return true;
}

static void sort_from(struct route *routes, size_t n, unsigned i)
{
	size_t end[VALUES];

	if (n <= FEW) {
		insertion_sort(routes, n);
		return;
	}
	while (i < DIGITS && have_same_digit(routes, n, i))
		i++;
	if (i == DIGITS)
		return;
	distribute(routes, n, i, end);
	for (size_t value = 0, start = 0; value < VALUES; start = end[value++])
		sort_from(routes + start, end[value] - start, i + 1);
}

static bool is_sorted(const struct route *routes, size_t n)
{
	for (size_t k = 1; k < n; k++)
		if (precedes(&routes[k], &routes[k - 1]))
			return false;
	return true;
}

static void reverse(struct route *routes, size_t n)
{
	for (size_t k = 0; k < n / 2; k++) {
		struct route route = routes[k];

		routes[k] = routes[n - 1 - k];
		routes[n - 1 - k] = route;
	}
}

/* Generated lists go upward, and the order of routes is downward. */
void route_sort(struct route *routes, size_t n)
{
	if (is_sorted(routes, n))
		return;
	reverse(routes, n);
	if (!is_sorted(routes, n))
		sort_from(routes, n, 0);
}

void route_sort_unique(struct route_vec *routes)
{
	size_t kept = 0;

	route_sort(routes->at, routes->len);
	vec_each(route, routes)
		if (!kept || !prefix_equal(&routes->at[kept - 1].prefix, &route->prefix))
			routes->at[kept++] = *route;
	routes->len = kept;
}

static int compare(const void *a, const void *b)
{
	const struct prefix *prefix = a;
	const struct route *route = b;

	return prefix_compare_route(prefix, &route->prefix);
}

bool route_is_in(const struct route_vec *sorted, const struct prefix *prefix)
{
	return sorted->len &&
	       bsearch(prefix, sorted->at, sorted->len, sizeof(sorted->at[0]), compare);
}

int route_add(struct route_vec *routes, const struct route *route)
{
	struct route *copy = vec_push(routes);

	if (!copy)
		return -ENOMEM;
	*copy = *route;
	return 0;
}
