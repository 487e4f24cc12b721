// SPDX-License-Identifier: GPL-2.0-or-later
// Typed arrays: growth keeps the elements, sizes that overflow are refused.
#include "wgq/base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdint.h>

struct item {
	size_t number;
	char padding[20];
};
struct item_vec {
	VEC(struct item);
};

static void pushing(void **state)
{
	(void)state;
	struct item_vec v = {0};
	size_t n = 0, moves = 0;

	assert_null(vec_last(&v));
	vec_each(item, &v)
		fail();
	for (size_t i = 0; i < 10000; i++) {
		struct item *before = v.at, *item = vec_push(&v);

		assert_non_null(item);
		assert_int_equal(item->number, 0);
		item->number = i;
		moves += v.at != before;
	}
	assert_true(moves < 30);
	vec_each(item, &v)
		assert_int_equal(item->number, n++);
	assert_int_equal(n, 10000);
	assert_int_equal(vec_last(&v)->number, 9999);

	/* What an element held before does not show in the next one. */
	v.len--;
	assert_int_equal(vec_push(&v)->number, 0);
	vec_release(&v);
	assert_null(v.at);
	vec_release(&v);
}

/* 0 2 4 ... 18, and none at all. */
static void before(void **state)
{
	(void)state;
	struct item_vec v = {0};

	assert_int_equal(vec_before(item, &v, item->number < 7), 0);
	for (size_t i = 0; i < 10; i++)
		vec_push(&v)->number = 2 * i;
	for (size_t number = 0; number < 21; number++) {
		assert_int_equal(vec_before(item, &v, item->number < number),
				 number < 19 ? (number + 1) / 2 : 10);
		assert_int_equal(vec_before(item, &v, item->number <= number),
				 number < 19 ? number / 2 + 1 : 10);
	}
	vec_release(&v);
}

static void too_much(void **state)
{
	(void)state;
	struct item_vec v = {0};

	assert_non_null(vec_push(&v));
	assert_false(vec_reserve(&v, SIZE_MAX / sizeof(struct item) + 1));
	assert_int_equal(v.len, 1);
	assert_true(vec_reserve(&v, 100));
	assert_true(v.cap >= 100);
	vec_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pushing), cmocka_unit_test(before),
					   cmocka_unit_test(too_much)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
