/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a screen of text can look like where it goes: its width, whether it may have colour, and
 * whether its characters may be others than ASCII. A pipe gets plain text of unlimited width, so
 * that grep(1) and cut(1) find whole lines.
 *
 * In come texts and numbers; out goes text in a struct buf. status, why and the other verbs call
 * this room, and print the text themselves.
 *
 *	term.c			the terminal, and text in a style
 *	columns.c		wrapped words, and tables
 *	words.c, progress.c	times and amounts in words; how far something has come
 *	typed.c			keys that are typed
 *	qr.c, qr_none.c		QR codes; without libqrencode
 *	picture.c		squares as PNG and SVG */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/buf.h"

struct term {
	bool is_terminal;
	bool is_journal; /* systemd's journal reads it */
	bool moves;      /* a terminal that is not dumb: its cursor can be moved */
	bool colour;     /* it moves, and NO_COLOR is not set (no-color.org) */
	bool utf8;       /* the locale's encoding is UTF-8, so lines may be drawn */
	unsigned width;  /* columns; 0: unlimited */
	unsigned height; /* lines; 0: unlimited */
};

/* Of a file descriptor: standard output's, mostly. Sizes are those of now: after SIGWINCH it is
 * asked again. */
void term_look(int fd, struct term *ret);

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_BLUE,
	STYLE_CYAN,
};

/* Adds text in a style. What comes from files or the kernel passes through buf_printable(). */
void term_add(const struct term *t, struct buf *out, enum style style, const char *text);
void term_addf(const struct term *t, struct buf *out, enum style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The columns that a line of printable text takes, SGR sequences left out. */
size_t term_columns(const char *text);
/* Fills up with blanks to a column, counted from where the line begins. */
void term_pad(struct buf *out, size_t line_start, size_t column);
