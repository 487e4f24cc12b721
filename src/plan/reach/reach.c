// SPDX-License-Identifier: GPL-2.0-or-later
// Which endpoint of a peer to use, from which source, and what to do next.
#include "wgq/plan/reach/reach.h"

#include "paths.h"

#define SECONDS(n)      ((n)*REACH_SECOND)
#define MILLISECONDS(n) ((n)*REACH_SECOND / 1000)

/* Between readings of the counters: of a peer that is heard, and of one that is not. */
#define READ_BUSY SECONDS(6)
#define READ_IDLE SECONDS(10)
/* Between two asks of one path, which is also how long an answer is waited for; of two paths; of
 * two routine probes. */
#define ASK_AGAIN     SECONDS(1)
#define ASK_APART     MILLISECONDS(250)
#define ROUTINE_APART SECONDS(15)
/* An idle session is doubted after this. */
#define IDLE SECONDS(25)
/* A handshake of the kernel's that may be under way; its REKEY_TIMEOUT. */
#define HANDSHAKE SECONDS(5)
/* How long a path that is routed stays pinned. */
#define PIN_STAYS SECONDS(10)
/* After a set: the kernel's packets follow the path; packets of the peer by another one are still
 * under way. */
#define POKE_DELAY MILLISECONDS(50)
#define SETTLES    SECONDS(2)
#define DOUBT_MIN  SECONDS(15)
#define DOUBT_MAX  SECONDS(120)
/* On SEARCH, after the rounds. */
#define SEARCH_MIN SECONDS(5)
#define SEARCH_MAX SECONDS(30)
/* A peer that nothing was sent to for so long is not in demand. */
#define DEMAND SECONDS(60)
/* Blind: how long a path is used in vain, which is two handshakes. */
#define BLIND SECONDS(12)
/* Between two questions for a name: while it has none, of a silent peer, and otherwise. */
#define RESOLVE_MIN     SECONDS(2)
#define RESOLVE_MAX     SECONDS(60)
#define RESOLVE_SILENT  SECONDS(10)
#define RESOLVE_LONG    SECONDS(20)
#define RESOLVE_SLOW    SECONDS(300)
#define RESOLVE_SLOWEST SECONDS(3600)

enum { DOUBT_ASKS = 3 };
/* The kernel begins a new handshake at 120 s of a session; whitepaper, 6.1. */
enum { REKEY_FIRST_AGE = 115, REKEY_LAST_AGE = 130 };
enum { TODO_PIN = 1, TODO_UNPIN = 2, TODO_SET = 4 };

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether the moment has come; if not, the action is to wait for it. */
static bool is_due(uint64_t at, struct reach_time now, struct reach_action *action)
{
	if (at <= now.ns)
		return true;
	action->at = min(action->at, at);
	return false;
}

const struct reach_path *reach_current(const struct reach *reach)
{
	return path_by_id(reach, reach->current);
}

/* How many paths are better than the current one. */
static size_t better_paths(const struct reach *reach)
{
	const struct reach_path *current = reach_current(reach);

	if (current)
		return (size_t)(current - reach->paths);
	return reach->leaves ? reach->n : 0;
}

/* Whether there is anything to decide. */
static bool is_watched(const struct reach *reach)
{
	return reach->n > 1 || reach->has_names;
}

static bool is_in_demand(const struct reach *reach, struct reach_time now)
{
	return now.ns - reach->pulse.sent < DEMAND;
}

static void pin(struct reach *reach, const struct reach_path *path)
{
	reach->pin = path->way;
	reach->todo = (uint8_t)((reach->todo | TODO_PIN) & ~TODO_UNPIN);
	reach->unpin_at = 0;
}

static void unpin(struct reach *reach)
{
	if (reach->pin.link)
		reach->todo = (uint8_t)((reach->todo | TODO_UNPIN) & ~TODO_PIN);
	reach->unpin_at = 0;
}

static void watch(struct reach *reach, struct reach_time now)
{
	reach->phase = REACH_WATCH;
	reach->since = now.ns;
	reach->cut = false;
	reach->read_at = now.ns + REACH_SECOND;
}

static void set_endpoint(struct reach *reach, const union endpoint *to, unsigned times,
			 enum reach_reason reason, struct reach_time now)
{
	reach->endpoint = *to;
	reach->reason = reason;
	reach->times = (uint16_t)times;
	reach->todo |= TODO_SET;
	reach->switched = now.ns;
	reach->poke_at = now.ns + POKE_DELAY;
	reach->sealed = now.ns + HANDSHAKE;
	pulse_restart(&reach->pulse);
	watch(reach, now);
}

/* The path is believed to be the current one from now on. */
static void adopt(struct reach *reach, struct reach_path *path, struct reach_time now)
{
	if (reach->current != path->id)
		path->used = now.ns;
	reach->current = path->id;
	reach->endpoint = path->way.to;
	reach->leaves = false;
	if (!path->routed && path->way.link)
		pin(reach, path);
	else
		unpin(reach);
}

/* Makes the kernel use a path though packets of the peer may still come by another one. */
static void use(struct reach *reach, struct reach_path *path, enum reach_reason reason,
		struct reach_time now)
{
	adopt(reach, path, now);
	if (path->way.link && paths_are_multihomed(reach)) {
		pin(reach, path);
		if (path->routed)
			reach->unpin_at = now.ns + PIN_STAYS;
	}
	set_endpoint(reach, &path->way.to, REACH_SET_TIMES, reason, now);
}

/* Makes the kernel use a path where there was none, or where the former is no more. */
static void begin(struct reach *reach, struct reach_path *path, enum reach_reason reason,
		  struct reach_time now)
{
	adopt(reach, path, now);
	set_endpoint(reach, &path->way.to, 1, reason, now);
}

static void doubt(struct reach *reach, bool idle, struct reach_time now)
{
	reach->phase = REACH_DOUBT;
	reach->since = now.ns;
	reach->idle = idle;
	reach->asks = 0;
	reach->asked = 0;
	reach->read_at = now.ns + REACH_SECOND;
}

static void search_again(struct reach *reach, struct reach_time now)
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

static void search(struct reach *reach, bool cut, struct reach_time now)
{
	struct reach_path *current = path_by_id(reach, reach->current);

	if (current)
		path_note_death(current, now.ns);
	reach->phase = REACH_SEARCH;
	reach->cut = cut;
	if (cut)
		reach->sealed = now.ns;
	search_again(reach, now);
}

void reach_init(struct reach *reach, bool has_names, struct reach_time now)
{
	*reach = (struct reach){.has_names = has_names,
				.since = now.ns,
				.resolve_at = has_names ? now.ns : 0,
				.doubt_pause = DOUBT_MIN};
}

/* The first paths, or the first after there were none. What the kernel has is used if it can be. */
static void take_first_paths(struct reach *reach, struct reach_time now)
{
	struct reach_path *path = path_to(reach, &reach->endpoint);

	watch(reach, now);
	if (!reach->pulse.read)
		adopt(reach, &reach->paths[0], now);
	else if (path && reach->changed)
		begin(reach, path, REACH_ROUTINE, now);
	else if (path)
		adopt(reach, path, now);
	else if (!reach->endpoint.any.sa_family || !pulse_has_session(&reach->pulse, now.wall))
		begin(reach, &reach->paths[0], REACH_IS_FIRST, now);
}

/* The current path has no way any more, or is no candidate any more. */
static void take_loss(struct reach *reach, struct reach_time now)
{
	struct reach_path *routed = path_to(reach, &reach->endpoint);
	bool by_network = reach->changed && now.ns - reach->changed < REACH_SECOND;

	reach->current = 0;
	if (routed && routed->routed) {
		begin(reach, routed, REACH_IS_GONE, now);
		return;
	}
	reach->leaves = true;
	reach->reason = REACH_IS_GONE;
	unpin(reach);
	search(reach, by_network, now);
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
		unpin(reach);
	} else if (reach->phase == REACH_ABSENT) {
		take_first_paths(reach, now);
	} else if (!current && reach->current) {
		take_loss(reach, now);
	} else if (!current && path_to(reach, &reach->endpoint)) {
		adopt(reach, path_to(reach, &reach->endpoint), now);
	} else if (current && !current->routed && !reach->pin.link) {
		pin(reach, current);
	} else if (current && current->routed && reach->pin.link && !reach->unpin_at) {
		reach->unpin_at = now.ns + PIN_STAYS;
	}
}

void reach_take_change(struct reach *reach, bool resumed, struct reach_time now)
{
	reach->changed = now.ns;
	for (size_t i = 0; i < reach->n; i++)
		reach->paths[i].pause = min(reach->paths[i].pause, ROUTINE_APART);
	if (reach->phase == REACH_SEARCH && now.ns - reach->since > SECONDS(10))
		search_again(reach, now);
	if (reach->phase == REACH_ABSENT && reach->has_names) {
		reach->resolve_pause = 0;
		reach->resolve_at = now.ns;
	}
	if (resumed) {
		pulse_restart(&reach->pulse);
		if (reach->phase == REACH_DOUBT)
			watch(reach, now);
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
		begin(reach, current ? current : &reach->paths[0], REACH_IS_LOST, now);
	} else if (current && reach->times > 1 && now.ns - reach->switched < SETTLES) {
		reach->todo |= TODO_SET;
	} else {
		if (current)
			path_note_death(current, now.ns);
		reach->current = 0;
		reach->leaves = false;
		reach->endpoint = *endpoint;
		if (path)
			adopt(reach, path, now);
		else
			unpin(reach);
	}
}

void reach_take_reading(struct reach *reach, const struct pulse_reading *reading,
			struct reach_time now)
{
	bool rested = !is_in_demand(reach, now);
	bool heard = pulse_take(&reach->pulse, reading, now.ns) && reach->pulse.rebuffs < 2;
	uint64_t doubt_at = max(pulse_doubt_at(&reach->pulse), reach->doubt_at);

	if (heard) {
		reach->doubt_pause = DOUBT_MIN;
		if (reach->phase == REACH_DOUBT || reach->phase == REACH_SEARCH)
			watch(reach, now);
	}
	if (!endpoint_equal(&reading->endpoint, &reach->endpoint))
		take_endpoint(reach, &reading->endpoint, now);

	reach->read_at = now.ns + (reach->pulse.busy ? READ_BUSY : READ_IDLE);
	switch (reach->phase) {
	case REACH_ABSENT:
		break;
	case REACH_WATCH:
		if (doubt_at > now.ns)
			reach->read_at = min(reach->read_at, doubt_at);
		else if (is_watched(reach))
			doubt(reach, false, now);
		break;
	case REACH_DOUBT:
		reach->read_at = now.ns + REACH_SECOND;
		break;
	case REACH_SEARCH:
		if (rested && reach->pulse.sent == now.ns)
			search_again(reach, now);
		if (now.ns - reach->since < SECONDS(10))
			reach->read_at = now.ns + SECONDS(2);
		break;
	}
}

/* The current path answers. */
static void dispel(struct reach *reach, struct reach_time now)
{
	struct reach_path *current = path_by_id(reach, reach->current);

	if (reach->idle) {
		watch(reach, now);
		return;
	}
	reach->doubt_at = now.ns + reach->doubt_pause;
	reach->doubt_pause = min(reach->doubt_pause * 2, DOUBT_MAX);
	if (current)
		use(reach, current, REACH_IS_ASTRAY, now);
	else
		set_endpoint(reach, &reach->endpoint, REACH_SET_TIMES, REACH_IS_ASTRAY, now);
}

void reach_take_answer(struct reach *reach, uint32_t id, enum reach_verdict verdict,
		       struct reach_time now)
{
	struct reach_path *path = path_by_id(reach, id);

	if ((id && !path) || (verdict != REACH_ANSWERED && verdict != REACH_BUSY))
		return;
	if (path && (verdict == REACH_ANSWERED || reach->phase == REACH_SEARCH))
		path_note_answer(path, now.ns);

	if (reach->phase == REACH_DOUBT && id == reach->current)
		dispel(reach, now);
	else if (reach->phase == REACH_SEARCH && path && !reach->decide_at)
		reach->decide_at = now.ns + REACH_SECOND;
	else if (reach->phase == REACH_WATCH && path && path < reach->paths + better_paths(reach) &&
		 path_is_proven(path, now.ns))
		use(reach, path, REACH_IS_BETTER, now);
}

void reach_take_names(struct reach *reach, bool found, uint32_t ttl, struct reach_time now)
{
	uint64_t pause = min(max(SECONDS(ttl), RESOLVE_SLOW), RESOLVE_SLOWEST);

	reach->resolved = now.ns;
	if (reach->phase == REACH_SEARCH && is_in_demand(reach, now)) {
		pause = reach->resolve_pause ? RESOLVE_LONG : RESOLVE_SILENT;
		reach->resolve_pause = pause;
	} else if (!found) {
		pause = min(max(reach->resolve_pause * 2, RESOLVE_MIN),
			    reach->n ? RESOLVE_SLOW : RESOLVE_MAX);
		reach->resolve_pause = pause;
	} else {
		reach->resolve_pause = 0;
	}
	reach->resolve_at = now.ns + pause;
}

/* When a probe does no harm, as far as is known now. The peer keeps only the newest handshake: one
 * of the kernel's that is not complete would be lost. It ignores one with an older time stamp. */
static uint64_t may_probe_at(const struct reach *reach, struct reach_time now)
{
	int64_t last = reach->pulse.last.last_handshake, age = now.wall - last;
	uint64_t at = reach->sealed;

	if (reach->blind || (last && age < 0))
		return REACH_NEVER;
	if (reach->phase == REACH_SEARCH && reach->cut)
		return at;
	if (reach->pulse.shook)
		at = max(at, reach->pulse.shook + HANDSHAKE);
	if (age >= REKEY_FIRST_AGE && age < REKEY_LAST_AGE)
		at = max(at, now.ns + SECONDS((uint64_t)(REKEY_LAST_AGE - age)));
	return at;
}

/* path NULL: the endpoint in the kernel, which has roamed. */
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
		action->way = (struct reach_way){.to = reach->endpoint};
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

/* When the current path of an idle session is to be asked; one that is not kept alive and has run
 * out is not missed. */
static uint64_t idle_at(const struct reach *reach, struct reach_time now)
{
	const struct reach_path *current = reach_current(reach);
	uint64_t answered = current ? current->answered : 0;

	if (!reach->pulse.kept && !pulse_has_session(&reach->pulse, now.wall))
		return REACH_NEVER;
	return max(max(reach->pulse.heard, answered), max(reach->since, reach->probed)) + IDLE;
}

static bool watch_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	uint64_t at = 0, free_at = may_probe_at(reach, now);

	if (!is_watched(reach))
		return false;
	if (read_next(reach, now, action))
		return true;
	if (is_due(max(idle_at(reach, now), free_at), now, action)) {
		doubt(reach, true, now);
		return false;
	}
	struct reach_path *better = paths_next_trial(reach, better_paths(reach), &at);

	at = max(max(at, free_at), max(reach->probed, reach->switched) + ROUTINE_APART);
	if (!better || !is_due(at, now, action))
		return false;
	/* A handshake may have begun since the last reading. */
	if (now.ns - reach->pulse.read < REACH_SECOND)
		return probe(reach, better, now, action);
	reach->read_at = now.ns;
	return read_next(reach, now, action);
}

static bool doubt_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	if (is_due(pulse_dead_at(&reach->pulse), now, action) ||
	    (reach->asks == DOUBT_ASKS && is_due(reach->asked + ASK_AGAIN, now, action))) {
		reach->reason = REACH_IS_UNHEARD;
		search(reach, true, now);
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
		watch(reach, now);
	}
	return false;
}

static bool search_blindly(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	const struct reach_path *current = reach_current(reach);
	size_t next = current ? (size_t)(current - reach->paths) + 1 : 0;

	if (!is_in_demand(reach, now) || !is_due(reach->switched + BLIND, now, action))
		return false;
	use(reach, &reach->paths[next % reach->n], REACH_IS_NEXT, now);
	reach->phase = REACH_SEARCH;
	return false;
}

static bool search_next(struct reach *reach, struct reach_time now, struct reach_action *action)
{
	struct reach_path *path = paths_next_ask(reach);
	bool waits, in_rounds = path && path->asks < SEARCH_ROUNDS;

	if (reach->decide_at) {
		struct reach_path *best = paths_best_answer(reach, now.ns, &waits);

		if (best && (!waits || is_due(reach->decide_at, now, action))) {
			use(reach, best,
			    best->id == reach->current ? REACH_IS_ASTRAY : REACH_IS_SILENT, now);
			return false;
		}
		/* Those before the best one have a second to answer, one after the other. */
		action->at = min(action->at, now.ns + MILLISECONDS(50));
	}
	if (read_next(reach, now, action))
		return true;
	if (reach->blind)
		return search_blindly(reach, now, action);
	if (!path || reach->decide_at || (!in_rounds && !is_in_demand(reach, now)))
		return false;
	uint64_t at = in_rounds ? max(reach->probed + ASK_APART, path->asked + ASK_AGAIN)
				: reach->probed + reach->pause;

	if (!is_due(max(at, may_probe_at(reach, now)), now, action))
		return false;
	if (!in_rounds)
		reach->pause = min(reach->pause * 3 / 2, SEARCH_MAX);
	return probe(reach, path, now, action);
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
	} else if (reach->todo & TODO_SET) {
		reach->todo &= (uint8_t)~TODO_SET;
		action->kind = REACH_SET;
		action->reason = reach->reason;
		action->way = current ? current->way : (struct reach_way){.to = reach->endpoint};
		action->times = reach->times;
	} else if (reach->poke_at && is_due(reach->poke_at, now, action)) {
		reach->poke_at = 0;
		action->kind = REACH_POKE;
	} else if (reach->unpin_at && is_due(reach->unpin_at, now, action)) {
		unpin(reach);
		return say_next(reach, now, action);
	} else if (reach->resolve_at && is_due(reach->resolve_at, now, action)) {
		reach->resolve_at = now.ns + RESOLVE_MAX;
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
		return "somebody has removed the endpoint";
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
