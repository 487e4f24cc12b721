// SPDX-License-Identifier: GPL-2.0-or-later
// The terminal: its size, its colours, and columns of text.
#include "wgq/cmd/terminal/term.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* As setlocale(3) would find it, without its tables. */
static bool is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !(locale && *locale); i++)
		locale = getenv(names[i]);
	return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

/* systemd.exec(5), JOURNAL_STREAM: the device and inode of the stream to the journal. */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(fd, &st) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

void term_look(int fd, struct term *ret)
{
	const char *no_color = getenv("NO_COLOR");
	const char *kind = getenv("TERM");
	struct winsize size;

	*ret = (struct term){
		.is_terminal = isatty(fd), .is_journal = is_journal(fd), .utf8 = is_utf8()};
	if (!ret->is_terminal)
		return;
	ret->moves = !(kind && strcmp(kind, "dumb") == 0);
	ret->colour = ret->moves && !(no_color && *no_color);
	if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
		ret->width = size.ws_col;
		ret->height = size.ws_row;
	}
}

static const char *begin_style(enum style style)
{
	switch (style) {
	case STYLE_PLAIN:
		return "";
	case STYLE_BOLD:
		return "\033[1m";
	case STYLE_DIM:
		return "\033[2m";
	case STYLE_RED:
		return "\033[31m";
	case STYLE_GREEN:
		return "\033[32m";
	case STYLE_YELLOW:
		return "\033[33m";
	case STYLE_BLUE:
		return "\033[34m";
	case STYLE_CYAN:
		return "\033[36m";
	}
	return "";
}

void term_add(const struct term *t, struct buf *out, enum style style, const char *text)
{
	bool styled = t->colour && style != STYLE_PLAIN;

	if (styled)
		buf_str(out, begin_style(style));
	buf_str(out, text);
	if (styled)
		buf_str(out, "\033[0m");
}

void term_addf(const struct term *t, struct buf *out, enum style style, const char *format, ...)
{
	_cleanup_buf_ struct buf text = {0};
	va_list args;

	va_start(args, format);
	buf_addv(&text, format, args);
	va_end(args);
	if (buf_status(&text) < 0)
		out->failed = true;
	else
		term_add(t, out, style, buf_text(&text));
}

/* A character a column: those that take two are not told apart from others here. */
size_t term_columns(const char *text)
{
	size_t columns = 0;

	while (*text) {
		if (strncmp(text, "\033[", 2) == 0) {
			text += strcspn(text, "m");
			text += *text == 'm';
			continue;
		}
		columns += ((unsigned char)*text & 0xc0) != 0x80;
		text++;
	}
	return columns;
}

void term_pad(struct buf *out, size_t line_start, size_t column)
{
	size_t columns = term_columns(buf_text(out) + line_start);

	for (; columns < column; columns++)
		buf_char(out, ' ');
}
