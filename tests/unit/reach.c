// SPDX-License-Identifier: GPL-2.0-or-later
// Single decisions of plan/reach; tests/reach tries all of it in simulated networks.
#include "wgq/plan/reach/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "wgq/plan/reach/candidates.h"

enum { HANDSHAKE_WALL = 1000, A = 2, B = 3 };

/* A peer with one endpoint and two uplinks, whose present path may be the worse one. */
struct scene {
	struct reach reach;
	struct reach_path paths[2], others[2];
	struct pulse_reading reading;
	uint64_t seconds;
	bool silent; /* nothing answers what is sent */
	int64_t wall;
};

static union endpoint endpoint_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, strlen(text), &addr), 0);
	return endpoint_make(&addr, 51820, 0);
}

static struct reach_time now_of(const struct scene *s)
{
	return (struct reach_time){.ns = s->seconds * REACH_SECOND, .wall = s->wall};
}

static struct reach_path path_by(uint32_t link, bool routed)
{
	return (struct reach_path){
		.way = {.to = endpoint_of("192.0.2.1"),
			.source = {.family = 2, .bytes = {10, 0, 0, (uint8_t)link}},
			.link = link},
		.routed = routed};
}

static void read_now(struct scene *s)
{
	reach_take_reading(&s->reach, &s->reading, now_of(s));
}

/* The next action other than a reading, in at most so many seconds; else WAIT. In each second data
 * goes both ways, unless it is silent. */
static struct reach_action next_action(struct scene *s, uint64_t seconds)
{
	for (uint64_t end = s->seconds + seconds; s->seconds <= end;) {
		struct reach_action action = reach_next(&s->reach, now_of(s));

		if (action.kind == REACH_READ) {
			read_now(s);
		} else if (action.kind != REACH_WAIT && action.kind != REACH_POKE) {
			return action;
		} else if (action.kind == REACH_WAIT) {
			s->seconds++;
			s->wall++;
			s->reading.tx_bytes += 128;
			s->reading.rx_bytes += s->silent ? 0 : 128;
		}
	}
	return (struct reach_action){.kind = REACH_WAIT};
}

static struct reach_action next_of_kind(struct scene *s, enum reach_action_kind kind,
					uint64_t seconds)
{
	uint64_t end = s->seconds + seconds;
	struct reach_action action;

	do {
		action = next_action(s, end - s->seconds);
	} while (action.kind != kind && action.kind != REACH_WAIT && s->seconds < end);
	return action;
}

/* On A, which the routes lead to; a fresh session. */
static void begin(struct scene *s)
{
	*s = (struct scene){.seconds = 100, .wall = HANDSHAKE_WALL + 10};
	s->reading = (struct pulse_reading){.last_handshake = HANDSHAKE_WALL,
					    .endpoint = endpoint_of("192.0.2.1")};
	s->paths[0] = path_by(A, true);
	s->paths[1] = path_by(B, false);
	reach_init(&s->reach, false, now_of(s));
	read_now(s);
	reach_take_paths(&s->reach, s->paths, 2, now_of(s));
	/* The session was begun before: it may have the other source. */
	struct reach_action action = next_action(s, 2);

	assert_int_equal(action.kind, REACH_PROBE);
	assert_int_equal(action.way.link, A);
	reach_take_answer(&s->reach, action.id, REACH_ANSWERED, now_of(s));
	assert_int_equal(next_of_kind(s, REACH_SET, 2).way.link, A);
	assert_int_equal(next_of_kind(s, REACH_UNPIN, 15).way.link, A);
}

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

/* RFC 8305, 4, within each entry; what is there twice counts once. */
static void order(void **state)
{
	static const struct {
		const char *in[6];
		uint32_t entries[6];
		const char *out[6];
	} cases[] = {
		{{"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"},
		 {0, 0, 0, 0},
		 {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"}},
		{{"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"},
		 {0, 0, 0, 0},
		 {"192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"}},
		{{"192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "2001:db8::2"},
		 {0, 0, 1, 1, 2},
		 {"192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "2001:db8::2"}},
		{{"192.0.2.1", "2001:db8::1", "192.0.2.1", "192.0.2.2"},
		 {0, 0, 1, 1},
		 {"192.0.2.1", "2001:db8::1", "192.0.2.2"}},
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct reach_candidate candidates[6];
		size_t in = 0, out = 0;

		for (; in < 6 && cases[c].in[in]; in++)
			candidates[in] = (struct reach_candidate){
				.to = endpoint_of(cases[c].in[in]), .entry = cases[c].entries[in]};
		size_t n = reach_candidates_order(candidates, in);

		for (; out < 6 && cases[c].out[out]; out++) {
			union endpoint expected = endpoint_of(cases[c].out[out]);

			assert_true(out < n && endpoint_equal(&candidates[out].to, &expected));
		}
		assert_int_equal(n, out);
	}
}

/* One reading after another, a second apart, and what they tell. */
static void pulse(void **state)
{
	static const struct {
		uint64_t rx, tx;
		int64_t handshake;
		bool heard;
		unsigned calls;
	} readings[] = {
		{0, 0, 1, false, 0},      /* the first */
		{1280, 1280, 1, true, 0}, /* data */
		{0, 32, 1, false, 0},     /* a keepalive */
		{0, 148, 1, false, 1},    /* an initiation */
		{0, 148 + 256, 1, false, 2},
		{92, 32, 2, true, 0},   /* its response, and the first packet */
		{148, 92, 2, false, 0}, /* the peer's */
		{1280, 128, 2, true, 0},
		{148 + 1280, 92, 2, false, 0}, /* again: it does not hear us */
		{148 + 1280, 92 + 32, 3, true, 0},
	};
	struct pulse p = {0};
	struct pulse_reading reading = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		reading.rx_bytes += readings[i].rx;
		reading.tx_bytes += readings[i].tx;
		reading.last_handshake = readings[i].handshake;
		bool heard = pulse_take(&p, &reading, (100 + i) * REACH_SECOND);

		if (heard != readings[i].heard || p.calls != readings[i].calls)
			fail_msg("reading %zu: heard %d, calls %u", i, heard, p.calls);
	}
	/* A device that was made anew. */
	reading.rx_bytes = reading.tx_bytes = 0;
	assert_false(pulse_take(&p, &reading, 200 * REACH_SECOND));
	assert_true(pulse_doubt_at(&p) == UINT64_MAX);
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
		cmocka_unit_test(path_goes),
		cmocka_unit_test(routes_turn),
		cmocka_unit_test(nothing_to_decide),
		cmocka_unit_test(name_is_asked),
		cmocka_unit_test(order),
		cmocka_unit_test(pulse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
