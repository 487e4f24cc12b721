// SPDX-License-Identifier: GPL-2.0-or-later
// The order of routes, held against qsort(3).
#include "wgq/net/route_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MANY = 20000 };

static int compare(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int order = prefix_compare_route(&x->prefix, &y->prefix);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* `spread` says how many values a byte may have: few make many equal prefixes. */
static struct route random_route(unsigned spread)
{
	struct route r = {.prefix.addr.family = rand() % 2 ? AF_INET : AF_INET6,
			  .line = (uint32_t)rand() % 3 << 8 * (rand() % 4)};
	unsigned bytes = addr_bits(&r.prefix.addr) / 8U;

	for (unsigned i = 0; i < bytes; i++)
		r.prefix.addr.bytes[i] = (uint8_t)((unsigned)rand() % spread);
	r.prefix.len = (uint8_t)((unsigned)rand() % (8 * bytes + 1));
	return r;
}

static void as_qsort(void **state)
{
	static struct route routes[MANY], expected[MANY];
	static const size_t counts[] = {0, 1, 2, 23, 24, 25, 300, MANY};
	static const unsigned spreads[] = {1, 2, 256};

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		for (size_t s = 0; s < sizeof(spreads) / sizeof(spreads[0]); s++) {
			memset(routes, 0, sizeof(routes));
			for (size_t i = 0; i < counts[c]; i++)
				routes[i] = random_route(spreads[s]);
			memcpy(expected, routes, sizeof(expected));
			qsort(expected, counts[c], sizeof(expected[0]), compare);
			route_sort(routes, counts[c]);
			assert_memory_equal(routes, expected, sizeof(expected));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
