// SPDX-License-Identifier: GPL-2.0-or-later
// Random networks, and what has to hold in each of them.
//
// usage: simulation [NETWORKS [HOURS [FIRST-SEED [SLOW]]]]	each network for HOURS; all that
// others
//							do takes SLOW times as long
//        simulation -v SEED [HOURS]			one, and what is done in it
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation.h"

/* The world changes. */

static void set_app(struct simulation *s, int side)
{
	static const uint64_t every[] = {200 * MS, 500 * MS, 1000 * MS, 1000 * MS};
	struct world *w = &s->world;
	uint64_t pace = world_chance(w, 0.5) ? 0 : every[world_random(w, 4)] * s->slow;

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
	world_set_endpoint(w, 0, 1, 0);
	w->now = SECOND;
	reach_init(&s->reach, s->has_names, now_of(s));
	s->reach.userspace = w->userspace;
	s->reach.blind = world_chance(w, 0.1);
	read_counters(s);
	look(s, false);
	set_app(s, 0);
	set_app(s, 1);
	if (w->us.keepalive)
		world_poke(w);
}

static struct simulation simulate(uint64_t seed, double hours, unsigned slow, bool verbose)
{
	static const uint64_t paces[] = {10, 60, 300, 1200, 3000};
	static struct simulation s;

	memset(&s, 0, sizeof(s));
	s.seed = seed;
	s.slow = slow;
	s.verbose = verbose;
	build(&s);
	uint64_t pace = paces[world_random(&s.world, 5)] * slow;
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
	unsigned slow = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1;
	uint64_t probes = 0, switches = 0, packets = 0, wakes = 0, lost = 0, broken = 0;

	if (verbose) {
		first = strtoull(argv[2], NULL, 10);
		networks = 1;
	}
	for (unsigned long i = 0; i < networks; i++) {
		struct simulation s = simulate(first + i, hours, slow, verbose);

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
