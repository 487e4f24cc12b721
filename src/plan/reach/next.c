// SPDX-License-Identifier: GPL-2.0-or-later
// What to do next.
#include "wgq/plan/reach/reach.h"

#include "moves.h"

/* Between two asks of one path, which is also how long an answer is waited for; of two paths; of
 * two routine probes. */
#define ASK_AGAIN     SECONDS(1)
#define ASK_APART     MILLISECONDS(250)
#define ROUTINE_APART SECONDS(15)
/* The current path is asked when it was idle for this long. */
#define IDLE SECONDS(25)
/* Another path is tried when the current one was heard of so lately. */
#define FRESH SECONDS(20)
/* After a probe by another path the kernel is led back to its own source, just before the poke. */
#define HOLD_DELAY MILLISECONDS(40)
#define POKE_DELAY MILLISECONDS(50)
/* The longest between two probes on SEARCH. */
#define SEARCH_MAX SECONDS(30)
/* Of all the peers that are looked for, on average. */
#define SEARCH_EACH MILLISECONDS(500)
/* Blind: how long a path is used without an answer, which is two handshakes; after some rounds. */
#define BLIND     SECONDS(12)
#define BLIND_MAX SECONDS(45)
/* A question for names that is not answered. */
#define RESOLVE_AGAIN SECONDS(60)

enum { DOUBT_ASKS = 3, HOLD_TIMES = 10, HOLD_APART_MS = 50 };
/* The kernel begins a new handshake at 120 s of a session; whitepaper, 6.1. */
enum { REKEY_FIRST_AGE = 115, REKEY_LAST_AGE = 130 };

/* Whether the moment has come; if not, the action is to wait for it. */
static bool is_due(uint64_t at, struct reach_time now, struct reach_action *action)
{
	if (at <= now.ns)
		return true;
	action->at = min(action->at, at);
	return false;
}

/* When a probe does no harm, as far as is known now. The peer keeps only the newest handshake: one
 * of the kernel's that is not complete would be lost. It ignores one with an older time stamp. */
static uint64_t may_probe_at(const struct reach *reach, struct reach_time now)
{
	int64_t last = reach->pulse.last.last_handshake, age = now.wall - last;
	uint64_t at = max(reach->sealed, reach->turn);

	if (reach->blind || (last && age < 0))
		return REACH_NEVER;
	if ((reach->phase == REACH_SEARCH && reach->cut) ||
	    (reach->phase == REACH_DOUBT && pulse_is_rebuffed(&reach->pulse, 2)))
		return at;
	at = max(at, reach->pulse.settles);
	if (age >= REKEY_FIRST_AGE && age < REKEY_LAST_AGE &&
	    !(reach->phase == REACH_DOUBT && pulse_silent_at(&reach->pulse) <= now.ns))
		at = max(at, now.ns + SECONDS((uint64_t)(REKEY_LAST_AGE - age)));
	return at;
}

/* Of a peer that has roamed. */
static struct reach_way current_way(const struct reach *reach)
{
	struct reach_way way = {.to = reach->endpoint};

	if (reach->pin.link && endpoint_equal(&reach->pin.to, &way.to))
		way = reach->pin;
	return way;
}

/* path NULL: the peer has roamed. */
static bool probe(struct reach *reach, struct reach_path *path, struct reach_time now,
		  struct reach_action *action)
{
	reach->probed = now.ns;
	action->kind = REACH_PROBE;
	if (path) {
		path_note_ask(path, now.ns);
		action->way = path->way;
		action->id = path->id;
		action->poke = path->id != reach->current && !reach->cut;
	} else {
		action->way = current_way(reach);
	}
	return true;
}

static bool read_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	if (!is_due(reach->read_at, now, action))
		return false;
	reach->read_at = now.ns + REACH_SECOND;
	action->kind = REACH_READ;
	return true;
}

static uint64_t current_answered(const struct reach *reach)
{
	const struct reach_path *current = reach_current(reach);

	return current ? current->answered : 0;
}

/* When the current path is to be asked as a routine: after some silence, or before another is
 * tried. A session that is neither kept alive nor valid is not missed. While better paths are
 * tried, what comes from the peer may come by those. */
static uint64_t idle_at(const struct reach *reach, struct reach_time now)
{
	uint64_t answered = current_answered(reach), heard = max(reach->pulse.heard, answered);

	if (reach->tried > answered)
		return max(max(max(answered, reach->switched) + VERIFY_MIN, reach->verify_at),
			   reach->probed + ROUTINE_APART);
	if (!reach->pulse.kept && !pulse_has_session(&reach->pulse, now.wall) &&
	    !paths_better(reach))
		return REACH_NEVER;
	return max(heard, max(reach->since, reach->probed)) + IDLE;
}

/* A handshake may have begun since the last reading, or the path died. */
static bool knows_enough(struct reach *reach, struct reach_time now)
{
	if (now.ns - reach->pulse.read < REACH_SECOND)
		return true;
	reach->read_at = now.ns;
	return false;
}

/* The path that the routes have turned to. */
static bool follow_next(struct reach *reach, uint64_t free_at, struct reach_time now,
			struct reach_action *action)
{
	struct reach_path *path = path_by_id(reach, reach->follow);
	uint64_t at = path && reach->follow_asks ? max(free_at, path->asked + ASK_AGAIN) : free_at;

	if (!path || !is_due(at, now, action) || !knows_enough(reach, now))
		return false;
	if (reach->follow_asks++ == DOUBT_ASKS) {
		reach->follow = 0;
		return false;
	}
	reach->tried = now.ns;
	return probe(reach, path, now, action);
}

static bool watch_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	uint64_t at = 0, free_at = may_probe_at(reach, now);
	bool unsure = reach->unsure && now.ns >= reach->verify_at;

	if (!reach_is_watched(reach, now))
		return false;
	if (follow_next(reach, free_at, now, action))
		return true;
	if (unsure && !reach->current)
		at = reach->probed + ROUTINE_APART;
	if (is_due(max(unsure ? at : idle_at(reach, now), free_at), now, action) &&
	    knows_enough(reach, now)) {
		move_doubt(reach,
			   unsure && reach->current                 ? DOUBT_SWITCHED
			   : reach->tried > current_answered(reach) ? DOUBT_TRIED
								    : DOUBT_IDLE,
			   now);
		reach->unsure = false;
		return false;
	}
	struct reach_path *better = paths_next_trial(reach, paths_better(reach), &at);

	at = max(max(at, free_at), max(reach->probed, reach->switched) + ROUTINE_APART);
	/* Else the current one comes first. */
	if (max(reach->pulse.heard, current_answered(reach)) + FRESH < now.ns)
		better = NULL;
	if (better && is_due(at, now, action) && knows_enough(reach, now) && !reach->pulse.spoke &&
	    !reach->pulse.called) {
		reach->tried = now.ns;
		/* With a pin, an IPv6 packet would leave by its link with the other one's source.
		 */
		if (reach->pin.link && !reach->userspace &&
		    reach->endpoint.any.sa_family == AF_INET6)
			reach->hold_at = now.ns + HOLD_DELAY;
		return probe(reach, better, now, action);
	}
	return read_next(reach, now, action);
}

static bool doubt_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	bool dead = is_due(pulse_dead_at(&reach->pulse), now, action);

	if (dead || (reach->asks == DOUBT_ASKS && is_due(reach->asked + ASK_AGAIN, now, action))) {
		bool masked = !dead && reach->pulse.heard > reach->since;

		reach->reason = REACH_IS_UNHEARD;
		move_search(reach, !masked, now);
		reach->masked = masked;
		return false;
	}
	if (read_next(reach, now, action))
		return true;
	if (reach->asks < DOUBT_ASKS &&
	    is_due(max(reach->asked + ASK_AGAIN, may_probe_at(reach, now)), now, action)) {
		reach->asks++;
		reach->asked = now.ns;
		return probe(reach, path_by_id(reach, reach->current), now, action);
	}
	/* It could not be asked, and nobody speaks to it any more. */
	if (is_due(max(max(reach->pulse.sent, reach->asked), reach->since) + DEMAND, now, action)) {
		pulse_restart(&reach->pulse);
		move_watch(reach, now);
	}
	return false;
}

static bool search_blindly(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	const struct reach_path *current = reach_current(reach);
	size_t next = current ? (size_t)(current - reach->paths) + 1 : 0;

	if (!reach_is_in_demand(reach, now) ||
	    !is_due(reach->switched + max(BLIND, reach->pause), now, action))
		return false;
	if (!knows_enough(reach, now))
		return read_next(reach, now, action);
	if (next == reach->n)
		reach->pause = min(reach->pause * 2, BLIND_MAX);
	move_use(reach, &reach->paths[next % reach->n], REACH_IS_NEXT, now);
	reach->phase = REACH_SEARCH;
	return false;
}

static bool search_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	struct reach_path *path = paths_next_ask(reach);
	bool waits, in_rounds = path && path->asks < SEARCH_ROUNDS && !reach->blind;

	if (reach->decide_at) {
		struct reach_path *best = paths_best_answer(reach, now.ns, &waits);

		if (best && (!waits || is_due(reach->decide_at, now, action))) {
			move_use(reach, best,
				 best->id == reach->current ? REACH_IS_ASTRAY : REACH_IS_SILENT,
				 now);
			return false;
		}
		/* Those before the best one have a second to answer, one after the other. */
		action->at = min(action->at, now.ns + MILLISECONDS(50));
	}
	if (reach->masked && !in_rounds && !reach->decide_at &&
	    is_due(reach->probed + ASK_AGAIN, now, action)) {
		/* Nothing answers, but it is heard: so it is with probes that something is wrong.
		 */
		reach->verify_at = now.ns + reach->verify_pause;
		reach->verify_pause = min(reach->verify_pause * 2, VERIFY_MAX);
		move_watch(reach, now);
		return false;
	}
	/* The only path there is was asked. */
	if (!in_rounds && !reach->decide_at && !reach_is_watched(reach, now)) {
		move_watch(reach, now);
		return false;
	}
	if (read_next(reach, now, action))
		return true;
	if (reach->blind)
		return search_blindly(reach, now, action);
	if (!path || reach->decide_at || (!in_rounds && !reach_is_in_demand(reach, now)))
		return false;
	uint64_t at = in_rounds ? max(reach->probed + ASK_APART, path->asked + ASK_AGAIN)
				: reach->probed + reach->pause;

	if (!is_due(max(at, may_probe_at(reach, now)), now, action))
		return false;
	if (!in_rounds)
		reach->pause = move_spread(reach, min(reach->pause * 3 / 2,
						      max(SEARCH_MAX, reach->crowd * SEARCH_EACH)));
	return probe(reach, path, now, action);
}

static void say_set(const struct reach *reach, unsigned times, unsigned apart_ms,
		    struct reach_action *action)
{
	const struct reach_path *current = reach_current(reach);

	action->kind = REACH_SET;
	action->way = current ? current->way : current_way(reach);
	action->times = times;
	action->apart_ms = apart_ms;
}

/* What was decided and is still to be said, in this order: a pin counts from the next set on. */
static bool say_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	const struct reach_path *current = reach_current(reach);

	action->way = reach->pin;
	if (reach->todo & TODO_PIN) {
		reach->todo &= (uint8_t)~TODO_PIN;
		action->kind = REACH_PIN;
		action->reason = current && current->routed ? REACH_IS_ROUTED : REACH_IS_UNROUTED;
	} else if (reach->todo & TODO_UNPIN) {
		reach->todo &= (uint8_t)~TODO_UNPIN;
		action->kind = REACH_UNPIN;
		action->reason = REACH_IS_ROUTED;
		reach->pin.link = 0;
	} else if (reach->todo & (TODO_SET | TODO_AGAIN)) {
		bool again = !(reach->todo & TODO_SET);

		reach->todo &= (uint8_t) ~(TODO_SET | TODO_AGAIN);
		say_set(reach, again ? REACH_SET_TIMES : reach->times, REACH_SET_APART_MS, action);
		action->reason = again ? REACH_ROUTINE : reach->reason;
		reach->hold_at = 0;
		/* A search that goes on for long must not be what keeps the kernel calling. */
		if (reach->phase != REACH_SEARCH || reach->pause < BLIND_MAX)
			reach->poke_at = now.ns + POKE_DELAY;
	} else if (reach->hold_at && is_due(reach->hold_at, now, action)) {
		reach->hold_at = 0;
		say_set(reach, HOLD_TIMES, HOLD_APART_MS, action);
	} else if (reach->poke_at && is_due(reach->poke_at, now, action)) {
		reach->poke_at = 0;
		action->kind = REACH_POKE;
	} else if (reach->unpin_at && is_due(reach->unpin_at, now, action)) {
		move_unpin(reach);
		return say_next(reach, now, action);
	} else if (reach->resolve_at && is_due(max(reach->resolve_at, reach->turn), now, action)) {
		reach->resolve_at = now.ns + RESOLVE_AGAIN;
		action->kind = REACH_RESOLVE;
		action->reason = reach->phase == REACH_SEARCH ? REACH_IS_UNHEARD : REACH_ROUTINE;
	} else {
		return false;
	}
	return true;
}

/* One step; false: the phase has changed, or there is nothing to do before action->at. */
static bool phase_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	switch (reach->phase) {
	case REACH_ABSENT:
		return false;
	case REACH_WATCH:
		return watch_next(reach, now, action);
	case REACH_DOUBT:
		return doubt_next(reach, now, action);
	case REACH_SEARCH:
		return search_next(reach, now, action);
	}
	return false;
}

struct reach_action reach_next(struct reach *reach, struct reach_time now)
{
	struct reach_action action;
	enum reach_phase phase;

	do {
		action = (struct reach_action){.kind = REACH_WAIT, .at = REACH_NEVER};
		phase = reach->phase;
	} while (!say_next(reach, now, &action) && !phase_next(reach, now, &action) &&
		 (phase != reach->phase || reach->todo));
	if (action.kind == REACH_WAIT)
		action.way = (struct reach_way){0};
	return action;
}

const char *reach_reason_text(enum reach_reason reason)
{
	switch (reason) {
	case REACH_ROUTINE:
		return "as a routine";
	case REACH_IS_FIRST:
		return "the peer has no endpoint yet";
	case REACH_IS_LOST:
		return "the endpoint was removed by another program";
	case REACH_IS_GONE:
		return "the former path has lost its address, route or carrier";
	case REACH_IS_SILENT:
		return "the former path is silent, and this one answers";
	case REACH_IS_BETTER:
		return "it is preferred, and has answered for some time";
	case REACH_IS_ASTRAY:
		return "this path answers, but the kernel hears nothing";
	case REACH_IS_NEXT:
		return "the former path is silent";
	case REACH_IS_UNROUTED:
		return "the routes lead there in another way";
	case REACH_IS_ROUTED:
		return "the routes lead there";
	case REACH_IS_UNHEARD:
		return "nothing is heard of the peer";
	}
	return "";
}
