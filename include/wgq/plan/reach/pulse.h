/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the counters of a peer tell: whether it is alive, whether it is spoken to, and whether the
 * kernel asks it for a handshake in vain.
 *
 * Sizes tell kinds: data and keepalives are multiples of 16 bytes (an empty one is 32), an
 * initiation has 148, 4 more than such a multiple, and a response 92, 12 more. A peer that is
 * alive answers data with data or, after 10 s, with a keepalive (KEEPALIVE_TIMEOUT). The kernel
 * asks again each 5 s (REKEY_TIMEOUT). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/net/wg.h"

struct pulse_reading {
	uint64_t rx_bytes, tx_bytes;
	int64_t last_handshake; /* seconds since the epoch; 0: never */
	union endpoint endpoint;
};

struct pulse {
	struct pulse_reading last;
	bool known;      /* there is one */
	uint64_t read;   /* when */
	uint64_t heard;  /* the last reading that had grown by a packet of the peer; 0: none */
	uint64_t spoke;  /* data may have been sent since then that nothing has answered; 0: none */
	uint64_t called; /* the last reading with a handshake that we began and nothing has
			    answered; 0: none */
	uint32_t calls;  /* how many such, at least */
	bool busy;       /* the last reading had grown */
	bool kept;       /* keepalives were sent since something was heard */
};

/* true: something was heard. */
bool pulse_take(struct pulse *pulse, const struct pulse_reading *reading, uint64_t now);
/* What was sent is forgotten: it went by another path. */
void pulse_restart(struct pulse *pulse, uint64_t now);

/* When to doubt that the peer hears us, as far as is known; UINT64_MAX: there is no reason to. */
uint64_t pulse_doubt_at(const struct pulse *pulse);
/* Without doubt it does not: the kernel has asked in vain twice, or has no session left and asks.
 */
bool pulse_is_dead(const struct pulse *pulse, int64_t wall);
/* Seconds since the latest handshake; -1: there was none, or the clock was set back. */
int64_t pulse_handshake_age(const struct pulse *pulse, int64_t wall);
