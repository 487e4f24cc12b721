/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wgq run: brings interfaces up, and keeps them as their files say until it is told to end.
 *
 * In come events, from the loop (sys/event); out go what reload would do, and a line for each
 * decision. cmd/verbs.c has verb_run() in its table.
 *
 *	run.c		the verb: begins, turns, ends
 *	keep.c		one interface: what is to be done now
 *	load.c		its file
 *	event.c		when it is looked at
 *	peers.c, paths.c, asks.c, probes.c, sets.c	the endpoints of its peers: peers.h
 *	follow.c	allowed IPs that follow routes
 *	watch.c		what the kernel tells, and which interfaces it concerns
 *	talk.c		other wgq processes, which hold, let go and ask
 *	fight.c		what somebody keeps undoing
 *	say.c		decisions in words
 *	status.c	the state of all, to systemd
 *
 * Theory of operation
 *
 * Whatever happens, the answer is the same: look at the whole interface, compare it with its file,
 * and apply the difference, as `wgq reload' does. Events only say that it is time to look. So an
 * event that is missed or not understood costs a late look, and no event can make run do something
 * that reload would not. A burst of events is one look, when it has settled.
 *
 * What run changes is told to it as well. That leads to one more look, which finds nothing to do;
 * so nothing goes round in a circle. Only somebody else who undoes what was done can keep it going,
 * and for that there is a limit (fight.h).
 *
 * A look that fails is repeated at growing distances, whatever happens meanwhile: what it did and
 * undid is told to it as well. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "wgq/cmd/config.h"
#include "wgq/cmd/options.h"
#include "wgq/cmd/run/fight.h"
#include "wgq/cmd/session.h"
#include "wgq/kernel/netlink/notices.h"
#include "wgq/sys/event/files.h"
#include "wgq/sys/event/loop.h"

struct runner;

/* An interface that is looked after. Its place does not change. */
struct keep {
	struct runner *runner;
	struct options options; /* of this interface alone */
	char *args[2];
	char ifname[IFNAMSIZ];
	struct config config;

	bool has_config;  /* the file was read without a mistake, at least once */
	bool has_changed; /* the file, since it was read */
	bool is_news;     /* what is done next is what the file says now, and not a repair */
	bool was_up;      /* when run began */
	bool is_up;       /* as it was last seen */
	bool brought_up;  /* by us, so it goes at the end */
	bool is_let_go;   /* it is no longer looked after */
	unsigned holds;   /* processes that are about to change it */
	uint32_t index;   /* of the link; 0: none */
	uint32_t mtu;     /* that it had when it was as wanted */
	struct addr_vec endpoints;

	struct loop_timer look, expiry; /* expiry: when the next peer goes */
	uint64_t first_event;           /* of those that the look is for; 0: none */
	unsigned failures;              /* one after the other */
	uint32_t complaint;             /* a checksum of what was said of the last one; 0: none */
	uint32_t mistake;               /* the same of the file */
	struct fight fight;
	struct buf deed;   /* what is about to be done, in words */
	struct buf things; /* that are about to be repaired, a line each */

	bool ways_changed;   /* links, addresses, routes or rules, since peers were looked after */
	struct peers *peers; /* peers.c */
	struct follower *follower; /* follow.c; NULL: nothing is followed */

	struct loop_source listener; /* talk.c */
	struct buf last;             /* the last decision */
	time_t last_at;
};

/* What matters of a link that is not ours. */
struct link_fact {
	uint32_t index, mtu;
	bool up, carries;
};
struct link_fact_vec {
	VEC(struct link_fact);
};

struct talk;

struct runner {
	const struct options *options;
	struct loop *loop;
	struct keep *keeps;
	size_t count;

	struct notices route_notices, nft_notices, replaced_notices;
	struct loop_source route_source, nft_source, file_source;
	struct loop_timer replaced_timer;
	struct files *files;
	struct link_fact_vec links; /* as they were last told */

	struct talk *talks; /* connections of other processes */
	struct loop_timer watchdog;
	struct buf status; /* as it was told to systemd last */
};

/* event.c: looks, soon; more events put it off for a moment. */
void keep_event(struct keep *k);
/* Nobody looks after it any more. */
void keep_let_go(struct keep *k, const char *why);
/* keep.c. The first look: -errno where it could not be brought up. */
int keep_begin(struct keep *k, struct diag *d);
/* Takes it down, if it is ours to. */
int keep_end(struct keep *k, struct diag *d);
void keep_release(struct keep *k);

/* load.c: reads the file again. A mistake in it is said once, and what was read before stays. */
int load_file(struct keep *k, struct diag *d);

/* watch.c */
int watch_open(struct runner *runner, struct diag *d);
/* That a look has seen which links and endpoints there are. */
void watch_concern(struct runner *runner);
/* What the configuration was read from. true: some of it was not watched before, and so may have
 * changed since. */
bool watch_files(struct keep *k, const struct config *config);
/* That routes are followed, of which many may change at once. */
void watch_follow(struct runner *runner);
void watch_close(struct runner *runner);

/* talk.c: -EADDRINUSE, with the error added: another process looks after it. */
int talk_listen(struct keep *k, struct diag *d);
/* Takes in what was sent since. */
void talk_read(struct runner *runner);
void talk_close(struct keep *k);

/* say.c: a decision, with its reason. event is a word for programs. */
void say(struct keep *k, int priority, const char *event, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Adds what a plan changes, in words: "route 10.0.0.0/8 added". */
struct change_vec;
void say_changes(const struct change_vec *changes, struct buf *out);
/* status.c: the state of all, to systemd. */
void say_status(struct runner *runner);
/* The lines that `tell` is answered with. */
void say_state(const struct keep *k, struct buf *out);
