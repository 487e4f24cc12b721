/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a configuration. A line of one of them is one number wherever it is kept, counted
 * through all files in the order in which they are read; here the number becomes a place again. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/base/vec.h"

struct source {
	char *path;     /* as messages show it */
	uint32_t first; /* the number of its first line */
	uint32_t lines;
};
struct sources {
	VEC(struct source);
};

/* Appends a file with its text. NULL: no memory, or more lines than can be counted. */
struct source *sources_add(struct sources *sources, const char *path, const char *text, size_t n);
/* The file of a line; of line 0 the first one. NULL: no file is known, as where sources is NULL. */
const struct source *sources_find(const struct sources *sources, uint32_t line);
/* Line 0: the first file as a whole. */
struct place sources_place(const struct sources *sources, uint32_t line);
/* "line 7", for a message about the line `beside`; of another file "line 7 of wg0.conf". */
void sources_name_line(const struct sources *sources, uint32_t line, uint32_t beside,
		       struct buf *ret_text);
/* A note below the newest item of d, unless line is 0: "asked for by wg0.conf:7". */
void sources_note_asked(const struct sources *sources, uint32_t line, struct diag *d);
void sources_release(struct sources *sources);
