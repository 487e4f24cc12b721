// SPDX-License-Identifier: GPL-2.0-or-later
// sys/event/loop: descriptors, timers, signals.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "wgq/base/mem.h"
#include "wgq/sys/event/loop.h"

static volatile sig_atomic_t signals;

static void on_signal(int signal)
{
	(void)signal;
	signals = signals + 1;
}

struct world {
	struct loop *loop;
	struct loop_source pipe, other;
	struct loop_timer timers[3];
	int pipe_fds[2], other_fds[2];
	char order[16];
	size_t called, asked;
};

static struct world w;

static bool signalled(void *context)
{
	w.asked++;
	(void)context;
	return signals > 0;
}

static void jumped(void *context)
{
	(void)context;
}

static void note(char what)
{
	w.order[w.called++] = what;
}

static void due_a(void *context)
{
	(void)context;
	note('a');
}

static void due_b(void *context)
{
	(void)context;
	note('b');
}

/* Sets itself again, twice. */
static void due_again(void *context)
{
	(void)context;
	note('c');
	if (w.called < 3)
		loop_timer_set(w.loop, &w.timers[2], loop_now());
}

static void pipe_ready(void *context, uint32_t events)
{
	char byte;

	(void)context;
	assert_true(events & EPOLLIN);
	assert_int_equal(read(w.pipe_fds[0], &byte, 1), 1);
	note('p');
}

/* Removes the other one, which is ready, too. */
static void removes_other(void *context, uint32_t events)
{
	struct loop_source *other = context;

	(void)events;
	note('r');
	loop_remove(w.loop, other);
	loop_remove(w.loop, other == &w.pipe ? &w.other : &w.pipe);
}

static void turn(void)
{
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(loop_turn(w.loop, &d), 0);
}

static int setup(void **state)
{
	static const struct loop_calls calls = {.signalled = signalled, .jumped = jumped};
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	w = (struct world){.timers = {{.due = due_a}, {.due = due_b}, {.due = due_again}},
			   .pipe = {.ready = pipe_ready}};
	signals = 0;
	assert_int_equal(pipe(w.pipe_fds), 0);
	assert_int_equal(pipe(w.other_fds), 0);
	return loop_open(&calls, &w.loop, &d);
}

static int teardown(void **state)
{
	(void)state;
	loop_free_at(&w.loop);
	for (int i = 0; i < 2; i++) {
		close(w.pipe_fds[i]);
		close(w.other_fds[i]);
	}
	return 0;
}

static void timers_come_in_order(void **state)
{
	uint64_t now = loop_now();

	(void)state;
	loop_timer_set(w.loop, &w.timers[0], now + 20);
	loop_timer_set(w.loop, &w.timers[1], now + 10);
	while (w.called < 2)
		turn();
	assert_string_equal(w.order, "ba");
	assert_true(loop_now() >= now + 20);
}

static void timer_is_moved_and_cancelled(void **state)
{
	uint64_t now = loop_now();

	(void)state;
	loop_timer_set(w.loop, &w.timers[0], now + 10);
	loop_timer_set(w.loop, &w.timers[0], now + 30);
	loop_timer_set(w.loop, &w.timers[1], now + 20);
	loop_timer_cancel(w.loop, &w.timers[1]);
	loop_timer_cancel(w.loop, &w.timers[1]);
	while (w.called < 1)
		turn();
	assert_string_equal(w.order, "a");
	assert_true(loop_now() >= now + 30);
	assert_false(w.timers[0].is_set);
}

static void timer_sets_itself_again(void **state)
{
	(void)state;
	loop_timer_set(w.loop, &w.timers[2], 0);
	while (w.called < 3)
		turn();
	assert_string_equal(w.order, "ccc");
}

/* A turn calls back once, so that a callback may remove what is ready as well. */
static void callback_removes_another(void **state)
{
	(void)state;
	w.pipe = (struct loop_source){.ready = removes_other, .context = &w.other};
	w.other = (struct loop_source){.ready = removes_other, .context = &w.pipe};
	assert_int_equal(loop_add(w.loop, &w.pipe, w.pipe_fds[0], EPOLLIN), 0);
	assert_int_equal(loop_add(w.loop, &w.other, w.other_fds[0], EPOLLIN), 0);
	assert_int_equal(write(w.pipe_fds[1], "x", 1), 1);
	assert_int_equal(write(w.other_fds[1], "x", 1), 1);
	loop_timer_set(w.loop, &w.timers[0], loop_now() + 10);
	while (w.called < 2)
		turn();
	assert_string_equal(w.order, "ra");
}

static void descriptor_is_read(void **state)
{
	(void)state;
	assert_int_equal(loop_add(w.loop, &w.pipe, w.pipe_fds[0], EPOLLIN), 0);
	assert_int_equal(loop_add(w.loop, &w.other, w.pipe_fds[0], EPOLLIN), -EEXIST);
	assert_int_equal(write(w.pipe_fds[1], "xy", 2), 2);
	turn();
	turn();
	assert_string_equal(w.order, "pp");
}

/* A signal that comes before the wait is seen, and one that comes during it ends it. */
static void signal_ends_the_wait(void **state)
{
	(void)state;
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	turn();
	assert_int_equal(w.called, 0);
	signals = 0;
	signal(SIGALRM, on_signal);
	ualarm(10000, 0);
	while (!signals)
		turn();
	assert_int_equal(w.called, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(timers_come_in_order),    TEST(timer_is_moved_and_cancelled),
		TEST(timer_sets_itself_again), TEST(callback_removes_another),
		TEST(descriptor_is_read),      TEST(signal_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
