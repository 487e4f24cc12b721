// SPDX-License-Identifier: GPL-2.0-or-later
// cmd/run/fight: what somebody keeps undoing.
#include "wgq/cmd/run/fight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, START = 5 };

static struct fight fight;

static int teardown(void **state)
{
	(void)state;
	fight_release(&fight);
	return 0;
}

/* So many repairs, a second apart; the pause after the last one. */
static uint64_t repairs(unsigned count, uint64_t from)
{
	uint64_t pause = 0;

	for (unsigned i = 0; i < count; i++)
		pause = fight_repaired(&fight, "it", from + i * SECOND);
	return pause;
}

static void five_within_a_minute(void **state)
{
	const uint64_t until = START + 4 * SECOND + MINUTE;

	(void)state;
	assert_int_equal(repairs(4, START), 0);
	assert_int_equal(fight_pauses_until(&fight, "it", START + 4 * SECOND), 0);
	assert_int_equal(fight_repaired(&fight, "it", START + 4 * SECOND), MINUTE);
	assert_int_equal(fight_pauses_until(&fight, "it", START + 5 * SECOND), until);
	assert_int_equal(fight_pauses_until(&fight, "it", until - 1), until);
	assert_int_equal(fight_pauses_until(&fight, "it", until), 0);
	assert_int_equal(fight_pauses_until(&fight, "another", START + 5 * SECOND), 0);
}

static void slower_is_no_fight(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(fight_repaired(&fight, "it", START + i * 16 * SECOND), 0);
}

/* Each time that it is undone soon after a pause, the next one is twice as long, up to an hour. */
static void pauses_grow(void **state)
{
	uint64_t pause = repairs(5, START), now = START + 4 * SECOND;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		uint64_t next;

		now += pause + SECOND;
		next = fight_repaired(&fight, "it", now);
		assert_int_equal(next, 2 * pause < FIGHT_LONGEST_MS ? 2 * pause : FIGHT_LONGEST_MS);
		pause = next;
	}
}

static void forgets_what_has_stayed(void **state)
{
	uint64_t now = START + 4 * SECOND, pause = repairs(5, START);

	(void)state;
	now += pause + pause + SECOND;
	assert_int_equal(fight_repaired(&fight, "it", now), 0);
	assert_int_equal(repairs(3, now + SECOND), 0);
	assert_int_equal(fight_repaired(&fight, "it", now + 4 * SECOND), MINUTE);
}

/* Any number of things takes little memory, and those that are fought over stay known. */
static void many_things(void **state)
{
	(void)state;
	assert_int_equal(repairs(5, START + MINUTE), MINUTE);
	for (unsigned i = 0; i < 5000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%u", i);
		fight_repaired(&fight, name, START + i);
	}
	assert_true(fight.len <= 256);
	assert_true(fight_pauses_until(&fight, "it", START + MINUTE + 10 * SECOND) > 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, teardown)
	const struct CMUnitTest tests[] = {
		TEST(five_within_a_minute),    TEST(slower_is_no_fight), TEST(pauses_grow),
		TEST(forgets_what_has_stayed), TEST(many_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
