/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A world, the machine that is tested, and what the properties need to know of both. */
#pragma once

#include "world.h"

struct simulation {
	struct world world;
	struct reach reach;
	struct reach_path paths[2][REACH_PATHS_MAX];
	unsigned which;
	uint64_t seed;
	unsigned slow; /* what others do takes so many times as long */
	bool verbose, has_changed;

	bool listed[ADDRS]; /* by the names, as last asked */
	bool named[ADDRS];  /* by the names, as they are */
	bool has_names;
	bool were_routed[UPLINKS][2];

	/* What the properties need. */
	uint64_t began;     /* our packets, without a pause */
	uint64_t stable;    /* nothing has changed since then */
	uint64_t excused;   /* the peer was where it cannot be seen */
	uint64_t preferred; /* the best path that works was used, last */
	bool searched;      /* the last change was in the middle of a search */
	uint64_t probed;    /* last routine probe */
	uint64_t wake;      /* when the machine is to be asked again */
	uint64_t wakes, idle_wakes, idle;
	uint64_t window_at[3];
	unsigned in_window[3];
	unsigned returns;
	uint64_t sets, switches;
	unsigned failed;
	size_t most_paths;
};

/* Networks in which a property did not hold. */
extern unsigned failures;

/* What is done, for who wants to see it. */
__attribute__((format(printf, 2, 3))) void say(struct simulation *s, const char *format, ...);

struct reach_time now_of(const struct simulation *s);
void read_counters(struct simulation *s);
/* Finds the paths of now; network: because of a change there, which the machine is told. */
void look(struct simulation *s, bool network);
/* Lets time pass, does what the machine says, and checks the properties. */
void run_until(struct simulation *s, uint64_t until);
void take_host_event(struct world *world, enum event_kind kind);
void take_answer(struct world *world, const struct packet *packet);
