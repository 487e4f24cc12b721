// SPDX-License-Identifier: GPL-2.0-or-later
// Text that fits a terminal: words that are wrapped, and columns.
#include "wgq/cmd/terminal/columns.h"

#include <stdint.h>
#include <string.h>

enum { GAP = 2, ROOM_LEAST = 8 };

/* The bytes of at most `columns` characters. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t n = 0;

	for (; text[n]; n++)
		/* A byte that continues a character is 10xxxxxx. */
		if (((unsigned char)text[n] & 0xc0) != 0x80 && !columns--)
			break;
	return n;
}

/* The bytes that go on one line: up to the last blank for which there is room. */
static size_t line_bytes(const char *text, size_t room)
{
	size_t n = bytes_of(text, room), blank = n;

	if (!text[n])
		return n;
	while (blank && text[blank] != ' ')
		blank--;
	return blank ? blank : n;
}

static void add_part(const struct term *t, enum style style, const char *text, size_t n,
		     struct buf *out)
{
	_cleanup_buf_ struct buf part = {0};

	buf_mem(&part, text, n);
	out->failed |= part.failed;
	term_add(t, out, style, buf_text(&part));
}

void columns_wrap(const struct term *t, size_t column, enum style style, const char *text,
		  struct buf *out)
{
	size_t room = SIZE_MAX;

	if (t->width)
		room = t->width > column + ROOM_LEAST ? t->width - column : ROOM_LEAST;
	for (bool first = true; first || *text; first = false) {
		size_t n = line_bytes(text, room), shown = n;

		while (shown && text[shown - 1] == ' ')
			shown--;
		if (!first)
			term_pad(out, out->len, column);
		add_part(t, style, text, shown, out);
		buf_char(out, '\n');
		text += n;
		text += strspn(text, " ");
	}
}

struct cell *columns_cell(struct columns *c, enum style style)
{
	static struct cell lost;
	struct cell *cell = vec_push(&c->cells);

	if (!cell) {
		buf_release(&lost.text);
		return &lost;
	}
	cell->style = style;
	return cell;
}

static size_t widest(const struct columns *c, size_t column)
{
	size_t most = strlen(c->columns[column].title);

	for (size_t i = column; i < c->cells.len; i += c->count) {
		size_t n = term_columns(buf_text(&c->cells.at[i].text));

		most = n > most ? n : most;
	}
	return most;
}

/* How wide each column is; returns how many there is room for. */
static size_t lay_out(const struct columns *c, const struct term *t, size_t indent,
		      size_t widths[COLUMNS_MAX])
{
	size_t used = indent, shown = 0;

	for (; shown < c->count; shown++) {
		size_t cut = c->columns[shown].cut, gap = shown ? GAP : 0;
		size_t *width = &widths[shown];

		*width = widest(c, shown);
		if (t->width && cut && *width > cut && shown + 1 < c->count)
			*width = cut;
		if (t->width && used + gap + *width > t->width) {
			/* What can be cut takes the room that is left. */
			if (!cut || used + gap + cut > t->width)
				break;
			*width = t->width - used - gap;
		}
		used += gap + *width;
	}
	return shown;
}

static void add_blanks(struct buf *out, size_t n)
{
	while (n--)
		buf_char(out, ' ');
}

/* No cell: the title. */
static void draw_cell(const struct term *t, const struct column *column, size_t width,
		      const struct cell *cell, struct buf *out)
{
	const char *text = cell ? buf_text(&cell->text) : column->title;
	size_t columns = term_columns(text);
	_cleanup_buf_ struct buf cut = {0};

	if (columns > width) {
		const char *ellipsis = t->utf8 ? "\u2026" : "..";

		buf_mem(&cut, text, bytes_of(text, width - term_columns(ellipsis)));
		buf_str(&cut, ellipsis);
		text = buf_text(&cut);
		columns = width;
	}
	if (column->right)
		add_blanks(out, width - columns);
	term_add(t, out, cell ? cell->style : STYLE_DIM, text);
	if (!column->right)
		add_blanks(out, width - columns);
	out->failed |= cut.failed || (cell && cell->text.failed);
}

void columns_draw(const struct columns *c, const struct term *t, size_t indent, struct buf *out)
{
	size_t widths[COLUMNS_MAX] = {0};
	size_t shown = lay_out(c, t, indent, widths), rows = c->cells.len / c->count;

	for (size_t row = 0; row <= rows; row++) {
		term_pad(out, out->len, indent);
		for (size_t i = 0; i < shown; i++) {
			const struct cell *cell =
				row ? &c->cells.at[(row - 1) * c->count + i] : NULL;

			add_blanks(out, i ? GAP : 0);
			draw_cell(t, &c->columns[i], widths[i], cell, out);
		}
		while (out->len && out->data[out->len - 1] == ' ')
			out->data[--out->len] = '\0';
		buf_char(out, '\n');
	}
}

void columns_release(struct columns *c)
{
	vec_each(cell, &c->cells)
		buf_release(&cell->text);
	vec_release(&c->cells);
}
