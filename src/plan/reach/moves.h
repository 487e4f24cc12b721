/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The moves of the machine: from phase to phase, and from path to path. */
#pragma once

#include "paths.h"

#define SECONDS(n)      ((n)*REACH_SECOND)
#define MILLISECONDS(n) ((n)*REACH_SECOND / 1000)

/* A handshake of the kernel's may be under way for as long; its REKEY_TIMEOUT. */
#define HANDSHAKE SECONDS(5)
/* Of a silent peer the names are asked again after this. */
#define RESOLVE_SILENT SECONDS(10)
/* A peer that nothing was sent to for so long is not in demand. */
#define DEMAND SECONDS(60)

/* How long a path that is routed stays pinned. */
#define PIN_STAYS SECONDS(10)

/* Why there is doubt. Of a session that is idle, and of one that sends in vain, it is enough to
 * hear of the peer. Where its packets may come by another path, only an answer counts: after a
 * switch, and while other paths are tried. */
enum { DOUBT_IDLE, DOUBT_SILENT, DOUBT_SWITCHED, DOUBT_TRIED };
/* Between two times of making sure, while other paths are tried; longer where nothing answers. */
#define VERIFY_MIN SECONDS(45)
#define VERIFY_MAX SECONDS(1800)

enum { TODO_PIN = 1, TODO_UNPIN = 2, TODO_SET = 4, TODO_AGAIN = 8 };

static inline uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* How many paths are better than the current one. */
size_t paths_better(const struct reach *reach);
/* Without a way the kernel sends nothing, whatever it is given. */
bool reach_is_in_demand(const struct reach *reach, struct reach_time now);

/* A time that is up to a quarter longer, by the peer. */
static inline uint64_t move_spread(const struct reach *reach, uint64_t time)
{
	return time + time / 1024 * reach->spread;
}

void move_pin(struct reach *reach, const struct reach_path *path);
void move_unpin(struct reach *reach);
/* The peer has roamed: its packets still leave by the same link. */
void move_pin_along(struct reach *reach);

void move_watch(struct reach *reach, struct reach_time now);
void move_doubt(struct reach *reach, uint8_t why, struct reach_time now);
/* cut: nothing arrives by the current path. */
void move_search(struct reach *reach, bool cut, struct reach_time now);
void move_search_again(struct reach *reach, struct reach_time now);

/* The path is believed to be the current one from now on. */
void move_adopt(struct reach *reach, struct reach_path *path, struct reach_time now);
/* Makes the kernel use a path where there was none, or where the former is no more. */
void move_begin(struct reach *reach, struct reach_path *path, enum reach_reason reason,
		struct reach_time now);
/* Makes the kernel use a path though packets of the peer may still come by another one. */
void move_use(struct reach *reach, struct reach_path *path, enum reach_reason reason,
	      struct reach_time now);
void move_endpoint(struct reach *reach, const union endpoint *to, unsigned times,
		   enum reach_reason reason, struct reach_time now);
