// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to a peer, and where it leads.
#include "wgq/plan/reach/reach.h"

#include "moves.h"

/* Between readings of the counters: of a peer that is heard, of one that is not, and where more is
 * to come. */
#define READ_BUSY SECONDS(6)
#define READ_IDLE SECONDS(10)
#define READ_SOON SECONDS(2)
/* After a set packets of the peer by another path are still under way. */
#define SETTLES SECONDS(2)
/* Between two doubts that an answer has dispelled. */
#define DOUBT_MIN SECONDS(15)
#define DOUBT_MAX SECONDS(120)
/* Between two questions for a name: while it has none, of a silent peer, and otherwise. */
#define RESOLVE_MIN     (REACH_SECOND / 5)
#define RESOLVE_MAX     SECONDS(30)
#define RESOLVE_LONG    SECONDS(18)
#define RESOLVE_EACH    MILLISECONDS(500)
#define RESOLVE_SLOW    SECONDS(300)
#define RESOLVE_SLOWEST SECONDS(3600)

void reach_init(struct reach *reach, bool has_names, struct reach_time now)
{
	*reach = (struct reach){.has_names = has_names,
				.since = now.ns,
				.resolve_at = has_names ? now.ns : 0,
				.doubt_pause = DOUBT_MIN,
				.verify_pause = VERIFY_MIN};
}

/* Its session may have another source than that of the routes of now. */
static void adopt_first(struct reach *reach, struct reach_path *path, struct reach_time now)
{
	move_adopt(reach, path, now);
	reach->unsure = paths_are_multihomed(reach) && pulse_has_session(&reach->pulse, now.wall);
}

/* The first paths, or the first after there were none. What the kernel has is used if it can be. */
static void take_first_paths(struct reach *reach, struct reach_time now)
{
	struct reach_path *path = path_to(reach, &reach->endpoint);

	move_watch(reach, now);
	if (!reach->pulse.read)
		move_adopt(reach, &reach->paths[0], now);
	else if (path && reach->changed)
		move_begin(reach, path, REACH_ROUTINE, now);
	else if (path)
		adopt_first(reach, path, now);
	else if (!reach->endpoint.any.sa_family || !pulse_has_session(&reach->pulse, now.wall))
		move_begin(reach, &reach->paths[0], REACH_IS_FIRST, now);
	else
		reach->unsure = true;
}

/* The current path has no way any more, or is no candidate any more. */
static void take_loss(struct reach *reach, struct reach_time now)
{
	struct reach_path *routed = path_to(reach, &reach->endpoint);
	bool by_network = reach->changed && now.ns - reach->changed < REACH_SECOND;

	reach->current = 0;
	if (routed && routed->routed) {
		move_begin(reach, routed, REACH_IS_GONE, now);
		return;
	}
	reach->leaves = true;
	reach->reason = REACH_IS_GONE;
	move_unpin(reach);
	move_search(reach, by_network, now);
}

/* The current path was routed, and is not any more. */
static void take_turn(struct reach *reach, const struct reach_path *current, struct reach_time now)
{
	const struct reach_path *routed = path_to(reach, &reach->endpoint);

	move_pin(reach, current);
	if (routed && routed->routed &&
	    (!routed->left || now.ns - routed->left > 2 * routed->hold)) {
		reach->follow = routed->id;
		reach->follow_asks = 0;
	}
}

void reach_take_paths(struct reach *reach, struct reach_path *paths, size_t n,
		      struct reach_time now)
{
	const struct reach_path *former = reach->paths;
	size_t former_n = reach->n;

	reach->paths = paths;
	reach->n = n;
	paths_inherit(reach, former, former_n);
	struct reach_path *current = path_by_id(reach, reach->current);

	if (!n) {
		reach->phase = REACH_ABSENT;
		reach->current = 0;
		move_unpin(reach);
	} else if (reach->phase == REACH_ABSENT) {
		take_first_paths(reach, now);
	} else if (!current && reach->current) {
		take_loss(reach, now);
	} else if (!current && path_to(reach, &reach->endpoint)) {
		move_adopt(reach, path_to(reach, &reach->endpoint), now);
	} else if (current && !current->routed && !reach->pin.link) {
		take_turn(reach, current, now);
	} else if (current && current->routed && reach->pin.link && !reach->unpin_at) {
		reach->unpin_at = now.ns + PIN_STAYS;
	}
}

void reach_take_change(struct reach *reach, bool resumed, struct reach_time now)
{
	reach->changed = now.ns;
	paths_try_soon(reach);
	if (reach->phase == REACH_SEARCH && now.ns - reach->since > SECONDS(15))
		move_search_again(reach, now);
	if (reach->phase == REACH_ABSENT && reach->has_names) {
		reach->resolve_pause = 0;
		reach->resolve_at = now.ns;
	}
	/* It is not known by which way a peer that has roamed is reached, or whether there is one.
	 */
	if (!reach->current)
		reach->unsure = true;
	if (resumed) {
		pulse_restart(&reach->pulse);
		if (reach->phase == REACH_DOUBT)
			move_watch(reach, now);
	}
}

/* The kernel has another endpoint than was set: the peer has roamed, or somebody else has set it.
 */
static void take_endpoint(struct reach *reach, const union endpoint *endpoint,
			  struct reach_time now)
{
	struct reach_path *path = path_to(reach, endpoint);
	struct reach_path *current = path_by_id(reach, reach->current);

	if (reach->phase == REACH_ABSENT) {
		reach->endpoint = *endpoint;
	} else if (!endpoint->any.sa_family) {
		move_begin(reach, current ? current : &reach->paths[0], REACH_IS_LOST, now);
	} else if (current && reach->times > 1 && now.ns - reach->switched < SETTLES &&
		   !reach->blind) {
		reach->todo |= TODO_AGAIN;
	} else {
		if (current && (!path || path > current))
			path_note_death(current, now.ns);
		reach->current = 0;
		reach->leaves = false;
		reach->endpoint = *endpoint;
		reach->unsure = path;
		if (path)
			move_adopt(reach, path, now);
		else
			move_pin_along(reach);
	}
}

/* Something was heard of the peer. */
static void take_sign(struct reach *reach, struct reach_time now)
{
	if (reach->phase == REACH_DOUBT && reach->doubt <= DOUBT_SILENT && reach->asks < 2) {
		move_watch(reach, now);
	} else if (reach->phase == REACH_SEARCH && !reach->masked && !reach->decide_at) {
		/* Probes may have led the packets of both to another path. */
		reach->unsure = true;
		move_watch(reach, now);
	}
}

void reach_take_reading(struct reach *reach, const struct pulse_reading *reading,
			struct reach_time now)
{
	bool rested = !reach_is_in_demand(reach, now);
	bool heard =
		pulse_take(&reach->pulse, reading, now.ns) && !pulse_is_rebuffed(&reach->pulse, 2);
	uint64_t doubt_at = max(pulse_doubt_at(&reach->pulse), reach->doubt_at);
	uint64_t read_soon = pulse_is_rebuffed(&reach->pulse, 1) ? now.ns + READ_SOON : REACH_NEVER;

	if (heard) {
		reach->doubt_pause = DOUBT_MIN;
		take_sign(reach, now);
	}
	if (!endpoint_equal(&reading->endpoint, &reach->endpoint))
		take_endpoint(reach, &reading->endpoint, now);

	reach->read_at = now.ns + (reach->pulse.busy ? READ_BUSY : READ_IDLE);
	switch (reach->phase) {
	case REACH_ABSENT:
		break;
	case REACH_WATCH:
		if (doubt_at > now.ns)
			reach->read_at = min(reach->read_at, min(doubt_at, read_soon));
		else if (reach_is_watched(reach, now))
			move_doubt(reach, DOUBT_SILENT, now);
		break;
	case REACH_DOUBT:
		reach->read_at = now.ns + REACH_SECOND;
		break;
	case REACH_SEARCH:
		if (rested && reach->pulse.sent == now.ns)
			move_search_again(reach, now);
		if (now.ns - reach->since < SECONDS(10))
			reach->read_at = now.ns + READ_SOON;
		break;
	}
}

/* The current path answers. */
static void dispel(struct reach *reach, struct reach_time now)
{
	struct reach_path *current = path_by_id(reach, reach->current);
	uint64_t silent_at = pulse_silent_at(&reach->pulse);
	enum reach_reason reason = REACH_ROUTINE;

	reach->verify_pause = VERIFY_MIN;
	if (!current)
		reach->tried = 0;
	if (reach->doubt == DOUBT_SILENT && silent_at > now.ns && silent_at != REACH_NEVER)
		reach->doubt_at = silent_at;
	if (reach->doubt == DOUBT_IDLE || reach->doubt == DOUBT_TRIED ||
	    (reach->doubt == DOUBT_SILENT && silent_at > now.ns)) {
		move_watch(reach, now);
		return;
	}
	if (reach->doubt == DOUBT_SILENT) {
		reason = REACH_IS_ASTRAY;
		reach->doubt_at = now.ns + reach->doubt_pause;
		reach->doubt_pause = min(reach->doubt_pause * 2, DOUBT_MAX);
	}
	if (current)
		move_use(reach, current, reason, now);
	else
		move_endpoint(reach, &reach->endpoint, REACH_SET_TIMES, reason, now);
}

void reach_take_answer(struct reach *reach, uint32_t id, enum reach_verdict verdict,
		       struct reach_time now)
{
	struct reach_path *path = path_by_id(reach, id);

	if (id && !path)
		return;
	if (path &&
	    (verdict == REACH_ANSWERED || (verdict == REACH_BUSY && reach->phase == REACH_SEARCH)))
		path_note_answer(path, now.ns);
	else if (path && (verdict == REACH_BUSY || verdict == REACH_ELSEWHERE))
		path_forget_ask(path);
	if (verdict != REACH_ANSWERED && verdict != REACH_BUSY)
		return;

	if (reach->phase == REACH_DOUBT && id == reach->current)
		dispel(reach, now);
	else if (reach->phase == REACH_SEARCH && path && !reach->decide_at)
		reach->decide_at = now.ns + REACH_SECOND;
	else if (reach->phase == REACH_WATCH && path && id == reach->follow)
		move_use(reach, path, REACH_IS_ROUTED, now);
	else if (reach->phase == REACH_WATCH && path && path < reach->paths + paths_better(reach) &&
		 path_is_proven(path, now.ns))
		move_use(reach, path, REACH_IS_BETTER, now);
}

void reach_take_names(struct reach *reach, bool found, uint32_t ttl, struct reach_time now)
{
	uint64_t pause = min(max(SECONDS(ttl), RESOLVE_SLOW), RESOLVE_SLOWEST);

	reach->resolved = now.ns;
	if (reach->phase == REACH_SEARCH && reach_is_in_demand(reach, now)) {
		pause = reach->resolve_pause ? max(RESOLVE_LONG, reach->crowd * RESOLVE_EACH)
					     : RESOLVE_SILENT;
		reach->resolve_pause = pause;
	} else if (!found) {
		pause = min(max(reach->resolve_pause * 2, RESOLVE_MIN),
			    reach->n ? RESOLVE_SLOW : RESOLVE_MAX);
		reach->resolve_pause = pause;
	} else {
		reach->resolve_pause = 0;
	}
	reach->resolve_at = now.ns + move_spread(reach, pause);
}
