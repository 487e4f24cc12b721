/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer and its paths, for tests of single decisions of plan/reach. */
#pragma once

#include "wgq/plan/reach/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

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
