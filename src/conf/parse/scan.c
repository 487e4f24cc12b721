// SPDX-License-Identifier: GPL-2.0-or-later
// From text to lines: a reader that feeds libinih, and the handler that takes over from it.
//
// ini_parse_stream() alternates between the two: it asks read_line() for a line, splits it, tells
// handle_line(), asks for the next. What happens in between stays true because
//
//   1. read_line() hands over nothing but `[S]`, `=N` and `k=N`, each ended by a newline and
//      shorter than 64 bytes: S is one of three words, N the last digit of the line's number. Every
//      build of libinih reads these alike; `=N` follows each `[S]` at once, since an empty section
//      makes no event of its own. (It looks through each letter six times: hence so few.)
//   2. Each line handed over is owed: handle_line() has to be told just this name and digit
//      before read_line() is called again. Else libinih has merged, split or dropped something,
//      and scanning fails instead of going wrong.
//   3. Keys and values go past libinih, as slices of the text. From libinih comes the section.
#include "wgq/conf/parse/scan.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MIN = 64 };

struct scanner {
	const char *file;
	uint32_t first;    /* the number of its first line */
	struct slice rest; /* not read yet */
	bool quick_interface;
	struct scan_line line; /* the one that libinih works on */
	bool opens_section;    /* its `[S]` was handed over, its `=N` comes next */
	bool owed;
	const char *name; /* handed over for it: at most a letter, and a digit */
	char digit[2];
	scan_handler *handler;
	void *context;
	struct diag *d;
	int result; /* not 0: stop */
};

static const char *const section_names[] = {
	[SECTION_NONE] = "",
	[SECTION_INTERFACE] = "Interface",
	[SECTION_PEER] = "Peer",
	[SECTION_OTHER] = "?",
};

static enum scan_section section_named(const char *name)
{
	for (enum scan_section s = SECTION_NONE; s < SECTION_OTHER; s++)
		if (*name == *section_names[s] && strcmp(name, section_names[s]) == 0)
			return s;
	return SECTION_OTHER;
}

/* wg(8) takes white space anywhere, but nothing besides the name (config.c:441-446). */
static enum scan_section section_opened(struct slice header)
{
	if (slice_squeezed_is(header, "[Interface]"))
		return SECTION_INTERFACE;
	return slice_squeezed_is(header, "[Peer]") ? SECTION_PEER : SECTION_OTHER;
}

/* Moves on to the next line that is neither blank nor a comment; false at the end. */
static bool next_line(struct scanner *s)
{
	struct scan_line *line = &s->line;
	struct line cut;

	do {
		if (!line_next(&s->rest, &line->text))
			return false;
		line->number++;
		line_cut(line->text, &cut);
	} while (!cut.stripped.len);

	if (line->text.at[line->text.len - 1] == '\r')
		line->text.len--;
	s->quick_interface = line_in_interface(&cut, s->quick_interface);
	line->quick_interface = s->quick_interface;
	line->key = cut.key;
	line->value = cut.value;
	line->full_value = cut.full_value;

	if (cut.stripped.at[0] == '[') {
		bool closed = cut.stripped.at[cut.stripped.len - 1] == ']';

		line->kind = closed && !cut.has_value ? SCAN_SECTION : SCAN_JUNK;
		line->key = cut.stripped;
		s->opens_section = true;
	} else {
		line->kind = cut.has_value ? SCAN_KEY : SCAN_JUNK;
	}
	return true;
}

static int misread(struct scanner *s)
{
	return diag_refuse(s->d, EPROTO, "%s:%u: the system's libinih does not read lines as given",
			   s->file, s->line.number - s->first + 1);
}

/* NAME=DIGIT\n */
static void put_key_line(struct scanner *s, char *at)
{
	s->digit[0] = (char)('0' + s->line.number % 10);
	if (*s->name)
		*at++ = *s->name;
	*at++ = '=';
	*at++ = s->digit[0];
	*at++ = '\n';
	*at = '\0';
}

/* libinih's fgets(). */
static char *read_line(char *ret, int size, void *stream)
{
	struct scanner *s = stream;

	if (s->result == 0 && (s->owed || size < LINE_MIN))
		s->result = misread(s);
	if (s->result != 0)
		return NULL;
	if (s->opens_section) {
		s->opens_section = false;
	} else if (!next_line(s)) {
		return NULL;
	} else if (s->opens_section) {
		snprintf(ret, LINE_MIN, "[%s]\n", section_names[section_opened(s->line.key)]);
		return ret;
	}
	s->name = s->line.key.len && s->line.key.at[0] == '[' ? "" : "k";
	put_key_line(s, ret);
	s->owed = true;
	return ret;
}

/* Debian's build passes the line number as a fifth argument, which does no harm. Returns 1, for
 * "go on": it is read_line() that ends the scanning, in every build. */
static int handle_line(void *user, const char *section, const char *name, const char *value)
{
	struct scanner *s = user;

	if (!name || !value) /* a build that announces sections, and valueless keys */
		return 1;
	if (s->result != 0)
		return 1;
	if (!s->owed || strcmp(name, s->name) != 0 || strcmp(value, s->digit) != 0) {
		s->result = misread(s);
		return 1;
	}
	s->owed = false;
	s->line.wg_section = section_named(section);
	s->result = s->handler(s->context, &s->line, s->d);
	return 1;
}

static bool starts_with(struct slice s, const char *bytes)
{
	size_t n = strlen(bytes);

	return s.len >= n && memcmp(s.at, bytes, n) == 0;
}

static int refuse_nul(const char *file, struct slice text, const char *nul, struct diag *d)
{
	struct place at = {.file = file, .line = 1, .len = 1};
	struct slice rest = text, line;

	while (line_next(&rest, &line) && line.at + line.len < nul)
		at.line++;
	at.col = (uint32_t)(nul - line.at) + 1;
	return diag_fail_at(d, &at, "the file has to be plain text, in UTF-8", "a NUL byte");
}

/* Whether a section or a key stands behind a CR. */
static bool has_lines_of_cr(struct slice text)
{
	const char *cr = memchr(text.at, '\r', text.len);

	if (!cr)
		return false;
	const struct slice rest = {cr, (size_t)(text.at + text.len - cr)};
	return memchr(rest.at, '[', rest.len) || memchr(rest.at, '=', rest.len);
}

/* What no line can be blamed for. *text is moved past a byte order mark. */
static int check_encoding(const char *file, struct slice *text, struct diag *d)
{
	static const char hint[] = "save the file as UTF-8 without a byte order mark";
	const struct place whole = {.file = file}, start = {.file = file, .line = 1, .col = 1};

	if (text->len > INT32_MAX)
		return diag_fail_at(d, &whole, NULL, "the file is larger than 2 GiB");
	if (starts_with(*text, "\xff\xfe") || starts_with(*text, "\xfe\xff"))
		return diag_fail_at(d, &start, hint, "the file is in UTF-16");

	if (text->len && !memchr(text->at, '\n', text->len) && has_lines_of_cr(*text))
		return diag_fail_at(d, &whole, "tr '\\r' '\\n' <FILE makes newlines of them",
				    "the lines end by CR alone, as on old Macs");
	const char *nul = text->len ? memchr(text->at, '\0', text->len) : NULL;
	if (nul)
		return refuse_nul(file, *text, nul, d);
	if (!starts_with(*text, "\xef\xbb\xbf"))
		return 0;
	text->at += 3;
	text->len -= 3;
	return diag_fail_at(d, &start, hint, "the file starts with a UTF-8 byte order mark");
}

int scan(const char *file, uint32_t first, const char *text, size_t n, scan_handler *handler,
	 void *context, struct diag *d)
{
	struct scanner s = {.file = file,
			    .first = first,
			    .rest = {text, n},
			    .line.number = first - 1,
			    .handler = handler,
			    .context = context,
			    .d = d};
	int encoding = check_encoding(file, &s.rest, d);

	/* After a byte order mark the rest is read all the same, for its errors. */
	if (encoding < 0 && s.rest.len == n)
		return encoding;

	int r = ini_parse_stream(read_line, &s, handle_line, &s);
	if (s.result != 0)
		return s.result;
	if (r == -2)
		return diag_no_memory(d);
	if (s.owed)
		return misread(&s);
	return encoding;
}
