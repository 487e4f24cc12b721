/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which endpoint of a peer to use, from which source, and what to do next. Pure: events and the
 * clock go in, actions come out. `wgq run` (cmd/run) calls it, and carries the actions out.
 *
 *	reach_init(&reach, has_names, now);
 *	reach_take_paths(&reach, paths, n, now);	when the names are known, and when
 *addresses, routes, rules or links have changed reach_take_reading(), reach_take_answer(), ... what
 *else happens
 *	for (;;) {					after each of these, and at the time waited
 *for action = reach_next(&reach, now); if (action.kind == REACH_WAIT)
 *			break;				until action.at, or the next event
 *		do it;
 *	}
 *
 * Nothing is allocated here: the array of paths is the caller's. A peer with one path and no name
 * leaves nothing to decide: it waits for ever, until its paths change.
 *
 * Theory of operation
 *
 * A path is an endpoint of the peer and a way to it: a source address and the link that packets
 * leave by. The list has the best first: the endpoints in their order (candidates.h), each first
 * by the way that the routes say (`routed`), then by every other link that leads there. The
 * current path is the one that the kernel is believed to use. It tells the endpoint that it uses,
 * but not the source: after a set it follows the routes, then the source of the last packet that
 * came. So a current path that is not routed is always pinned: a rule of ours leads packets to this
 * endpoint into a table of that link. The pin also stays a while after a return to a routed path.
 *
 *	REACH_ABSENT	There is no path: no name is resolved yet, or the network is away. Names are
 *			asked again, later and later. The first list of paths leads to WATCH.
 *	REACH_WATCH	The peer is taken to be reachable. Its counters are read now and then
 *			(pulse.h). Silence of a peer that is spoken to leads to DOUBT, and so does
 *an idle session whose path does not answer a routine probe. Better paths are probed, each at
 *growing distances; one that has answered several times over a growing time becomes the current one
 *(make before break).
 *	REACH_DOUBT	The current path is asked three times, a second apart. An answer, or a
 *packet from the peer, leads back to WATCH. If the path answers but the kernel hears nothing, the
 *belief about the current path was wrong: it is set again, pinned. No answer, or a second handshake
 *of the kernel's without one, leads to SEARCH. REACH_SEARCH	The current path is dead. Names are
 *asked again. All paths are probed in order, 250 ms apart, in three rounds, then one path at a time
 *at growing distances. The best one that has answered within a second of the first answer becomes
 *			the current one: WATCH. So does a packet from the peer.
 *
 * The current path vanishes from the list when its address, route or carrier goes. If the routes
 * lead to the same endpoint in another way, the kernel goes there, and is helped to (a set); else
 * SEARCH. An endpoint in the kernel that is no candidate, of a peer that is alive, has roamed: it
 *is left alone until it is silent. One that was a candidate and is none any more is the worst path.
 *
 * A probe is a handshake, which has effects on the peer: these rules are those of its measuring
 * (docs of sys/probe). No probe is sent in the seconds in which it could break a handshake of the
 * kernel's, except on SEARCH, where that handshake cannot arrive. Where nothing can be probed
 * (`blind`), SEARCH uses one path after the other, and waits for a packet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/addr.h"
#include "wgq/net/wg.h"
#include "wgq/plan/reach/pulse.h"

/* A moment: CLOCK_MONOTONIC or CLOCK_BOOTTIME, and the epoch's time for the ages of handshakes. */
struct reach_time {
	uint64_t ns;
	int64_t wall; /* seconds */
};

enum { REACH_PATHS_MAX = 32 };
#define REACH_SECOND UINT64_C(1000000000)
#define REACH_NEVER  UINT64_MAX

struct reach_way {
	union endpoint to;
	struct addr source; /* family 0: as the kernel chooses */
	uint32_t link;      /* index; 0: as the kernel chooses */
};

struct reach_path {
	struct reach_way way;
	bool routed; /* a look-up without a source leads here */

	/* Of the machine: the caller zeroes it. */
	uint32_t id;
	uint32_t asks;     /* since something last spoke for the path, or for another look at it */
	uint32_t answers;  /* in a row */
	bool refused;      /* the last ask was, by a router or this host */
	uint64_t asked;    /* the last time; 0: never */
	uint64_t answered; /* the last time; 0: never */
	uint64_t since;    /* the first of the answers in a row */
	uint64_t retry;    /* not asked as a routine before */
	uint64_t used;     /* when it became the current one */
	uint32_t pause;    /* seconds between two routine asks */
	uint32_t hold;     /* seconds that it has to answer before it is returned to */
};

enum reach_phase { REACH_ABSENT, REACH_WATCH, REACH_DOUBT, REACH_SEARCH };

enum reach_verdict {
	REACH_ANSWERED,
	REACH_ELSEWHERE,  /* the answer came to another address: ask again */
	REACH_BUSY,       /* under load: something answers there, ask again later */
	REACH_OTHER_KEYS, /* it answers, but no session can come of it */
	REACH_REFUSED,    /* nothing listens there, no way there, or it could not be sent */
	REACH_SILENT,     /* known from the clock already */
};

enum reach_reason {
	REACH_FOR_NOTHING,   /* no line for the log */
	REACH_IS_FIRST,      /* the first path to a peer */
	REACH_IS_GONE,       /* the former path has lost its address, route or carrier */
	REACH_IS_SILENT,     /* the former path is dead, and this one answers */
	REACH_IS_BETTER,     /* it is preferred, and has answered for some time */
	REACH_IS_ASTRAY,     /* the current path answers, but the kernel hears nothing */
	REACH_IS_NEXT,       /* blind: the former path is silent, and this one may not be */
	REACH_IS_NOT_ROUTED, /* the routes lead elsewhere */
	REACH_IS_ROUTED,     /* the routes lead there */
	REACH_IS_QUIET,      /* nothing is heard of the peer */
	REACH_IS_TRIED,      /* a better path is tried */
	REACH_IS_DUE,        /* the name has not been asked for long, or there is no address yet */
};
/* Of a sentence on a peer: "the former path is dead, and this one answers". Static. */
const char *reach_reason_text(enum reach_reason reason);

enum reach_action_kind {
	REACH_WAIT,  /* until `at` (REACH_NEVER: for an event) */
	REACH_READ,  /* read the peer's counters, and call reach_take_reading(). One reading serves
			all peers of a device: pass it to all of them, so that they stay in step */
	REACH_PROBE, /* ask once by `way`, and call reach_take_answer() with `id`; where `poke`,
			poke PROBE_POKE_MS later. Wait REACH_ANSWER_MS for the answer */
	REACH_SET,   /* set `way.to` as the endpoint, `times` times, 2 ms apart */
	REACH_PIN,   /* lead packets to `way.to` into the table of `way.link`, in the place of this
			peer's former pin, if there is one */
	REACH_UNPIN, /* remove the peer's pin */
	REACH_POKE,  /* make the kernel send at once */
	REACH_RESOLVE, /* ask for the names, and call reach_take_names() */
};
enum { REACH_ANSWER_MS = 3000 };

struct reach_action {
	enum reach_action_kind kind;
	enum reach_reason reason; /* one line for the log, unless FOR_NOTHING */
	uint64_t at;
	struct reach_way way;
	uint32_t id;
	unsigned times;
	bool poke;
};

struct reach {
	/* Read only for callers. */
	enum reach_phase phase;
	struct reach_path *paths;
	size_t n;
	uint32_t current; /* id of a path; 0: what the kernel uses is none of them, or unknown */
	union endpoint endpoint; /* as set, or as last read; sa_family 0: none */
	struct reach_way pin;    /* link 0: none */

	/* What the caller knows, and may change at any time. */
	bool has_names;
	bool blind; /* probes cannot be sent */

	/* Private. */
	struct pulse pulse;
	uint32_t last_id;
	uint32_t todo;
	enum reach_reason reason;
	uint64_t since, read, probed, unpin, poke, resolve, slot;
	uint32_t asks, round, pause, resolve_pause, doubt_pause;
	bool reading, retired;
};

void reach_init(struct reach *reach, bool has_names, struct reach_time now);

/* The paths of now, by preference, at most REACH_PATHS_MAX, borrowed until the next call; 0 of
 * them: there is none. What is known of the former ones, which may be freed then, is taken over.
 * A link that has lost its carrier leads nowhere: callers leave it out. */
void reach_take_paths(struct reach *reach, struct reach_path *paths, size_t n,
		      struct reach_time now);
/* Links, addresses, routes or rules have changed, whatever became of the paths: what was silent is
 * asked again soon. After a suspend call this, too. */
void reach_take_change(struct reach *reach, struct reach_time now);
/* What the device says of the peer, asked for or not. */
void reach_take_reading(struct reach *reach, const struct pulse_reading *reading,
			struct reach_time now);
void reach_take_answer(struct reach *reach, uint32_t id, enum reach_verdict verdict,
		       struct reach_time now);
/* The names were asked: of a success reach_take_paths() tells more, before or after. */
void reach_take_names(struct reach *reach, bool found, uint32_t ttl, struct reach_time now);

struct reach_action reach_next(struct reach *reach, struct reach_time now);

/* NULL: it is none of the paths. */
const struct reach_path *reach_current(const struct reach *reach);
