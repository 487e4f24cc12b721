// SPDX-License-Identifier: GPL-2.0-or-later
// From phase to phase, and from path to path.
#include "moves.h"

/* On SEARCH, after the rounds. */
#define SEARCH_MIN SECONDS(5)

const struct reach_path *reach_current(const struct reach *reach)
{
	return path_by_id(reach, reach->current);
}

size_t paths_better(const struct reach *reach)
{
	const struct reach_path *current = reach_current(reach);

	if (current)
		return (size_t)(current - reach->paths);
	return reach->leaves ? reach->n : 0;
}

bool reach_is_watched(const struct reach *reach, struct reach_time now)
{
	return reach->n > 1 || reach->has_names || (reach->n && !reach->current) ||
	       (reach->switched && now.ns - reach->switched < DEMAND) ||
	       (reach->pulse.rebuffed && now.ns - reach->pulse.rebuffed < DEMAND);
}

bool reach_is_in_demand(const struct reach *reach, struct reach_time now)
{
	return now.ns - max(reach->pulse.sent, reach->pulse.rebuffed) < DEMAND || !reach->current;
}

void move_pin(struct reach *reach, const struct reach_path *path)
{
	reach->pin = path->way;
	reach->todo = (uint8_t)((reach->todo | TODO_PIN) & ~TODO_UNPIN);
	reach->unpin_at = 0;
}

void move_unpin(struct reach *reach)
{
	if (reach->pin.link)
		reach->todo = (uint8_t)((reach->todo | TODO_UNPIN) & ~TODO_PIN);
	reach->unpin_at = 0;
}

void move_pin_along(struct reach *reach)
{
	reach->pin.to = reach->endpoint;
	if (reach->pin.link)
		reach->todo = (uint8_t)((reach->todo | TODO_PIN) & ~TODO_UNPIN);
	reach->unpin_at = 0;
}

void move_watch(struct reach *reach, struct reach_time now)
{
	reach->phase = REACH_WATCH;
	reach->since = now.ns;
	reach->cut = false;
	reach->read_at = now.ns + REACH_SECOND;
}

void move_endpoint(struct reach *reach, const union endpoint *to, unsigned times,
		   enum reach_reason reason, struct reach_time now)
{
	reach->endpoint = *to;
	reach->reason = reason;
	reach->times = (uint16_t)times;
	reach->follow = 0;
	reach->todo |= TODO_SET;
	reach->switched = now.ns;
	reach->sealed = now.ns + HANDSHAKE;
	pulse_restart(&reach->pulse);
	move_watch(reach, now);
}

void move_adopt(struct reach *reach, struct reach_path *path, struct reach_time now)
{
	if (reach->current != path->id)
		path->used = now.ns;
	reach->current = path->id;
	reach->endpoint = path->way.to;
	reach->leaves = false;
	if (!path->routed && path->way.link)
		move_pin(reach, path);
	else
		move_unpin(reach);
}

void move_use(struct reach *reach, struct reach_path *path, enum reach_reason reason,
	      struct reach_time now)
{
	struct reach_path *former = path_by_id(reach, reach->current);

	if (former && former != path && reason != REACH_IS_BETTER)
		path_note_death(former, now.ns);
	move_adopt(reach, path, now);
	if (path->way.link && paths_are_multihomed(reach)) {
		move_pin(reach, path);
		if (path->routed)
			reach->unpin_at = now.ns + PIN_STAYS;
	}
	move_endpoint(reach, &path->way.to, REACH_SET_TIMES, reason, now);
	reach->unsure = reason != REACH_ROUTINE;
}

void move_begin(struct reach *reach, struct reach_path *path, enum reach_reason reason,
		struct reach_time now)
{
	move_adopt(reach, path, now);
	move_endpoint(reach, &path->way.to, 1, reason, now);
}

void move_doubt(struct reach *reach, uint8_t why, struct reach_time now)
{
	reach->phase = REACH_DOUBT;
	reach->since = now.ns;
	reach->doubt = why;
	reach->asks = 0;
	reach->asked = 0;
	reach->read_at = now.ns + REACH_SECOND;
}

void move_search_again(struct reach *reach, struct reach_time now)
{
	reach->since = now.ns;
	reach->decide_at = 0;
	reach->pause = SEARCH_MIN;
	for (size_t i = 0; i < reach->n; i++)
		reach->paths[i].asks = 0;
	if (reach->has_names) {
		reach->resolve_pause = 0;
		reach->resolve_at = max(now.ns, reach->resolved + RESOLVE_SILENT);
	}
}

void move_search(struct reach *reach, bool cut, struct reach_time now)
{
	reach->phase = REACH_SEARCH;
	reach->cut = cut;
	reach->masked = false;
	if (cut)
		reach->sealed = now.ns;
	move_search_again(reach, now);
}
