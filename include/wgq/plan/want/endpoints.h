/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an endpoint is another one than the file's because the file was edited, or because the
 * peer has roamed.
 *
 * up and reload leave a note of the endpoints that the file had, in the interface's setting
 * net.ipv4.conf.IFACE.tag, which the kernel keeps for whoever wants to and makes no use of: 24 bits
 * that are the exclusive or of a checksum a peer. So it can be tried whether the note is right once
 * some of the running endpoints take the place of the file's: those were edited. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/vec.h"
#include "wgq/conf/conf.h"
#include "wgq/net/wg.h"

enum endpoint_change {
	ENDPOINT_UNKNOWN, /* there is no note, or it fits nothing */
	ENDPOINT_EDITED,
	ENDPOINT_ROAMED,
};

/* Of a peer, what its Endpoint line adds to the note. Sorted by key, each once. */
struct endpoint_sum {
	struct key key;
	uint32_t sum;
};
struct endpoint_sums {
	VEC(struct endpoint_sum);
};

/* 0 or -ENOMEM. */
int endpoints_sum(const struct conf *conf, struct endpoint_sums *ret);
/* 0: the peer has no Endpoint line. */
uint32_t endpoints_sum_of(const struct endpoint_sums *sums, const struct key *key);
uint32_t endpoints_sum_running(const struct wg_peer *peer);

/* The note for these; never 0. */
uint32_t endpoints_note(const struct endpoint_sums *sums);
/* Whether a setting is a note, or free to become one. */
bool endpoints_is_note(uint32_t value);
bool endpoints_can_note(uint32_t value);

/* What the note may have had of a peer otherwise than the file has it now. */
struct endpoint_doubt {
	size_t pair;                 /* the caller's */
	uint32_t difference;         /* of the two sums */
	enum endpoint_change change; /* found out */
};
/* note: as it was left; now: as endpoints_note() of the file's peers that run. */
void endpoints_judge(uint32_t note, uint32_t now, struct endpoint_doubt *doubts, size_t count);
