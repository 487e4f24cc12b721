/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody keeps undoing. After five repairs of one thing within a minute it is left for a
 * minute, then for twice as long, up to an hour. Once it has stayed for as long as it was left, all
 * is forgotten. Pure.
 *
 *	if (!fight_pauses_until(&fight, "route 10.0.0.0/8", now)) {
 *		repair it
 *		if (fight_repaired(&fight, "route 10.0.0.0/8", now))
 *			from now on it pauses: say so
 *	} */
#pragma once

#include <stdint.h>

#include "wgq/base/vec.h"

enum {
	FIGHT_REPAIRS = 5,
	FIGHT_WITHIN_MS = 60000,
	FIGHT_PAUSE_MS = 60000,
	FIGHT_LONGEST_MS = 3600000
};

struct fight_thing {
	char *name;
	uint64_t repairs[FIGHT_REPAIRS]; /* when; the newest first, 0: none */
	uint64_t until;                  /* left alone */
	uint64_t pause;                  /* how long, the last time; 0: never */
};

/* All zero: nothing. Times are milliseconds, and never 0. */
struct fight {
	VEC(struct fight_thing);
};

/* Until when it is left alone; 0: it is not. */
uint64_t fight_pauses_until(const struct fight *f, const char *name, uint64_t now);
/* The pause in milliseconds that begins with this repair; 0: none. */
uint64_t fight_repaired(struct fight *f, const char *name, uint64_t now);
void fight_release(struct fight *f);
