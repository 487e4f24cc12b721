// SPDX-License-Identifier: GPL-2.0-or-later
// Single decisions of plan/reach; tests/reach tries all of it in simulated networks.
#include "scene.h"

/* On A, and the routes lead to B from now on, which was dead a moment ago if it was `left`. */
static void turn_to_other(struct scene *s, bool left)
{
	begin(s);
	s->paths[1].left = left ? s->seconds * REACH_SECOND : 0;
	s->others[0] = path_by(B, true);
	s->others[1] = path_by(A, false);
	reach_take_change(&s->reach, false, now_of(s));
	reach_take_paths(&s->reach, s->others, 2, now_of(s));
	struct reach_action action = next_action(s, 0);

	assert_int_equal(action.kind, REACH_PIN);
	assert_int_equal(action.way.link, A);
}

static void begin_on_worse(struct scene *s)
{
	turn_to_other(s, true);
}

static void answer(struct scene *s, const struct reach_action *action)
{
	assert_int_equal(action->kind, REACH_PROBE);
	reach_take_answer(&s->reach, action->id, REACH_ANSWERED, now_of(s));
}

/* Answers all until the path by a link is set; how many seconds that took. */
static uint64_t seconds_until_set(struct scene *s, uint32_t link, uint64_t most)
{
	uint64_t start = s->seconds;

	while (s->seconds < start + most) {
		struct reach_action action = next_action(s, most);

		/* The session is renewed meanwhile. */
		if (s->wall - s->reading.last_handshake > 60)
			s->reading.last_handshake = s->wall;
		if (action.kind == REACH_PROBE)
			answer(s, &action);
		else if (action.kind == REACH_SET && action.way.link == link)
			return s->seconds - start;
	}
	fail_msg("link %u is not set", link);
	return 0;
}

static void alive_is_left_alone(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 100; i++) {
		s.reading.last_handshake = s.wall;
		assert_int_equal(next_action(&s, 60).kind, REACH_WAIT);
	}
}

/* Three asks, a second apart; then the others; then the one that answers. */
static void silent_is_left(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.silent = true;
	uint64_t start = s.seconds;
	struct reach_action action;

	for (int i = 0; i < 3; i++) {
		action = next_of_kind(&s, REACH_PROBE, 20);
		assert_int_equal(action.way.link, A);
		assert_int_equal(s.reach.phase, REACH_DOUBT);
	}
	assert_true(s.seconds - start <= 20);
	do {
		action = next_of_kind(&s, REACH_PROBE, 5);
		assert_int_equal(s.reach.phase, REACH_SEARCH);
	} while (action.way.link != B);
	answer(&s, &action);
	action = next_action(&s, 2);
	assert_int_equal(action.kind, REACH_PIN);
	assert_int_equal(action.way.link, B);
	action = next_action(&s, 2);
	assert_int_equal(action.kind, REACH_SET);
	assert_int_equal(action.reason, REACH_IS_SILENT);
	assert_int_equal(action.times, REACH_SET_TIMES);
	assert_true(s.seconds - start <= 25);
	/* It is made sure of by one more probe. */
	s.silent = false;
	action = next_of_kind(&s, REACH_PROBE, 10);
	assert_int_equal(action.way.link, B);
	answer(&s, &action);
	assert_int_equal(next_of_kind(&s, REACH_SET, 2).way.link, B);
}

/* One answer does not do, nor do three within a moment; and what dies soon after has to answer for
 * longer the next time. */
static void better_is_returned_to(void **state)
{
	struct scene s;
	uint64_t took[3];

	(void)state;
	begin_on_worse(&s);
	for (int i = 0; i < 3; i++) {
		took[i] = seconds_until_set(&s, B, 700);
		s.silent = true;
		while (s.reach.phase != REACH_SEARCH) {
			if (s.wall - s.reading.last_handshake > 60)
				s.reading.last_handshake = s.wall;
			next_action(&s, 30);
		}
		seconds_until_set(&s, A, 30);
		s.silent = false;
	}
	assert_in_range(took[0], 30, 120);
	assert_in_range(took[1], 60, 240);
	assert_in_range(took[2], 120, 480);
}

/* A handshake of the kernel's that may be under way: by the session's age, and by what it has sent.
 */
static void handshakes_are_not_broken(void **state)
{
	struct scene s;

	(void)state;
	for (int64_t age = 100; age < 145; age++) {
		begin_on_worse(&s);
		s.reading.last_handshake = s.wall - age;
		read_now(&s);
		struct reach_action action = next_of_kind(&s, REACH_PROBE, 60);

		assert_int_equal(action.kind, REACH_PROBE);
		age = s.wall - s.reading.last_handshake;
		assert_true(age < 115 || age >= 130);
	}
	begin_on_worse(&s);
	assert_int_equal(next_of_kind(&s, REACH_PROBE, 30).kind, REACH_PROBE);
	for (uint64_t i = 0; i < 14; i++)
		assert_int_equal(next_of_kind(&s, REACH_PROBE, 0).kind, REACH_WAIT);
	s.reading.tx_bytes += 148;
	s.reading.rx_bytes += 128;
	read_now(&s);
	uint64_t asked = s.seconds;
	assert_int_equal(next_of_kind(&s, REACH_PROBE, 60).kind, REACH_PROBE);
	assert_true(s.seconds - asked >= 5);
}

/* The clock was set back: the peer would ignore a probe. */
static void clock_back(void **state)
{
	struct scene s;

	(void)state;
	begin_on_worse(&s);
	s.wall = HANDSHAKE_WALL - 5000;
	assert_int_equal(next_of_kind(&s, REACH_PROBE, 100).kind, REACH_WAIT);
}

/* While the peer does not answer, other paths are not tried. */
static void not_tried_in_silence(void **state)
{
	struct scene s;

	(void)state;
	begin_on_worse(&s);
	read_now(&s);
	s.silent = true;
	s.reading.tx_bytes += 128;
	s.seconds += 2;
	read_now(&s);
	struct reach_action action = next_of_kind(&s, REACH_PROBE, 30);

	assert_int_equal(action.kind, REACH_PROBE);
	assert_int_equal(action.way.link, A);
}

/* Alive at an address that is no candidate: it is left there; silent there, it is found. */
static void roamed(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.reading.endpoint = endpoint_of("198.51.100.9");
	read_now(&s);
	for (int i = 0; i < 20; i++) {
		s.reading.last_handshake = s.wall;
		assert_int_equal(next_action(&s, 60).kind, REACH_WAIT);
	}
	s.silent = true;
	struct reach_action action = next_of_kind(&s, REACH_PROBE, 30);

	assert_true(endpoint_equal(&action.way.to, &s.reading.endpoint));
	while (action.id == 0)
		action = next_of_kind(&s, REACH_PROBE, 30);
	answer(&s, &action);
	action = next_of_kind(&s, REACH_SET, 3);
	assert_true(endpoint_equal(&action.way.to, &s.paths[0].way.to));
}

/* A network that changes may leave no way to where the peer has roamed: that is asked at once. */
static void roamed_and_lost(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.reading.endpoint = endpoint_of("198.51.100.9");
	read_now(&s);
	s.seconds += 20;
	reach_take_change(&s.reach, false, now_of(&s));
	struct reach_action action = next_of_kind(&s, REACH_PROBE, 2);

	assert_true(endpoint_equal(&action.way.to, &s.reading.endpoint));
	answer(&s, &action);
	s.reading.last_handshake = s.wall;
	assert_int_equal(next_of_kind(&s, REACH_PROBE, 20).kind, REACH_WAIT);
}

/* It answers within 10 s, which reads as 11 s and more: no reason to set anything. */
static void late_answer(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	read_now(&s);
	s.silent = true;
	s.seconds += 9;
	s.reading.tx_bytes += 128;
	read_now(&s);
	struct reach_action action = next_of_kind(&s, REACH_PROBE, 4);

	answer(&s, &action);
	assert_int_equal(next_of_kind(&s, REACH_SET, 5).kind, REACH_WAIT);
	/* Nor does it now: the kernel does not use the path. */
	do {
		action = next_action(&s, 20);
		if (action.kind == REACH_PROBE)
			answer(&s, &action);
	} while (action.kind != REACH_SET && action.kind != REACH_WAIT);
	assert_int_equal(action.kind, REACH_SET);
	assert_int_equal(action.reason, REACH_IS_ASTRAY);
}

/* Where what is sent gets lost, the packets of the peer still come. They do not show that it hears
 * us: not while the path does not answer, nor while our initiations do not. */
static void one_way(void **state)
{
	struct scene s;

	(void)state;
	for (int called = 0; called < 2; called++) {
		begin(&s);
		s.silent = true;
		struct reach_action action = next_of_kind(&s, REACH_PROBE, 20);

		assert_int_equal(action.way.link, A);
		if (called)
			s.reading.tx_bytes += 148;
		else
			assert_int_equal(next_of_kind(&s, REACH_PROBE, 2).way.link, A);
		for (int i = 0; i < 8 && s.reach.phase == REACH_DOUBT; i++) {
			s.reading.rx_bytes += 32;
			if (i == 5 && called)
				s.reading.tx_bytes += 148;
			next_of_kind(&s, REACH_PROBE, 1);
			assert_int_not_equal(s.reach.phase, REACH_WATCH);
		}
		assert_int_equal(s.reach.phase, REACH_SEARCH);
	}
}

static void begin_search(struct scene *s)
{
	begin(s);
	s->silent = true;
	while (s->reach.phase != REACH_SEARCH)
		next_action(s, 20);
}

/* Each path has its turn in a long search, one that came late, too. */
static void search_is_fair(void **state)
{
	struct scene s;
	unsigned asked[B + 1] = {0};

	(void)state;
	begin_search(&s);
	for (int i = 0; i < 100; i++)
		next_of_kind(&s, REACH_PROBE, 60);
	s.others[0] = path_by(A, true);
	s.others[1] = path_by(B, false);
	s.others[1].way.to = endpoint_of("192.0.2.2");
	reach_take_paths(&s.reach, s.others, 2, now_of(&s));
	for (int i = 0; i < 10; i++)
		asked[next_of_kind(&s, REACH_PROBE, 60).way.link]++;
	assert_in_range(asked[A], 3, 5);
}

/* A peer that calls, and does not hear our responses, is looked for though nothing else is sent. */
static void caller_is_looked_for(void **state)
{
	struct scene s;
	unsigned asked = 0;

	(void)state;
	begin_search(&s);
	for (uint64_t end = s.seconds + 600; s.seconds < end; s.seconds++, s.wall++) {
		struct reach_action action;

		if (s.seconds % 5 == 0) {
			s.reading.rx_bytes += 148;
			s.reading.tx_bytes += 92;
		}
		while ((action = reach_next(&s.reach, now_of(&s))).kind != REACH_WAIT)
			if (action.kind == REACH_READ)
				read_now(&s);
			else
				asked += action.kind == REACH_PROBE;
	}
	assert_in_range(asked, 10, 40);
}

/* It is heard at another of its endpoints, only not by the link that was assumed: the endpoint
 * stays, though a better one answers. */
static void heard_by_another_link(void **state)
{
	struct scene s;
	struct reach_path paths[3] = {path_by(A, true), path_by(A, true), path_by(B, false)};
	struct reach_action action;

	(void)state;
	begin(&s);
	paths[1].way.to = paths[2].way.to = endpoint_of("192.0.2.2");
	reach_take_paths(&s.reach, paths, 3, now_of(&s));
	s.reading.endpoint = paths[1].way.to;
	read_now(&s);
	do {
		action = next_action(&s, 60);
		if (action.kind == REACH_PROBE && action.id != paths[1].id)
			answer(&s, &action);
	} while (action.kind != REACH_SET && action.kind != REACH_WAIT);
	assert_int_equal(action.kind, REACH_SET);
	assert_int_equal(action.way.link, B);
	assert_true(endpoint_equal(&action.way.to, &s.reading.endpoint));
}

/* The path goes with its link. By another way to the same endpoint that is routed: at once; else
 * the one that answers. */
static void path_goes(void **state)
{
	struct scene s;

	(void)state;
	for (int routed = 0; routed < 2; routed++) {
		begin(&s);
		s.others[0] = path_by(B, routed);
		reach_take_change(&s.reach, false, now_of(&s));
		reach_take_paths(&s.reach, s.others, 1, now_of(&s));
		uint64_t start = s.seconds;
		struct reach_action action = next_action(&s, 2);

		if (!routed) {
			assert_int_equal(action.way.link, B);
			answer(&s, &action);
			assert_int_equal(next_action(&s, 1).kind, REACH_PIN);
			action = next_action(&s, 1);
		}
		assert_int_equal(action.kind, REACH_SET);
		assert_int_equal(action.way.link, B);
		assert_true(s.seconds - start <= 2);
	}
}

/* The routes turn to the other uplink: followed at once if that answers, not so when they turn back
 * soon. */
static void routes_turn(void **state)
{
	struct scene s;

	(void)state;
	turn_to_other(&s, false);
	uint64_t start = s.seconds;

	seconds_until_set(&s, B, 3);
	assert_true(s.seconds - start <= 3);
	s.seconds += 15;
	read_now(&s);
	next_action(&s, 2);
	memset(s.paths, 0, sizeof(s.paths));
	s.paths[0] = path_by(A, true);
	s.paths[1] = path_by(B, false);
	reach_take_change(&s.reach, false, now_of(&s));
	reach_take_paths(&s.reach, s.paths, 2, now_of(&s));
	assert_true(seconds_until_set(&s, A, 300) >= 30);
}

/* Where no probe can be sent, one path is used after the other, later and later, and without a
 * packet of its own in the end. Nobody's packets: no search. */
static void blind(void **state)
{
	struct scene s;
	uint64_t last = 0, calls_until;
	unsigned sets = 0, pokes = 0;

	(void)state;
	begin(&s);
	s.reach.blind = true;
	calls_until = s.seconds + 600;
	for (uint64_t end = s.seconds + 1200; s.seconds < end; s.seconds++, s.wall++) {
		struct reach_action action;

		if (s.seconds % 5 == 0 && s.seconds < calls_until)
			s.reading.tx_bytes += 148;
		while ((action = reach_next(&s.reach, now_of(&s))).kind != REACH_WAIT) {
			assert_int_not_equal(action.kind, REACH_PROBE);
			pokes += action.kind == REACH_POKE;
			if (action.kind == REACH_READ)
				read_now(&s);
			if (action.kind != REACH_SET)
				continue;
			assert_int_equal(action.reason, REACH_IS_NEXT);
			assert_int_equal(action.way.link, sets++ % 2 ? A : B);
			assert_true(!last || s.seconds - last >= 12);
			assert_true(s.seconds < calls_until + 110);
			last = s.seconds;
		}
	}
	assert_in_range(sets, 12, 25);
	assert_in_range(pokes, 4, 10);
}

/* Neither a probe nor a question for names before the peer's turn. */
static void turns(void **state)
{
	struct scene s;

	(void)state;
	begin_search(&s);
	uint64_t turn = s.seconds + 20;

	s.reach.has_names = true;
	s.reach.resolve_at = 1;
	s.reach.turn = turn * REACH_SECOND;
	while (s.seconds < turn)
		assert_int_equal(next_action(&s, 0).kind, REACH_WAIT);
	assert_int_not_equal(next_action(&s, 0).kind, REACH_WAIT);
	assert_int_not_equal(next_action(&s, 0).kind, REACH_WAIT);
}

/* With one path and no name it never wakes up. */
static void nothing_to_decide(void **state)
{
	struct scene s = {.seconds = 100, .wall = HANDSHAKE_WALL};

	(void)state;
	s.paths[0] = path_by(A, true);
	reach_init(&s.reach, false, now_of(&s));
	reach_take_paths(&s.reach, s.paths, 1, now_of(&s));
	struct reach_action action = reach_next(&s.reach, now_of(&s));

	assert_int_equal(action.kind, REACH_WAIT);
	assert_true(action.at == REACH_NEVER);
}

/* A name without an address is asked for again, later and later, and at once after a change. */
static void name_is_asked(void **state)
{
	struct scene s = {.seconds = 100, .wall = HANDSHAKE_WALL};
	uint64_t last = 0, distance = 0;

	(void)state;
	reach_init(&s.reach, true, now_of(&s));
	for (int i = 0; i < 8; i++) {
		assert_int_equal(next_action(&s, 100).kind, REACH_RESOLVE);
		assert_true(s.seconds - last >= distance && s.seconds - last <= 100);
		distance = last ? s.seconds - last : 0;
		last = s.seconds;
		reach_take_names(&s.reach, false, 0, now_of(&s));
	}
	assert_true(distance >= 5);
	reach_take_change(&s.reach, false, now_of(&s));
	assert_int_equal(next_action(&s, 1).kind, REACH_RESOLVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alive_is_left_alone),
		cmocka_unit_test(silent_is_left),
		cmocka_unit_test(better_is_returned_to),
		cmocka_unit_test(handshakes_are_not_broken),
		cmocka_unit_test(clock_back),
		cmocka_unit_test(not_tried_in_silence),
		cmocka_unit_test(roamed),
		cmocka_unit_test(roamed_and_lost),
		cmocka_unit_test(late_answer),
		cmocka_unit_test(one_way),
		cmocka_unit_test(search_is_fair),
		cmocka_unit_test(caller_is_looked_for),
		cmocka_unit_test(heard_by_another_link),
		cmocka_unit_test(path_goes),
		cmocka_unit_test(routes_turn),
		cmocka_unit_test(blind),
		cmocka_unit_test(turns),
		cmocka_unit_test(nothing_to_decide),
		cmocka_unit_test(name_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
