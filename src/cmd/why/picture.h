/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of why_text(), line by line; each leg stands a step further to the right. */
#pragma once

#include "wgq/cmd/why/why.h"

enum { WHY_LABEL_COLUMNS = 7 }; /* priorities of rules, and words */

struct why_picture {
	const struct why *why;
	const struct term *term;
	struct buf *out;
	size_t depth;
	size_t line;   /* where the line begins that is being drawn */
	bool is_below; /* which is not the last one of its leg */
};

/* Three columns for each leg before. */
void why_indent(struct why_picture *p);
const char *why_corner(const struct why_picture *p);
/* The beginning of a line, up to where its text stands, and of one more line of the same. */
void why_begin(struct why_picture *p, const char *label, enum style style);
void why_begin_again(struct why_picture *p);
/* Its end; what does not fit goes on below its text. */
void why_end(struct why_picture *p);

/* The rules of a leg, the kernel's answer where it is another, and what else is to be known. */
void why_add_rules(struct why_picture *p, const struct way_leg *leg);
