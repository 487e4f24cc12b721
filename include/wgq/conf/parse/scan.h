/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From text to lines: sections, keys and values with their places.
 *
 * libinih drives the scanning (ini_parse_stream), but as every distribution builds it, it would
 * corrupt these files: it cuts lines at 200 bytes, takes an indented line for a continuation and
 * " ;" for a comment, and cannot tell two empty sections apart. So it is fed through a reader that
 * hands it only lines which every build reads alike, and refers to the text for the values: values
 * of any length cost no copy. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/parse/line.h"

enum scan_kind {
	SCAN_SECTION, /* [name] */
	SCAN_KEY,     /* key = value */
	SCAN_JUNK,    /* neither: no `=`, or a section that is not closed or has more after it */
};

/* Which of the two grammars' sections a line is in: they differ for `[ Interface ]`, which wg(8)
 * takes and wg-quick does not (linux.bash:56-58, config.c:514-530). */
enum scan_section { SECTION_NONE, SECTION_INTERFACE, SECTION_PEER, SECTION_OTHER };

struct scan_line {
	enum scan_kind kind;
	enum scan_section wg_section; /* as wg(8) sees it */
	bool quick_interface;         /* in an [Interface] section as wg-quick sees it */
	struct slice key;             /* trimmed; of a section: the line up to a comment */
	struct slice value;           /* trimmed, a comment cut off */
	struct slice full_value;      /* trimmed, with what looks like a comment: hooks keep it */
	struct slice text;            /* the whole line without its end */
	uint32_t number;              /* counted from that of the first line on */
};

/* Called for every line that is not blank or a comment. Return 0 to go on, else scanning stops and
 * scan() returns that. */
typedef int scan_handler(void *context, const struct scan_line *line, struct diag *d);

/* Scans n bytes at text, of which the first line has a number. A NUL byte is an error (bash drops
 * it, wg(8) stops at it), as is a UTF-8 byte order mark; `file` names the text in messages. Linear
 * in n. */
int scan(const char *file, uint32_t first, const char *text, size_t n, scan_handler *handler,
	 void *context, struct diag *d);
