// SPDX-License-Identifier: GPL-2.0-or-later
// What the counters of a peer tell.
#include "wgq/plan/reach/pulse.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

enum { INITIATION = 148, RESPONSE = 92, KEEPALIVE = 32 };
enum { ANSWER_SECONDS = 11, CALL_SECONDS = 1, REBUFF_SECONDS = 8, CALLS_SECONDS = 7 };
/* How long a handshake may be under way: ours until it is tried again, theirs for a second. */
enum { OURS_SECONDS = 5, THEIRS_SECONDS = 1 };

/* How many initiations are among the bytes. Between two readings there is time for two; three would
 * look like a response. */
static uint64_t initiations(uint64_t bytes)
{
	uint64_t n = bytes % 16 / 4;

	return n <= 2 && n * INITIATION <= bytes ? n : 0;
}

static void hear(struct pulse *pulse, uint64_t now)
{
	pulse->heard = now;
	pulse->spoke = pulse->spoken = pulse->called = 0;
	pulse->calls = 0;
	pulse->kept = false;
}

/* The peer begins a handshake. When it does so every 5 s, it does not hear our responses. */
static void take_rebuff(struct pulse *pulse, uint64_t n, uint64_t now)
{
	if (now - pulse->rebuffed > REBUFF_SECONDS * SECOND)
		pulse->rebuffs = 0;
	pulse->rebuffed = now;
	pulse->rebuffs = (uint8_t)(pulse->rebuffs + n < UINT8_MAX ? pulse->rebuffs + n : UINT8_MAX);
	pulse->settles = now + THEIRS_SECONDS * SECOND;
}

static void take_sent(struct pulse *pulse, uint64_t bytes, uint64_t calls, bool heard, uint64_t now)
{
	pulse->sent = now;
	if (calls)
		pulse->settles = now + OURS_SECONDS * SECOND;
	if (heard)
		return;
	pulse->kept = true;
	if (calls) {
		pulse->called = now;
		pulse->calls = (uint8_t)(pulse->calls + calls > UINT8_MAX ? UINT8_MAX
									  : pulse->calls + calls);
		bytes -= calls * INITIATION;
	}
	pulse->busy = bytes > KEEPALIVE;
	if (pulse->busy && !pulse->spoke) {
		pulse->spoke = pulse->read > pulse->heard ? pulse->read : pulse->heard;
		pulse->spoken = now;
	}
}

bool pulse_is_rebuffed(const struct pulse *pulse, unsigned times)
{
	return pulse->rebuffs >= times && pulse->rebuffed + REBUFF_SECONDS * SECOND >= pulse->read;
}

/* The kernel repeats its initiations every 5 s until a handshake is complete, whatever it hears. */
static bool is_calling(const struct pulse *pulse, uint64_t now)
{
	return pulse->calls && now - pulse->called <= CALLS_SECONDS * SECOND;
}

bool pulse_take(struct pulse *pulse, const struct pulse_reading *reading, uint64_t now)
{
	uint64_t rx = reading->rx_bytes - pulse->last.rx_bytes;
	uint64_t tx = reading->tx_bytes - pulse->last.tx_bytes;
	bool shaken = reading->last_handshake != pulse->last.last_handshake;
	bool restarted = !pulse->read || reading->rx_bytes < pulse->last.rx_bytes ||
			 reading->tx_bytes < pulse->last.tx_bytes;
	bool heard = false;

	if (restarted) {
		*pulse = (struct pulse){0};
	} else {
		uint64_t theirs = initiations(rx), ours;

		heard = shaken || rx > theirs * INITIATION;
		pulse->busy = heard;
		if (theirs && !shaken) {
			take_rebuff(pulse, theirs, now);
			/* What answered them is no initiation of ours. */
			if (tx >= theirs * RESPONSE && tx % 16)
				tx -= theirs * RESPONSE;
		}
		ours = initiations(tx);
		heard = heard && (shaken || (!pulse_is_rebuffed(pulse, 2) && !ours &&
					     !is_calling(pulse, now)));
		if (heard)
			hear(pulse, now);
		if (tx)
			take_sent(pulse, tx, ours, heard, now);
		if (shaken)
			pulse->rebuffs = 0, pulse->settles = 0;
	}
	pulse->last = *reading;
	pulse->read = now;
	return heard;
}

void pulse_restart(struct pulse *pulse)
{
	pulse->spoke = pulse->spoken = pulse->called = 0;
	pulse->calls = pulse->rebuffs = 0;
	pulse->kept = false;
}

uint64_t pulse_doubt_at(const struct pulse *pulse)
{
	uint64_t at = UINT64_MAX;

	if (pulse->spoke)
		at = pulse->spoke + ANSWER_SECONDS * SECOND;
	if (pulse->called && pulse->called + CALL_SECONDS * SECOND < at)
		at = pulse->called + CALL_SECONDS * SECOND;
	if (pulse_is_rebuffed(pulse, 2) && pulse->rebuffed < at)
		at = pulse->rebuffed;
	return at;
}

uint64_t pulse_silent_at(const struct pulse *pulse)
{
	uint64_t at = pulse_dead_at(pulse);

	if (pulse_is_rebuffed(pulse, 2) && pulse->rebuffed < at)
		at = pulse->rebuffed;
	if (pulse->spoken && pulse->spoken + ANSWER_SECONDS * SECOND < at)
		at = pulse->spoken + ANSWER_SECONDS * SECOND;
	if (pulse->called && pulse->called + CALLS_SECONDS * SECOND < at)
		at = pulse->called + CALLS_SECONDS * SECOND;
	return at;
}

uint64_t pulse_dead_at(const struct pulse *pulse)
{
	if (pulse_is_rebuffed(pulse, 3))
		return pulse->rebuffed;
	return pulse->calls >= 2 ? pulse->called + CALL_SECONDS * SECOND : UINT64_MAX;
}

bool pulse_has_session(const struct pulse *pulse, int64_t wall)
{
	return pulse->last.last_handshake && wall - pulse->last.last_handshake < WG_SESSION_SECONDS;
}
