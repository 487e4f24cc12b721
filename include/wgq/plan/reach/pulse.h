/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the counters of a peer tell: whether it is heard, whether it is spoken to in vain, and
 * whether handshakes fail. Pure.
 *
 * Sizes tell kinds: data and keepalives are multiples of 16 bytes (an empty packet has 32), an
 * initiation has 148, which is 4 more than such a multiple, and a response 92, 12 more. A peer
 * that hears data answers with data or, after 10 s, with a keepalive (KEEPALIVE_TIMEOUT). Who
 * begins a handshake in vain tries again every 5 s (REKEY_TIMEOUT).
 *
 * The peer's own initiations do not show that it hears us. If it repeats them, it does not. Nor do
 * its data show it while our initiations are not answered. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/net/wg.h"

struct pulse_reading {
	uint64_t rx_bytes, tx_bytes;
	int64_t last_handshake; /* seconds since the epoch; 0: never */
	union endpoint endpoint;
};

/* Moments are those of readings, in ns; 0: none. */
struct pulse {
	struct pulse_reading last;
	uint64_t read;
	uint64_t heard; /* something came from the peer, other than an initiation */
	uint64_t sent;  /* something was sent */
	uint64_t spoke; /* the least moment since which data may have been sent without an answer */
	uint64_t spoken;   /* the greatest moment at which the first of them can have been sent */
	uint64_t called;   /* of our last initiation that nothing has answered */
	uint64_t rebuffed; /* of the last initiation of the peer */
	uint64_t settles;  /* until then a handshake may be under way */
	uint8_t calls;     /* our initiations that nothing has answered, at least as many */
	uint8_t rebuffs;   /* initiations of the peer, close together, that led to no session */
	bool busy;         /* the last reading had grown by data */
	bool kept;         /* something was sent since the peer was heard */
};

/* true: something was heard. */
bool pulse_take(struct pulse *pulse, const struct pulse_reading *reading, uint64_t now);
/* Forgets what was sent without an answer: that was by another path. */
void pulse_restart(struct pulse *pulse);

/* Whether the peer has just begun so many handshakes in vain, close together. From two on, what
 * comes from it does not show that it hears us. */
bool pulse_is_rebuffed(const struct pulse *pulse, unsigned times);

/* When to doubt that the peer hears us, as far as it is known now; UINT64_MAX: there is no reason
 * to. */
uint64_t pulse_doubt_at(const struct pulse *pulse);
/* When an answer is overdue though the data were sent as late as they can have been, and though one
 * initiation or its response was lost. */
uint64_t pulse_silent_at(const struct pulse *pulse);
/* When to be sure that it does not: the kernel has begun handshakes in vain, twice, or the peer
 * has, three times. */
uint64_t pulse_dead_at(const struct pulse *pulse);
/* Whether a session can be there. */
bool pulse_has_session(const struct pulse *pulse, int64_t wall);
