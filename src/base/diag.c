// SPDX-License-Identifier: GPL-2.0-or-later
// The error type: collects findings with their places, and lays them out as text.
#include "wgq/base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

/* A line is quoted around the place that is wrong, not whole: it may be 20 MB long. */
enum { QUOTE_BEFORE = 60, QUOTE_AFTER = 120, QUOTE_KEPT = 2 * QUOTE_BEFORE + 2 * QUOTE_AFTER };

__attribute__((format(printf, 4, 0))) static struct diag_item *
diag_push(struct diag *d, enum diag_level level, int error, const char *format, va_list args)
{
	_cleanup_buf_ struct buf message = {0};

	if (!d)
		return NULL;
	buf_addv(&message, format, args);

	struct diag_item *item = vec_push(d);
	if (!item) {
		d->no_memory = true;
		return NULL;
	}
	item->level = level;
	item->error = error;
	item->message = buf_steal(&message);
	if (!item->message)
		d->no_memory = true;
	return item;
}

static char *copy_or_flag(struct diag *d, const char *s, size_t n)
{
	char *copy = s ? mem_strndup(s, n) : NULL;

	if (s && !copy)
		d->no_memory = true;
	return copy;
}

/* A bit more than will be shown, so that format_quote() sees that there is more. */
static void keep_quote(struct diag *d, struct diag_item *item, const struct place *at)
{
	size_t col = at->col ? at->col - 1 : 0;
	size_t skip = col > 2 * QUOTE_BEFORE && col <= at->text_len ? col - 2 * QUOTE_BEFORE : 0;
	size_t n = at->text_len - skip;

	if (!at->text)
		return;
	item->quote_skip = (uint32_t)skip;
	item->quote = copy_or_flag(d, at->text + skip, n < QUOTE_KEPT ? n : QUOTE_KEPT);
}

static void diag_place(struct diag *d, struct diag_item *item, const struct place *at,
		       const char *hint)
{
	if (!item)
		return;
	item->hint = copy_or_flag(d, hint, hint ? strlen(hint) : 0);
	if (!at)
		return;
	item->file = copy_or_flag(d, at->file, at->file ? strlen(at->file) : 0);
	item->line = at->line;
	item->col = at->col;
	item->len = at->len;
	item->order = at->order;
	keep_quote(d, item, at);
}

int diag_fail(struct diag *d, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_push(d, DIAG_ERROR, error, format, args);
	va_end(args);
	return -error;
}

int diag_refuse(struct diag *d, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_push(d, DIAG_ERROR, 0, format, args);
	va_end(args);
	return -error;
}

int diag_fail_at(struct diag *d, const struct place *at, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_place(d, diag_push(d, DIAG_ERROR, 0, format, args), at, hint);
	va_end(args);
	return -EINVAL;
}

void diag_warn(struct diag *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_push(d, DIAG_WARNING, 0, format, args);
	va_end(args);
}

void diag_warn_at(struct diag *d, const struct place *at, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_place(d, diag_push(d, DIAG_WARNING, 0, format, args), at, hint);
	va_end(args);
}

void diag_hint(struct diag *d, const char *format, ...)
{
	_cleanup_buf_ struct buf text = {0};
	va_list args;

	if (!d || !d->len)
		return;
	va_start(args, format);
	buf_addv(&text, format, args);
	va_end(args);

	struct diag_item *item = vec_last(d);
	free(item->hint);
	item->hint = buf_steal(&text);
}

void diag_note(struct diag *d, const char *format, ...)
{
	_cleanup_buf_ struct buf notes = {0};
	va_list args;

	if (!d || !d->len)
		return;
	struct diag_item *item = vec_last(d);
	if (item->notes)
		buf_str(&notes, item->notes);
	va_start(args, format);
	buf_addv(&notes, format, args);
	va_end(args);
	buf_char(&notes, '\n');

	char *text = buf_steal(&notes);
	if (!text) {
		d->no_memory = true;
		return;
	}
	free(item->notes);
	item->notes = text;
}

void diag_status(struct diag *d, int status)
{
	if (d && d->len)
		vec_last(d)->status = status;
}

void diag_id(struct diag *d, const char *id)
{
	if (d && d->len)
		vec_last(d)->id = id;
}

void diag_level(struct diag *d, enum diag_level level)
{
	if (d && d->len)
		vec_last(d)->level = level;
}

int diag_no_memory(struct diag *d)
{
	return diag_fail(d, ENOMEM, "out of memory");
}

size_t diag_errors(const struct diag *d)
{
	size_t errors = 0;

	vec_each(item, d)
		errors += item->level == DIAG_ERROR;
	return errors;
}

/* A mark below each character of the text but the first `skip`, as it is printed. */
static void add_marks(const char *text, size_t n, size_t skip, char mark, struct buf *out)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_printable(&shown, text, n);
	for (size_t i = 0; i < shown.len; i++)
		if (((unsigned char)shown.data[i] & 0xc0) != 0x80 && (!skip || !skip--))
			buf_char(out, mark);
	out->failed |= shown.failed;
}

/* The line with a caret below what is wrong. Offsets are bytes; the caret counts characters. */
static void format_quote(const struct diag_item *item, const char *red, const char *plain,
			 struct buf *out)
{
	size_t length = strlen(item->quote);
	size_t col = item->col ? item->col - 1 - item->quote_skip : 0;

	if (col > length)
		col = 0;
	size_t from = col > QUOTE_BEFORE ? col - QUOTE_BEFORE : 0;
	size_t shown = QUOTE_BEFORE + QUOTE_AFTER;
	size_t to = length - from > shown ? from + shown : length;

	/* Do not cut a character in two. */
	while (from > 0 && ((unsigned char)item->quote[from] & 0xc0) == 0x80)
		from--;
	while (to < length && ((unsigned char)item->quote[to] & 0xc0) == 0x80)
		to++;

	buf_addf(out, "%6u | %s", item->line, from ? "..." : "");
	buf_printable(out, item->quote + from, to - from);
	buf_addf(out, "%s\n       | %s", to < length ? "..." : "", from ? "   " : "");
	size_t wrong = item->len < to - col ? item->len : to - col;
	add_marks(item->quote + from, col - from, 0, ' ', out);
	buf_addf(out, "%s^", red);
	add_marks(item->quote + col, wrong, 1, '~', out);
	buf_addf(out, "%s\n", plain);
}

static const struct {
	const char *name, *colour, *priority; /* sd-daemon(3) */
} levels[] = {
	[DIAG_ERROR] = {"error", "\033[1;31m", "<3>"},
	[DIAG_WARNING] = {"warning", "\033[1;33m", "<4>"},
	[DIAG_NOTE] = {"note", "\033[1;36m", "<5>"},
};

const char *diag_severity(enum diag_level level)
{
	return levels[level].name;
}

void diag_message(const struct diag_item *item, struct buf *ret_text)
{
	buf_str(ret_text, item->message ? item->message : "out of memory");
	if (item->error)
		buf_addf(ret_text, ": %s", strerror(item->error));
}

/* Where what is wrapped goes on. */
#define INDENT      "    "
#define INDENT_HINT "        "

static void format_item(const struct diag_item *item, const char *program, unsigned style,
			size_t width, struct buf *out)
{
	size_t start = out->len;
	bool error = item->level == DIAG_ERROR, colour = style & DIAG_COLOUR;
	bool bare = !item->file && (style & DIAG_BARE);
	const char *shade = colour ? levels[item->level].colour : "";
	const char *bold = colour ? "\033[1m" : "";
	const char *plain = colour ? "\033[0m" : "";
	_cleanup_buf_ struct buf message = {0};

	buf_str(out, bold);
	if (item->file)
		buf_printable(out, item->file, strlen(item->file));
	else
		buf_str(out, bare && !error ? "Warning" : program);
	if (item->file && item->line)
		buf_addf(out, ":%u", item->line);
	if (item->file && item->line && item->col)
		buf_addf(out, ":%u", item->col);
	buf_addf(out, ":%s ", plain);
	if (!bare)
		buf_addf(out, "%s%s:%s ", shade, levels[item->level].name, plain);
	diag_message(item, &message);
	buf_printable(out, buf_text(&message), message.len);
	buf_wrap(out, start, INDENT, width);
	buf_char(out, '\n');
	if (item->quote && item->line)
		format_quote(item, shade, plain, out);

	for (const char *note = item->notes; note && *note;) {
		size_t n = strcspn(note, "\n");

		start = out->len;
		buf_str(out, "  ");
		buf_printable(out, note, n);
		buf_wrap(out, start, INDENT, width);
		buf_char(out, '\n');
		note += n + (note[n] == '\n');
	}
	if (item->hint) {
		start = out->len;
		buf_addf(out, "  %shint:%s ", bold, plain);
		buf_printable(out, item->hint, strlen(item->hint));
		buf_wrap(out, start, INDENT_HINT, width);
		buf_char(out, '\n');
	}
}

/* Each line with its priority before it: a journal's entry is a line. */
static void format_for_journal(const struct diag_item *item, const char *program, unsigned style,
			       struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	format_item(item, program, style, 0, &text);
	for (const char *line = buf_text(&text); *line; line += strcspn(line, "\n") + 1)
		buf_addf(out, "%s%.*s\n", levels[item->level].priority, (int)strcspn(line, "\n"),
			 line);
	out->failed |= text.failed;
}

void diag_format(const struct diag *d, size_t from, const char *program, unsigned style,
		 size_t width, struct buf *ret_text)
{
	for (size_t i = from; i < d->len; i++) {
		if (style & DIAG_JOURNAL)
			format_for_journal(&d->at[i], program, style, ret_text);
		else
			format_item(&d->at[i], program, style, width, ret_text);
	}
	if (d->no_memory)
		buf_addf(ret_text, "%s: error: out of memory; some messages were lost\n", program);
}

static void diag_item_release(struct diag_item *item)
{
	free(item->message);
	free(item->file);
	free(item->quote);
	free(item->hint);
	free(item->notes);
}

void diag_demote(struct diag *d)
{
	vec_each(item, d)
		item->level = DIAG_WARNING;
}

void diag_move(struct diag *d, struct diag *from)
{
	/* Without d the caller only wanted the number. */
	for (struct diag_item *item = from->at; d && item && item < from->at + from->len; item++) {
		struct diag_item *copy = vec_push(d);

		if (copy) {
			*copy = *item;
			*item = (struct diag_item){0};
		}
		d->no_memory |= !copy;
	}
	diag_release(from);
}

void diag_truncate(struct diag *d, size_t len)
{
	while (d->len > len)
		diag_item_release(&d->at[--d->len]);
}

void diag_release(struct diag *d)
{
	if (!d)
		return;
	diag_truncate(d, 0);
	vec_release(d);
	d->no_memory = false;
}
