// SPDX-License-Identifier: GPL-2.0-or-later
// Random networks, and what has to hold in each of them.
//
// usage: simulation [NETWORKS [HOURS [FIRST-SEED]]]	each network for HOURS
//        simulation -v SEED [HOURS]			one, and what is done in it
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct simulation {
	struct world world;
	struct reach reach;
	struct reach_path paths[2][REACH_PATHS_MAX];
	unsigned which;
	uint64_t seed;
	bool verbose, has_changed;

	bool listed[ADDRS]; /* by the names, as last asked */
	bool named[ADDRS];  /* by the names, as they are */
	bool has_names;
	bool were_routed[UPLINKS][2];

	/* What the properties need. */
	uint64_t began;  /* our packets, without a pause */
	uint64_t stable; /* nothing has changed since then */
	bool searched;   /* the last change was in the middle of a search */
	uint64_t probed; /* last routine probe */
	uint64_t wakes, idle_wakes, idle;
	uint64_t window_at[3];
	unsigned in_window[3];
	unsigned returns;
	uint64_t sets, switches;
	unsigned failed;
	size_t most_paths;
};

static unsigned failures;

static void say(struct simulation *s, const char *format, ...)
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

static void fail(struct simulation *s, const char *format, ...)
{
	va_list args;

	if (s->failed++)
		return;
	failures++;
	printf("seed %llu at %.3f s: ", (unsigned long long)s->seed, (double)s->world.now / 1e9);
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

static struct reach_time now_of(const struct simulation *s)
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

static void look(struct simulation *s, bool network)
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

static void take_host_event(struct world *world, enum event_kind kind)
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

static void take_answer(struct world *world, const struct packet *packet)
{
	struct simulation *s = (struct simulation *)world;
	enum reach_verdict verdict = REACH_ANSWERED;

	if (world_chance(world, 0.02))
		verdict = world_chance(world, 0.5) ? REACH_ELSEWHERE : REACH_BUSY;
	say(s, "  answer of path %u", packet->path);
	reach_take_answer(&s->reach, packet->path, verdict, now_of(s));
	s->has_changed = true;
}

static void do_read(struct simulation *s)
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
 * of a conversation may take a keepalive's time more to show. Where a change that nobody reports
 * comes in the middle of a long search, the paths are asked one after the other. */
static void check_reached(struct simulation *s)
{
	struct world *w = &s->world;
	uint64_t limit = 30 * SECOND, from = latest(latest(s->began, s->stable), w->delivered);

	if (!w->app_every[0] || best_rank(s) == REACH_PATHS_MAX || !w->us.up)
		return;
	if (s->began < s->stable)
		limit += 5 * SECOND;
	/* A session of the kernel's that was not complete when its path died: until it is renewed.
	 */
	if (w->lost_at && w->now - w->lost_at < 180 * SECOND)
		return;
	if (s->reach.tried > s->stable)
		limit += 45 * SECOND;
	if (s->searched)
		limit += (s->reach.n + 1) * 30 * SECOND;
	if (w->loss > 0)
		limit = limit * (w->loss > 0.02 ? 30 : 13) / 10;
	/* The other responder does not know the session, which is in use until it has run out. */
	if (w->others)
		limit += 180 * SECOND;
	if (w->now > from + limit)
		fail(s, "not reached for %.1f s, phase %d", (double)(w->now - from) / 1e9,
		     s->reach.phase);
}

/* In the end the best path that works is used, if the peer is spoken to. */
static void check_preferred(struct simulation *s)
{
	struct world *w = &s->world;

	if (w->others || w->now - s->stable < 1000 * SECOND || w->loss > 0.01 || !w->app_every[0] ||
	    w->now - s->began < 1000 * SECOND)
		return;
	size_t best = best_rank(s), is = true_rank(s);

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

	if (s->reach.phase == REACH_WATCH) {
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
	check_often(s, 2, 3600 * SECOND, 120, "switches an hour");
	if (current_works(s) && w->now - s->stable > 3 * SECOND && !world_works(w, target, uplink))
		fail(s, "switch from a path that works to one that does not: %s",
		     reach_reason_text(action->reason));
}

static void act(struct simulation *s)
{
	static const char *kinds[] = {"wait", "read",  "probe", "set",
				      "pin",  "unpin", "poke",  "resolve"};
	struct world *w = &s->world;

	s->has_changed = false;
	for (;;) {
		struct reach_action action = reach_next(&s->reach, now_of(s));

		if (action.kind != REACH_WAIT && action.kind != REACH_READ)
			say(s, "%s target %d uplink %d id %u phase %d: %s", kinds[action.kind],
			    target_of(&action.way.to), uplink_of(&action.way), action.id,
			    s->reach.phase, reach_reason_text(action.reason));
		switch (action.kind) {
		case REACH_WAIT:
			return;
		case REACH_READ:
			do_read(s);
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
			world_set_endpoint(w, target_of(&action.way.to), action.times > 1 ? 50 : 1);
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

static uint64_t next_wake(struct simulation *s)
{
	struct reach copy = s->reach;

	return reach_next(&copy, now_of(s)).at;
}

static void run_until(struct simulation *s, uint64_t until)
{
	struct world *w = &s->world;

	while (w->now < until) {
		uint64_t wake = next_wake(s), to = wake < until ? wake : until;

		to = to > w->now ? to : w->now + 1;
		while (world_step(w, to) && !s->has_changed)
			;
		if (!w->us.up)
			continue;
		if (!s->has_changed && w->now >= wake) {
			s->wakes++;
			if (!w->app_every[0] && !w->app_every[1] && !w->us.keepalive &&
			    w->now - latest(s->stable, latest(w->delivered, w->received)) >
				    600 * SECOND)
				s->idle_wakes++;
		}
		act(s);
		check_reached(s);
		check_preferred(s);
	}
	if (!w->app_every[0] && !w->us.keepalive)
		s->idle += 1;
}

/* The world changes. */

static void set_app(struct simulation *s, int side)
{
	static const uint64_t every[] = {200 * MS, 500 * MS, 1000 * MS, 1000 * MS};
	struct world *w = &s->world;
	uint64_t pace = world_chance(w, 0.5) ? 0 : every[world_random(w, 4)];

	if (side == 0 && pace && !w->app_every[0])
		s->began = w->now;
	if (side)
		s->stable = w->now;
	world_app(w, side, pace);
	say(s, "CHANGE app of %d every %llu ms", side, (unsigned long long)(pace / MS));
}

static void toggle_carrier(struct simulation *s, int u)
{
	struct uplink *link = &s->world.uplink[u];

	link->carrier = !link->carrier;
	for (int family = 0; family < 2 && !s->world.linkdown_stays; family++) {
		if (!link->carrier)
			s->were_routed[u][family] = link->route[family];
		link->route[family] = link->carrier && s->were_routed[u][family];
	}
	say(s, "CHANGE carrier of %d is %d", u, link->carrier);
}

static void heal(struct simulation *s)
{
	struct world *w = &s->world;

	for (int u = 0; u < (int)w->uplinks; u++) {
		struct uplink *link = &w->uplink[u];

		link->dead_out = link->dead_back = false;
		if (!link->carrier)
			toggle_carrier(s, u);
		for (int family = 0; family < 2; family++)
			link->route[family] = link->route[family] || link->addr[family];
		for (int t = 0; t < (int)w->targets; t++)
			w->target[t].dead[u] = false;
	}
	for (int r = 0; r < RESPONDERS; r++)
		w->peer[r].up = true;
	say(s, "CHANGE all is well");
}

/* The peer answers at another address from now on, and sends from there. */
static void roam(struct simulation *s)
{
	struct world *w = &s->world;
	int from = w->us.to.target, to = (int)world_random(w, w->targets);

	if (!w->us.to.known || w->target[from].family != w->target[to].family)
		return;
	w->target[to].responder = w->target[from].responder;
	struct side *peer = &w->peer[w->target[to].responder];

	for (int u = 0; u < (int)w->uplinks; u++) {
		w->target[from].dead[u] = from != to;
		w->target[to].dead[u] = false;
	}
	peer->to.target = to;
	say(s, "CHANGE roams from %d to %d", from, to);
}

static void sleep_for(struct simulation *s, uint64_t time)
{
	struct world *w = &s->world;
	uint64_t until = w->now + time;

	say(s, "CHANGE sleeps for %llu s", (unsigned long long)(time / SECOND));
	w->us.up = false;
	world_forget_sessions(w, 0);
	run_until(s, until);
	w->us.up = true;
	reach_take_change(&s->reach, true, now_of(s));
	look(s, true);
}

static void change(struct simulation *s)
{
	struct world *w = &s->world;
	int u = (int)world_random(w, w->uplinks), t = (int)world_random(w, w->targets);
	int family = (int)world_random(w, 2), r = w->target[t].responder;
	struct uplink *link = &w->uplink[u];
	bool reported = false;

	s->searched = s->reach.phase == REACH_SEARCH && w->now - s->reach.since > SECOND;
	switch (world_random(w, 16)) {
	case 0:
		link->dead_out = !link->dead_out;
		say(s, "CHANGE out by %d dead %d", u, link->dead_out);
		break;
	case 1:
		link->dead_back = !link->dead_back;
		say(s, "CHANGE back by %d dead %d", u, link->dead_back);
		break;
	case 2:
		link->dead_out = link->dead_back = !link->dead_back;
		say(s, "CHANGE uplink %d dead %d", u, link->dead_back);
		break;
	case 3:
		toggle_carrier(s, u);
		reported = true;
		break;
	case 4:
		link->route[family] = !link->route[family];
		say(s, "CHANGE route of %d family %d is %d", u, family, link->route[family]);
		reported = true;
		break;
	case 5:
		link->addr[family] = !link->addr[family];
		say(s, "CHANGE address of %d family %d is %d", u, family, link->addr[family]);
		reported = true;
		break;
	case 6:
		link->mapping++;
		say(s, "CHANGE mapping of %d", u);
		break;
	case 7:
		w->peer[r].up = !w->peer[r].up;
		world_forget_sessions(w, 1 + r);
		w->peer[r].to.known = false;
		say(s, "CHANGE responder %d up %d", r, w->peer[r].up);
		break;
	case 8:
		w->target[t].dead[u] = !w->target[t].dead[u];
		say(s, "CHANGE target %d by %d dead %d", t, u, w->target[t].dead[u]);
		break;
	case 9:
		s->named[t] = !s->named[t] || !s->has_names;
		say(s, "CHANGE target %d named %d", t, s->named[t]);
		break;
	case 10:
		roam(s);
		break;
	case 11:
		link->metric = (unsigned)world_random(w, 1000) * UPLINKS + (unsigned)u;
		say(s, "CHANGE metric of %d is %u", u, link->metric);
		reported = true;
		break;
	case 12:
		sleep_for(s, (10 + world_random(w, world_chance(w, 0.2) ? 3600 : 60)) * SECOND);
		break;
	default:
		heal(s);
		reported = true;
		break;
	}
	if (reported)
		world_push(w, 200 * MS, (struct event){.kind = EVENT_LOOK});
	s->stable = w->now;
}

static void build(struct simulation *s)
{
	struct world *w = &s->world;
	static const uint64_t delays[] = {1 * MS, 10 * MS, 25 * MS, 100 * MS, 300 * MS};
	static const double losses[] = {0, 0, 0, 0.01, 0.05};

	w->random = s->seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	w->wall0 = 1700000000;
	w->answer = take_answer;
	w->host = take_host_event;
	w->uplinks = 1 + (unsigned)world_random(w, UPLINKS);
	w->targets = 1 + (unsigned)world_random(w, ADDRS);
	w->rules_by_source = world_chance(w, 0.5);
	w->userspace = world_chance(w, 0.2);
	w->linkdown_stays = world_chance(w, 0.5);
	w->loss = losses[world_random(w, 5)];
	w->delay = delays[world_random(w, 5)];
	w->jitter = w->delay / 10;
	w->app_size = 128;
	w->pin_target = w->pin_uplink = NONE;
	w->us.up = true;
	w->us.to.uplink = NONE;
	if (world_chance(w, 0.5))
		w->us.keepalive = w->us.keepalive_at = 25 * SECOND;
	bool has[2] = {true, world_chance(w, 0.6)};

	for (int u = 0; u < (int)w->uplinks; u++)
		w->uplink[u] = (struct uplink){.carrier = true,
					       .addr = {has[0], has[1]},
					       .route = {has[0], has[1]},
					       .metric = (unsigned)u * 100,
					       .filters = world_chance(w, 0.5),
					       .nat = world_chance(w, 0.3)};
	unsigned responders = world_chance(w, 0.2) ? RESPONDERS : 1;

	w->others = responders > 1;
	for (int t = 0; t < (int)w->targets; t++) {
		w->target[t] = (struct target){.family = has[1] ? (int)world_random(w, 2) : 0,
					       .responder = (int)world_random(w, responders)};
		s->named[t] = world_chance(w, 0.8) || t == 0;
	}
	memcpy(s->listed, s->named, sizeof(s->listed));
	for (int r = 0; r < RESPONDERS; r++) {
		w->peer[r].up = true;
		if (!w->others && world_chance(w, 0.3))
			w->peer[r].keepalive = 25 * SECOND;
	}
	s->has_names = world_chance(w, 0.5);
	world_set_endpoint(w, 0, 1);
	w->now = SECOND;
	reach_init(&s->reach, s->has_names, now_of(s));
	do_read(s);
	look(s, false);
	set_app(s, 0);
	set_app(s, 1);
	if (w->us.keepalive)
		world_poke(w);
}

static struct simulation simulate(uint64_t seed, double hours, bool verbose)
{
	static const uint64_t paces[] = {10, 60, 300, 1200, 3000};
	static struct simulation s;

	memset(&s, 0, sizeof(s));
	s.seed = seed;
	s.verbose = verbose;
	build(&s);
	uint64_t pace = paces[world_random(&s.world, 5)];
	uint64_t end = (uint64_t)(hours * 3600) * SECOND;

	while (s.world.now < end) {
		uint64_t wait = world_random(&s.world, 2 * pace * SECOND);

		run_until(&s, s.world.now + wait);
		if (world_chance(&s.world, 0.3)) {
			int side = (int)world_random(&s.world, 1 + RESPONDERS);

			set_app(&s, side);
		} else {
			change(&s);
		}
	}
	return s;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 2 && strcmp(argv[1], "-v") == 0;
	unsigned long networks = argc > 1 && !verbose ? strtoul(argv[1], NULL, 10) : 4000;
	double hours = argc > (verbose ? 3 : 2) ? strtod(argv[verbose ? 3 : 2], NULL) : 1;
	uint64_t first = argc > 3 && !verbose ? strtoull(argv[3], NULL, 10) : 1;
	uint64_t probes = 0, switches = 0, packets = 0, wakes = 0, lost = 0, broken = 0;

	if (verbose) {
		first = strtoull(argv[2], NULL, 10);
		networks = 1;
	}
	for (unsigned long i = 0; i < networks; i++) {
		struct simulation s = simulate(first + i, hours, verbose);

		probes += s.world.probes;
		switches += s.switches;
		packets += s.world.packets;
		wakes += s.wakes;
		lost += s.world.lost_sessions;
		broken += s.world.broken_sessions;
	}
	/* Of the kernel's handshakes hardly one is broken. */
	if ((double)broken * 100 > (double)networks * hours + 100)
		failures++;
	printf("%lu networks, %.0f hours: %llu packets, %llu probes, %llu switches, %llu wake-ups, "
	       "%llu sessions lost to a probe, %llu on a path that works, %u failures\n",
	       networks, (double)networks * hours, (unsigned long long)packets,
	       (unsigned long long)probes, (unsigned long long)switches, (unsigned long long)wakes,
	       (unsigned long long)lost, (unsigned long long)broken, failures);
	return failures ? 1 : 0;
}
