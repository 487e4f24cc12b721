/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes under way, as the files of a prober share them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handshake.h"
#include "wgq/sys/probe/probe.h"

/* So that half of the indices at least are free. */
enum { PROBES_MAX = 10240, ASKS_MAX = PROBE_ASKS, INDICES = 1 << 16 };
enum { US = 1000000, MS = 1000 };
#define PROBING_NEVER INT64_MAX

struct ask {
	struct handshake handshake;
	int64_t sent_us;
	uint16_t checksum;
};

struct probing {
	uint64_t tag;
	struct key public_key, preshared_key;
	union endpoint from, to;
	uint32_t link;
	int64_t last_handshake;
	int64_t next_us, poke_us; /* the next ask, or the end; and the next PROBE_POKE */
	int64_t interval_us;
	uint32_t asks_max, asks_sent;
	struct probe_event best; /* so far */
	struct ask asks[ASKS_MAX];
};

/* Places of sockets. */
enum { IPV4, IPV6, FAMILIES };

struct prober {
	struct handshake_own own;
	uint16_t port, tag;
	uint32_t mark;
	int epoll, timer, sockets[FAMILIES], held[FAMILIES];
	int64_t newest_real; /* seconds, when an ask was last stamped */
	size_t count, scanned;
	uint32_t asks_of[INDICES]; /* probe and ask by the high half of an index, plus 1 */
	struct probing probes[PROBES_MAX];
};

/* By a clock that is never set. */
int64_t probing_now_us(void);

/* Where *index leads, NULL: nowhere. */
struct probing *probing_find(struct prober *p, uint32_t index, struct ask **ret);
/* The outcome of an ask. True: there is an event, and usually the probe has ended. A verdict that
 * further asks cannot improve ends it; otherwise the best one is remembered. */
bool probing_take(struct prober *p, struct probing *probing, const struct probe_event *found,
		  struct probe_event *ret);
/* The same at its end, with the best that was seen. */
void probing_conclude(struct prober *p, struct probing *probing, struct probe_event *ret);
/* Without an event; the last probe takes the place. */
void probing_end(struct prober *p, size_t at);

/* ask.c: makes the next handshake, and sends it. Returns as probing_take(). */
bool probing_ask(struct prober *p, struct probing *probing, struct probe_event *ret);
/* answer.c: takes in what a socket has, up to an event. */
bool probing_read(struct prober *p, int family, struct probe_event *ret);
