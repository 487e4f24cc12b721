/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a configuration, as one text. They stand in it in the order in which they are read,
 * and a line is one number wherever it is kept, counted through all of it. Here such a number
 * becomes a file and a line again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/base/mem.h"
#include "wgq/base/vec.h"

struct source {
	char *path;              /* as messages show it */
	char *real;              /* links resolved; NULL: it is not written to */
	size_t at, len;          /* its part of the text */
	uint32_t first;          /* the number of its first line */
	uint32_t lines;          /* up to the next file, blank ones behind it included */
	uint32_t mode, uid, gid; /* of the file; mode 0: not known, or path is a link */
};
struct sources {
	VEC(struct source);
};

/* What a text has between two files, so that no line of one goes on in the next, and no comment
 * touches it. */
#define SOURCES_BETWEEN "\n\n"

/* Appends a file, whose part of the text ends with its first n bytes. real may be NULL. 0; -ENOMEM;
 * -EFBIG: there are more lines than can be counted. */
int sources_add(struct sources *sources, const char *path, const char *real, const char *text,
		size_t n);
/* ret has to be zeroed. 0 or -ENOMEM. */
int sources_copy(const struct sources *from, struct sources *ret);
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

/* The text with its files. */
struct config_text {
	struct buf text; /* secret */
	struct sources files;
};
/* The same text in the same files. */
bool config_text_is_same(const struct config_text *a, const struct config_text *b);
void config_text_release(struct config_text *text);

#define _cleanup_sources_     _cleanup_(sources_release)
#define _cleanup_config_text_ _cleanup_(config_text_release)
