/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a configuration, cut up the way wg-quick does it (linux.bash:50-57): in the C
 * locale, so by bytes. Nothing is copied; all slices point into the text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Part of a text; not NUL-terminated. */
struct slice {
	const char *at;
	size_t len;
};

struct line {
	struct slice read;       /* what `read -r` yields: the line without blanks around it */
	struct slice stripped;   /* up to the first #, trimmed */
	struct slice key;        /* before the first =, where there is none all of it; trimmed */
	struct slice value;      /* after the = and up to the #, trimmed */
	struct slice full_value; /* the same without regard to #: hooks keep it */
	bool has_value;          /* there is an = before any # */
};

/* text is the line without its newline. */
void line_cut(struct slice text, struct line *ret);

/* Whether the lines that follow are in [Interface] as wg-quick sees it, which before this line
 * was `inside`. */
bool line_in_interface(const struct line *line, bool inside);

/* Takes the next line off *rest, without its newline; false at the end. */
bool line_next(struct slice *rest, struct slice *ret);

/* Skips the - at the beginning of a hook that may fail; false: there is none. */
bool line_take_dash(struct slice *hook);

/* isspace(3) of the C locale. */
static inline bool space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice s);
/* Regardless of the case of ASCII letters; squeezed: and of white space anywhere in s. */
bool slice_is(struct slice s, const char *word);
bool slice_begins(struct slice s, const char *word);
bool slice_squeezed_is(struct slice s, const char *word);
