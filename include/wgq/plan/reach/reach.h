/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which endpoint of a peer to use, from which source, and what to do next. Pure: events and the
 * clock go in, actions come out. `wgq run` (cmd/run) calls it, and carries the actions out.
 *
 *	reach_init(&reach, has_names, now);
 *	reach_take_reading(&reach, &reading, now);	before the first paths, if the device is up
 *	reach_take_paths(&reach, paths, n, now);	when names are resolved, and when addresses,
 *							routes, rules or links have changed
 *	reach_take_...					whatever else happens
 *	while ((action = reach_next(&reach, now)).kind != REACH_WAIT)
 *		do it;					after each of these, and at action.at
 *
 * Nothing is allocated here: the array of paths is the caller's. A peer with one path and without a
 * name leaves nothing to decide: it waits for ever, until its paths change.
 *
 *	reach.c		what happens to a peer, and where it leads
 *	next.c		what to do next
 *	moves.c		from phase to phase, and from path to path
 *	paths.c		what is known of each path
 *	pulse.c		what the counters tell
 *	candidates.c	the endpoints in their order
 *
 * Theory of operation
 *
 * A path is an endpoint of the peer and a way to it: a source address, and the link that packets
 * leave by. The list has the best first: the endpoints in their order (candidates.h), each first by
 * the way of the routes (`routed`), then by every other link that leads there. The current path is
 * the one that the kernel is believed to use. It tells which endpoint it uses, but not the source,
 * which is that of the last packet that came, or by the routes after the endpoint was set. So while
 * the current path is not routed it is pinned: a rule of ours leads the packets to this endpoint
 * into a table of that link. The pin of a path that is routed stays a while after a switch.
 *
 *	REACH_ABSENT	There is no path: no name is resolved yet, or the network is away. Names are
 *			asked again at growing distances. The first list of paths leads to WATCH.
 *	REACH_WATCH	The peer is taken to be reachable. Its counters are read now and then
 *			(pulse.h). A peer that is silent though it is spoken to leads to DOUBT, as
 *			does now and then a session that is idle. Better paths than the current one
 *			are probed; one that has answered several times over a growing time becomes
 *			the current one: make before break.
 *	REACH_DOUBT	The current path is probed three times, a second apart. An answer leads back
 *			to WATCH, and so does a packet of the peer until a second probe is needed.
 *			If the path answers while the kernel hears nothing though an answer is
 *			overdue, the kernel does not use it: it is set again, pinned.
 *			Without an answer, or with a second handshake of the kernel's in vain, to
 *			SEARCH.
 *	REACH_SEARCH	The current path is dead. Names are asked again. All paths are probed in
 *			order, 250 ms apart, in three rounds, then one path at a time at growing
 *			distances while the peer is spoken to. The best one that has answered within
 *			a second of the first answer becomes the current one: WATCH. So does the
 *			present one when a packet of the peer comes after all.
 *
 * Where the routes turn to another way to the same endpoint, that one is asked at once, and
 * followed if it answers. If it was left a short time ago, it has to answer for as long as any
 * better path.
 *
 * The current path vanishes from the list when its address, route or carrier goes. Where the routes
 * lead to the same endpoint in another way, the kernel is to go there (a set); else SEARCH. When it
 * vanishes because the names have changed, SEARCH finds another while it is still in use.
 *
 * An endpoint in the kernel that is no candidate, of a peer that is heard, has roamed: it is left
 * alone until it is silent.
 *
 * A probe is a handshake, and has effects on the peer. None is sent in the seconds in which it
 * could break a handshake of the kernel's, unless that cannot arrive. Where no probe can be sent
 * (`blind`), SEARCH uses one path after the other until a packet comes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/addr.h"
#include "wgq/net/wg.h"
#include "wgq/plan/reach/pulse.h"

#define REACH_SECOND UINT64_C(1000000000)
#define REACH_NEVER  UINT64_MAX

/* A moment. */
struct reach_time {
	uint64_t ns;  /* a clock that is never set, and not 0 */
	int64_t wall; /* seconds since the epoch, for the ages of handshakes */
};

struct reach_way {
	union endpoint to;
	struct addr source; /* family 0: as the kernel chooses */
	uint32_t link;      /* index; 0: as the kernel chooses */
};

struct reach_path {
	struct reach_way way;
	bool routed; /* a look-up without a source leads here */

	/* Private; zero in a new list. Moments are in ns, 0: never. */
	uint32_t id;
	uint32_t asks;    /* on SEARCH: in this search */
	uint32_t answers; /* in a row, but for one miss in eight */
	uint32_t misses;
	uint64_t since;    /* the first of these */
	uint64_t asked;    /* last */
	uint64_t answered; /* last */
	uint64_t used;     /* since when it is, or was, the current one */
	uint64_t left;     /* last, because it was dead, or the routes had turned away */
	uint64_t pause;    /* from one routine probe to the next */
	uint64_t hold;     /* it is returned to when it has answered for this long */
};

/* More paths than these are cut off by the caller. */
enum { REACH_PATHS_MAX = 32 };

enum reach_phase { REACH_ABSENT, REACH_WATCH, REACH_DOUBT, REACH_SEARCH };

enum reach_verdict {
	REACH_ANSWERED,
	REACH_ELSEWHERE,  /* the answer came to another address: ask again */
	REACH_BUSY,       /* under load: something answers there */
	REACH_OTHER_KEYS, /* it answers, but no session can come of it */
	REACH_REFUSED,    /* nothing listens there, no way there, or it could not be sent */
	REACH_SILENT,     /* known from the clock, too */
};

enum reach_reason {
	REACH_ROUTINE,     /* no line for the log */
	REACH_IS_FIRST,    /* the peer has no endpoint yet */
	REACH_IS_LOST,     /* the kernel has another endpoint than was set */
	REACH_IS_GONE,     /* the former path has lost its address, route or carrier */
	REACH_IS_SILENT,   /* the former path is silent, and this one answers */
	REACH_IS_BETTER,   /* it is preferred, and has answered for some time */
	REACH_IS_ASTRAY,   /* this path answers, but the kernel hears nothing */
	REACH_IS_NEXT,     /* blind: the former path is silent, so the next one is tried */
	REACH_IS_UNROUTED, /* the routes lead to the endpoint in another way */
	REACH_IS_ROUTED,   /* the routes lead there again, or do so anyway */
	REACH_IS_UNHEARD,  /* nothing is heard of the peer */
};
/* A short clause, static. */
const char *reach_reason_text(enum reach_reason reason);

enum reach_action_kind {
	/* Until `at`, REACH_NEVER: until something happens. */
	REACH_WAIT,
	/* Read the peer's counters and call reach_take_reading(). One reading serves all peers of
	 * the device, and keeps them in step: pass it to each that has been read within a second.
	 */
	REACH_READ,
	/* Ask once by `way`, wait REACH_ANSWER_MS, and call reach_take_answer() with `id`. Where
	 * `poke`, poke the peer PROBE_POKE_MS after sending (sys/probe/probe.h). */
	REACH_PROBE,
	/* Set `way.to` as the endpoint: `times` times, REACH_SET_APART_MS apart. Packets of the
	 * peer that are still on another path would put that in its place. An earlier series for
	 * the peer ends. */
	REACH_SET,
	/* Lead packets to `way.to` into the table of `way.link`, instead of the peer's former pin.
	 */
	REACH_PIN,
	/* Remove the peer's pin, which is `way`. */
	REACH_UNPIN,
	/* Make the kernel send at once. */
	REACH_POKE,
	/* Ask for the peer's names and call reach_take_names(). */
	REACH_RESOLVE,
};
enum { REACH_ANSWER_MS = 3000, REACH_SET_TIMES = 200, REACH_SET_APART_MS = 2 };

struct reach_action {
	enum reach_action_kind kind;
	enum reach_reason reason;
	uint64_t at;
	struct reach_way way;
	uint32_t id;
	unsigned times, apart_ms;
	bool poke;
};

struct reach {
	/* For callers to read. */
	enum reach_phase phase;
	enum reach_reason reason; /* of the last switch or search */
	struct reach_path *paths; /* borrowed */
	size_t n;
	uint32_t current;        /* id of a path; 0: what the kernel uses is none of them */
	union endpoint endpoint; /* as set, or as last read; sa_family 0: none */
	struct reach_way pin;    /* link 0: none */
	struct pulse pulse;

	/* For callers to set at any time. */
	bool has_names;
	bool blind;     /* probes cannot be sent */
	bool userspace; /* as wireguard-go, which heeds no pin once it has a source */
	/* Many peers of one device take turns, so that it costs little when all are silent. */
	uint64_t turn;  /* no probe and no question for names before */
	uint32_t crowd; /* how many peers are looked for: the more, the more seldom each */
	uint8_t spread; /* any number that differs between peers: they do not go in step */

	/* Private. Moments are in ns, 0: never. */
	bool leaves;   /* the current endpoint was a candidate, and is none any more */
	bool cut;      /* on SEARCH: nothing arrives by the current path */
	uint8_t doubt; /* on DOUBT: why */
	bool unsure;   /* whether the kernel uses the current path */
	bool masked;   /* on SEARCH: the peer is heard, it is not known by which path */
	uint8_t todo;  /* actions that wait to be said */
	uint8_t asks;  /* on DOUBT */
	uint8_t follow_asks;
	uint32_t follow; /* id of the path that the routes have turned to; 0: none */
	uint16_t times;  /* of the set that waits */
	uint32_t last_id;
	uint64_t since;     /* the phase began */
	uint64_t switched;  /* the endpoint was set last */
	uint64_t probed;    /* any path, last */
	uint64_t tried;     /* a better path, last */
	uint64_t hold_at;   /* after that: the endpoint is set again */
	uint64_t verify_at; /* no doubt whether the kernel uses the path before */
	uint64_t asked;     /* on DOUBT: the current path */
	uint64_t changed;   /* the network, last */
	uint64_t resolved;  /* the names were asked last */
	uint64_t sealed;    /* no probe before */
	uint64_t doubt_at;  /* no DOUBT before */
	uint64_t decide_at; /* on SEARCH: a second after the first answer */
	uint64_t read_at, poke_at, unpin_at, resolve_at;
	uint64_t pause; /* on SEARCH: between two probes after the rounds */
	uint64_t doubt_pause, verify_pause, resolve_pause;
};

void reach_init(struct reach *reach, bool has_names, struct reach_time now);

/* The paths of now, by preference, borrowed until the next call; it takes over what is known of the
 * former ones, which may be freed then. A link that has no carrier leads nowhere: leave it out. */
void reach_take_paths(struct reach *reach, struct reach_path *paths, size_t n,
		      struct reach_time now);
/* Links, addresses, routes or rules have changed, or the host was suspended and has `resumed`: call
 * it before reach_take_paths(). What was silent is asked again soon. */
void reach_take_change(struct reach *reach, bool resumed, struct reach_time now);
/* What the device says of the peer, asked for or not. */
void reach_take_reading(struct reach *reach, const struct pulse_reading *reading,
			struct reach_time now);
void reach_take_answer(struct reach *reach, uint32_t id, enum reach_verdict verdict,
		       struct reach_time now);
/* The names were asked; `ttl` in seconds. Not found: one of them was not. Their addresses are told
 * by reach_take_paths(). */
void reach_take_names(struct reach *reach, bool found, uint32_t ttl, struct reach_time now);

struct reach_action reach_next(struct reach *reach, struct reach_time now);

/* Whether there is anything to decide, or was just now. */
bool reach_is_watched(const struct reach *reach, struct reach_time now);
/* NULL: it is none of the paths. */
const struct reach_path *reach_current(const struct reach *reach);
