/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of `wgq run`: waits for descriptors, times, signals and jumps of the clock, and calls
 * back, one callback at a time. When nothing is due it sleeps, and makes no system call.
 *
 *	struct loop_source source = {.ready = on_answer, .context = asker};
 *	struct loop_timer timer = {.due = on_silence, .context = asker};
 *
 *	loop_add(loop, &source, fd, EPOLLIN);		source stays in its place
 *	loop_timer_set(loop, &timer, loop_now() + 250);	timer, too
 *	loop_remove(loop, &source);			before fd is closed
 *	loop_timer_cancel(loop, &timer);
 *
 * cmd/run owns the loop. Whoever waits for something gets the loop, and has its own sources and
 * timers. A callback may add, change, remove and cancel any of them, its own as well; it may take
 * long only for what changes the host. All is done in one thread.
 *
 *	loop.c		descriptors, timers, signals */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "wgq/base/diag.h"

struct loop;

/* fd and events are the loop's; all else is set by its owner. */
struct loop_source {
	void (*ready)(void *context, uint32_t events); /* EPOLLIN, ...; EPOLLERR and EPOLLHUP as
							  well, asked for or not */
	void *context;
	int fd;
};

/* at, next and is_set are the loop's. Zeroed but for the first two: it is not set. */
struct loop_timer {
	void (*due)(void *context); /* once; it may be set again from there */
	void *context;
	uint64_t at;
	struct loop_timer *next;
	bool is_set;
};

struct loop_calls {
	/* Of a signal that has come, since it was last asked; called with all signals blocked. The
	 * handlers are the caller's; true: loop_turn() returns. */
	bool (*signalled)(void *context);
	/* The clock was set, or the host was suspended: what was measured in time is worth less. */
	void (*jumped)(void *context);
	void *context;
};

int loop_open(const struct loop_calls *calls, struct loop **ret, struct diag *d);
void loop_free_at(struct loop **loop); /* for _cleanup_() */

/* 0 or -errno. A descriptor is in one source. */
int loop_add(struct loop *l, struct loop_source *source, int fd, uint32_t events);
int loop_change(struct loop *l, struct loop_source *source, uint32_t events);
void loop_remove(struct loop *l, struct loop_source *source);

/* Milliseconds of CLOCK_BOOTTIME, which goes on while the host is suspended. */
uint64_t loop_now(void);
/* Sets it, also where it is set already. What is past is due at once, but not from within. */
void loop_timer_set(struct loop *l, struct loop_timer *timer, uint64_t at);
void loop_timer_cancel(struct loop *l, struct loop_timer *timer);

/* Waits for one event, and calls back. 0: also after a signal; -errno: it cannot wait. */
int loop_turn(struct loop *l, struct diag *d);

#define _cleanup_loop_ _cleanup_(loop_free_at)
