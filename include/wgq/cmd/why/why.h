/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answers of `wgq why`: a picture, one sentence, JSON (packaging/schema/why.schema.json). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/run/look/way.h"

struct why {
	struct buf host;   /* what of the argument names the destination */
	const char *asked; /* the name that was looked up; NULL: an address was given */
	int64_t now;       /* seconds since the epoch */
	bool verbose;      /* every rule has a line */
	struct way way;
	char *peer_names[WAY_LEGS_MAX]; /* of the legs' peers; NULL: none */
};

void why_text(const struct why *why, const struct term *term, struct buf *ret_text);
void why_json(const struct why *why, struct buf *ret_text);
/* One plain sentence: does it go through the interface, and why (not)? */
void why_sentence(const struct why *why, struct buf *ret_text);

/* What came of a rule, in words. */
void why_finding(const struct packet *packet, const struct packet_step *step, struct buf *ret_text);
