// SPDX-License-Identifier: GPL-2.0-or-later
// What `wgq run` does for the machine, and what has to hold.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simulation.h"

unsigned failures;

void say(struct simulation *s, const char *format, ...)
{
	va_list args;

	if (!s->verbose)
		return;
	printf("%10.3f ", (double)s->world.now / 1e9);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

__attribute__((format(printf, 2, 3))) static void fail(struct simulation *s, const char *format,
						       ...)
{
	va_list args;

	if (s->failed++)
		return;
	failures++;
	printf("seed %llu at %.3f s%s: ", (unsigned long long)s->seed, (double)s->world.now / 1e9,
	       s->reach.blind ? ", blind" : "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Names of things. */

static union endpoint endpoint_of(const struct world *world, int target)
{
	struct addr addr = {.family = AF_INET, .bytes = {192, 0, 2, (uint8_t)(target + 1)}};

	if (world->target[target].family)
		addr = (struct addr){.family = AF_INET6,
				     .bytes = {0x20, 1, 0xd, 0xb8, [15] = (uint8_t)(target + 1)}};
	return endpoint_make(&addr, 51820, 0);
}

static int target_of(const union endpoint *endpoint)
{
	struct addr addr = endpoint_addr(endpoint);

	return addr.bytes[addr.family == AF_INET ? 3 : 15] - 1;
}

static struct addr source_of(int uplink, int family)
{
	if (family)
		return (struct addr){.family = AF_INET6,
				     .bytes = {0x20, 2, [15] = (uint8_t)(uplink + 1)}};
	return (struct addr){.family = AF_INET, .bytes = {10, 0, 0, (uint8_t)(uplink + 1)}};
}

static int uplink_of(const struct reach_way *way)
{
	return (int)way->link - 2;
}

struct reach_time now_of(const struct simulation *s)
{
	return (struct reach_time){.ns = s->world.now + 1,
				   .wall = s->world.wall0 + (int64_t)(s->world.now / SECOND)};
}

/* What `wgq run` does for the machine. */

static void add_path(struct simulation *s, size_t *n, int target, int uplink, bool routed)
{
	struct world *w = &s->world;
	int family = w->target[target].family;

	if (*n == REACH_PATHS_MAX || uplink == NONE || !w->uplink[uplink].carrier)
		return;
	s->paths[s->which][(*n)++] =
		(struct reach_path){.way = {.to = endpoint_of(w, target),
					    .source = source_of(uplink, family),
					    .link = (uint32_t)uplink + 2},
				    .routed = routed};
}

void look(struct simulation *s, bool network)
{
	struct world *w = &s->world;
	size_t n = 0;

	s->which ^= 1;
	for (int t = 0; t < (int)w->targets; t++) {
		int family = w->target[t].family, routed = world_routed(w, family);

		if (!s->listed[t])
			continue;
		add_path(s, &n, t, routed, true);
		for (int u = 0; u < (int)w->uplinks; u++)
			if (u != routed && w->uplink[u].route[family] && w->uplink[u].addr[family])
				add_path(s, &n, t, u, false);
	}
	bool same = n == s->reach.n;

	for (size_t i = 0; same && i < n; i++)
		same = memcmp(&s->reach.paths[i].way, &s->paths[s->which][i].way,
			      sizeof(struct reach_way)) == 0;
	if (!same)
		s->stable = w->now;
	if (network)
		reach_take_change(&s->reach, false, now_of(s));
	reach_take_paths(&s->reach, s->paths[s->which], n, now_of(s));
	if (w->pin_uplink != NONE && !w->uplink[w->pin_uplink].carrier)
		say(s, "  pin leads nowhere");
	s->has_changed = true;
}

void take_host_event(struct world *world, enum event_kind kind)
{
	struct simulation *s = (struct simulation *)world;
	bool found = false;

	if (kind == EVENT_LOOK) {
		look(s, true);
		return;
	}
	/* The network has to work for a name to be found. */
	for (int u = 0; u < (int)world->uplinks; u++)
		found = found || (world->uplink[u].carrier && !world->uplink[u].dead_out &&
				  !world->uplink[u].dead_back &&
				  (world->uplink[u].route[0] || world->uplink[u].route[1]));
	found = found && !world_chance(world, 0.02);
	if (found) {
		memcpy(s->listed, s->named, sizeof(s->listed));
		look(s, false);
	}
	reach_take_names(&s->reach, found, 60, now_of(s));
	s->has_changed = true;
}

void take_answer(struct world *world, const struct packet *packet)
{
	struct simulation *s = (struct simulation *)world;
	enum reach_verdict verdict = REACH_ANSWERED;

	if (world_chance(world, 0.02))
		verdict = world_chance(world, 0.5) ? REACH_ELSEWHERE : REACH_BUSY;
	say(s, "  answer of path %u", packet->path);
	reach_take_answer(&s->reach, packet->path, verdict, now_of(s));
	s->has_changed = true;
}

void read_counters(struct simulation *s)
{
	const struct side *us = &s->world.us;
	struct pulse_reading reading = {
		.rx_bytes = us->rx, .tx_bytes = us->tx, .last_handshake = us->last_handshake};

	if (us->to.known)
		reading.endpoint = endpoint_of(&s->world, us->to.target);
	say(s, "  rx +%llu tx +%llu", (unsigned long long)(us->rx - s->reach.pulse.last.rx_bytes),
	    (unsigned long long)(us->tx - s->reach.pulse.last.tx_bytes));
	reach_take_reading(&s->reach, &reading, now_of(s));
}

/* The properties. */

static bool current_works(const struct simulation *s)
{
	const struct world *w = &s->world;
	int out = world_uplink(w);

	return out != NONE && world_works(w, w->us.to.target, out);
}

/* The rank of the best path that works; REACH_PATHS_MAX: none does. */
static size_t best_rank(const struct simulation *s)
{
	for (size_t i = 0; i < s->reach.n; i++) {
		const struct reach_way *way = &s->reach.paths[i].way;

		if (world_works(&s->world, target_of(&way->to), uplink_of(way)))
			return i;
	}
	return REACH_PATHS_MAX;
}

static size_t true_rank(const struct simulation *s)
{
	const struct world *w = &s->world;

	for (size_t i = 0; i < s->reach.n; i++) {
		const struct reach_way *way = &s->reach.paths[i].way;

		if (w->us.to.known && target_of(&way->to) == w->us.to.target &&
		    uplink_of(way) == world_uplink(w))
			return i;
	}
	return REACH_PATHS_MAX;
}

static uint64_t latest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A peer with a path that works is reached within 30 s of the first packet. A death in the middle
 * of a conversation may take a keepalive's time more to show, and the next packet. Where a change
 * that nobody reports comes in the middle of a long search, the paths are asked one after the
 * other. */
static void check_reached(struct simulation *s)
{
	struct world *w = &s->world;
	uint64_t limit = 30 * SECOND, from = latest(latest(s->began, s->stable), w->waiting);

	/* One path and no name leave nothing to decide: there it is not seen where a peer has
	 * roamed.
	 */
	if (s->reach.n == 1 && !s->has_names &&
	    target_of(&s->reach.paths[0].way.to) != w->us.to.target)
		s->excused = w->now;
	/* A peer that calls in vain leads our kernel back each time, and keeps it from calling for
	 * 5 s: only a probe is a way out. */
	if (s->reach.blind && pulse_is_rebuffed(&s->reach.pulse, 1))
		s->excused = w->now;
	/* Where a peer has roamed to where no packet can be sent, only a probe tells. */
	if (s->reach.blind && !s->reach.current && world_uplink(w) == NONE)
		s->excused = w->now;
	from = latest(from, s->excused);
	if (!w->waiting || !w->app_every[0] || best_rank(s) == REACH_PATHS_MAX || !w->us.up)
		return;
	if (s->began < s->stable)
		limit += 7 * SECOND + w->app_every[0];
	/* A session of the kernel's that was not complete when its path died: until it is renewed.
	 */
	if (w->lost_at && w->now - w->lost_at < 180 * SECOND)
		return;
	if (s->reach.tried > s->stable)
		limit += 45 * SECOND;
	/* One path is used after the other; and who hears the peer sees that the peer does not hear
	 * us only by the kernel's next handshake. */
	if (s->reach.blind)
		limit += (s->reach.n + 1) * 12 * SECOND + 180 * SECOND;
	if (w->loss > 0)
		limit = limit * (w->loss > 0.02 ? 30 : 13) / 10;
	/* Where an answer is lost, the path is asked again when all the others were. */
	if (s->searched)
		limit += (s->reach.n + 1) * (s->reach.blind ? 45 : 30) * SECOND *
			 (w->loss == 0     ? 1
			  : w->loss > 0.02 ? 6
					   : 3);
	/* The other responder does not know the session, which is in use until it has run out. The
	 * former one may call in vain for another 90 s, and keeps our kernel from calling: it waits
	 * for 5 s after each answer. */
	if (w->others)
		limit += (180 + 90) * SECOND;
	if (w->now > from + limit)
		fail(s, "not reached for %.1f s, phase %u", (double)(w->now - from) / 1e9,
		     s->reach.phase);
}

/* In the end the best path that works is used, if the peer is spoken to. Each of the better ones
 * is asked once or thrice, one after the other. It is left only where packets are lost, for a
 * while.
 */
static void check_preferred(struct simulation *s)
{
	struct world *w = &s->world;
	size_t best = best_rank(s), is = true_rank(s);
	uint64_t limit = (500 + 100 * s->reach.n) * SECOND, from = latest(s->stable, s->began);

	if (best == REACH_PATHS_MAX || is == REACH_PATHS_MAX || is == best)
		s->preferred = w->now;
	if (w->loss > 0)
		from = latest(from, s->preferred);
	/* Who is blind sees a better path only when the present one is silent. */
	if (s->reach.blind || w->others || w->now - from < limit || w->loss > 0.01 ||
	    !w->app_every[0])
		return;
	if (best != REACH_PATHS_MAX && is != REACH_PATHS_MAX && is != best)
		fail(s, "uses path %zu instead of %zu", is, best);
}

/* How often something happens in a time that slides. */
static void check_often(struct simulation *s, size_t which, uint64_t span, unsigned most,
			const char *what)
{
	if (s->world.now - s->window_at[which] > span) {
		s->window_at[which] = s->world.now;
		s->in_window[which] = 0;
	}
	if (++s->in_window[which] > most)
		fail(s, "%s more than %u times", what, most);
}

static void check_probe(struct simulation *s, const struct reach_action *action)
{
	struct world *w = &s->world;

	if (s->reach.blind)
		fail(s, "a probe though none can be sent");
	if (s->reach.phase == REACH_WATCH && !s->reach.follow) {
		if (s->probed && w->now - s->probed < 15 * SECOND)
			fail(s, "routine probes %.1f s apart", (double)(w->now - s->probed) / 1e9);
		s->probed = w->now;
	}
	(void)action;
	/* One in 5 s, and the rounds of a search: at most one such in 15 s. */
	if (s->reach.n > s->most_paths)
		s->most_paths = s->reach.n;
	check_often(s, 0, 60 * SECOND, 12 + 5 * (3 * (unsigned)s->most_paths + 3),
		    "probes a minute");
	check_often(s, 1, 3600 * SECOND, 3600 / 5 + 60 * 3 * (unsigned)REACH_PATHS_MAX,
		    "probes an hour");
}

static void check_switch(struct simulation *s, const struct reach_action *action)
{
	const struct world *w = &s->world;
	int target = target_of(&action->way.to), uplink = uplink_of(&action->way);
	bool same = !w->us.to.known ||
		    (target == w->us.to.target && (uplink < 0 || uplink == world_uplink(w)));

	if (same || uplink < 0)
		return;
	s->switches++;
	/* Who is blind tries a path by using it. */
	check_often(s, 2, 3600 * SECOND, s->reach.blind ? 300 : 120, "switches an hour");
	/* Who is blind knows only of a path that packets have just come by, both ways; and two
	 * handshakes that are lost in a row look like its death. */
	if (s->reach.blind &&
	    (w->loss > 0 || latest(s->stable, w->now - 10 * SECOND) >= w->received ||
	     latest(s->stable, w->now - 10 * SECOND) >= w->delivered))
		return;
	if (current_works(s) && w->now - s->stable > 3 * SECOND && !world_works(w, target, uplink))
		fail(s, "switch from a path that works to one that does not: %s",
		     reach_reason_text(action->reason));
}

/* Does what the machine says; until when it waits then. */
static uint64_t act(struct simulation *s)
{
	static const char *kinds[] = {"wait", "read",  "probe", "set",
				      "pin",  "unpin", "poke",  "resolve"};
	struct world *w = &s->world;

	s->has_changed = false;
	for (;;) {
		struct reach_action action = reach_next(&s->reach, now_of(s));

		if (action.kind != REACH_WAIT && action.kind != REACH_READ)
			say(s, "%s target %d uplink %d id %u phase %u: %s", kinds[action.kind],
			    target_of(&action.way.to), uplink_of(&action.way), action.id,
			    s->reach.phase, reach_reason_text(action.reason));
		switch (action.kind) {
		case REACH_WAIT:
			return action.at;
		case REACH_READ:
			read_counters(s);
			break;
		case REACH_PROBE:
			check_probe(s, &action);
			world_probe(w, target_of(&action.way.to),
				    action.way.link ? uplink_of(&action.way) : NONE, action.id,
				    action.poke);
			break;
		case REACH_SET:
			check_switch(s, &action);
			s->sets++;
			world_set_endpoint(w, target_of(&action.way.to), action.times,
					   action.apart_ms);
			break;
		case REACH_PIN:
			w->pin_target = target_of(&action.way.to);
			w->pin_uplink = uplink_of(&action.way);
			break;
		case REACH_UNPIN:
			w->pin_target = w->pin_uplink = NONE;
			break;
		case REACH_POKE:
			world_poke(w);
			break;
		case REACH_RESOLVE:
			world_push(w, (20 + world_random(w, 180)) * MS,
				   (struct event){.kind = EVENT_NAMES});
			break;
		}
	}
}

/* Nobody has spoken for ten minutes, or called, and nothing has changed. */
static bool is_idle(const struct simulation *s)
{
	const struct world *w = &s->world;

	return w->us.up && !w->app_every[0] && !w->app_every[1] && !w->us.keepalive &&
	       w->now - latest(s->stable, latest(w->delivered, w->received)) > 600 * SECOND &&
	       w->now - s->reach.pulse.rebuffed > 600 * SECOND;
}

/* While nothing happens it wakes up every 5 s at most; with one path, and no name, never. */
static void check_wake(struct simulation *s)
{
	s->idle_wakes++;
	if (!s->has_names && s->reach.n == 1 && s->reach.current)
		fail(s, "woken for nothing");
	if (s->idle_wakes * 5 * SECOND > s->idle + 100 * SECOND)
		fail(s, "woken %llu times in %.0f s", (unsigned long long)s->idle_wakes,
		     (double)s->idle / 1e9);
}

void run_until(struct simulation *s, uint64_t until)
{
	struct world *w = &s->world;

	while (w->now < until) {
		uint64_t before = w->now, to = w->us.up && s->wake < until ? s->wake : until;
		bool idle = is_idle(s);

		to = to > w->now ? to : w->now + 1;
		while (world_step(w, to) && !s->has_changed)
			;
		s->idle += idle ? w->now - before : 0;
		if (!w->us.up)
			continue;
		if (!s->has_changed && w->now >= s->wake) {
			s->wakes++;
			if (idle)
				check_wake(s);
		}
		s->wake = act(s);
		check_reached(s);
		check_preferred(s);
	}
}
