/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that fits a terminal: wrapped at its width, or in columns; where there is no room the last
 * columns are left out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"
#include "wgq/cmd/terminal/term.h"

/* Adds printable text in words from the column at which the line stands, further lines from the
 * same column, and ends the last one. A word that is too long is broken. */
void columns_wrap(const struct term *t, size_t column, enum style style, const char *text,
		  struct buf *out);

enum { COLUMNS_MAX = 8 };

struct column {
	const char *title;
	bool right; /* aligned */
	size_t cut; /* it may be cut to so many columns; 0: never */
};

struct cell {
	struct buf text; /* printable */
	enum style style;
};

struct columns {
	struct column columns[COLUMNS_MAX];
	size_t count;
	struct {
		VEC(struct cell); /* row by row */
	} cells;
};

/* The next cell of a row, to be filled. When memory runs out it is one that nobody reads, and out
 * of columns_draw() fails. */
struct cell *columns_cell(struct columns *c, enum style style);
/* Titles and rows. */
void columns_draw(const struct columns *c, const struct term *t, size_t indent, struct buf *out);
void columns_release(struct columns *c);

#define _cleanup_columns_ _cleanup_(columns_release)
