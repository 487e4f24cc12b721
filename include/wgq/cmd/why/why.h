/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wgq why: follows one packet, and tells where it goes and why.
 *
 * In comes a destination; run/look/way.c follows the packet; out go a picture and one sentence, or
 * JSON (packaging/schema/why.schema.json). cmd/verbs.c has verb_why() in its table.
 *
 *	why.c			the verb
 *	text.c, picture.c	the picture, and the lines that it is made of
 *	rules.c			the policy rules in it
 *	sentence.c		the sentence at the end
 *	words.c			what becomes of a packet, in words: for all of them
 *	json.c			the same for programs */
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

/* What became of a packet: the name that programs read, and what the picture shows (of a fate, what
 * the sentence says); NULL: nothing. */
struct why_word {
	const char *name;
	enum style style;
	const char *text;
};
struct why_word why_outcome(enum packet_outcome outcome);
struct why_word why_fate(enum packet_fate fate);
struct why_word why_way_end(const struct way *way);
struct why_word why_error(int error);
/* What came of a rule; it depends on the packet. */
void why_finding(const struct packet *packet, const struct packet_step *step, struct buf *ret_text);
