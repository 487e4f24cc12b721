// SPDX-License-Identifier: GPL-2.0-or-later
// Changes to a text: collected in any order, made in one pass.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void edit_add(struct editor *e, uint32_t at, uint32_t drop, enum edit_start start,
		     const struct buf *with)
{
	struct edit *edit = vec_push(e);

	if (!edit || buf_status(with) < 0) {
		e->failed = true;
		return;
	}
	e->added.secret = true;
	*edit = (struct edit){
		.at = at,
		.drop = drop,
		.order = (uint32_t)e->len,
		.start = start,
		.added = e->added.len,
		.added_len = with->len,
	};
	buf_mem(&e->added, buf_text(with), with->len);
}

void edit_replace(struct editor *e, uint32_t at, uint32_t drop, const struct buf *with)
{
	edit_add(e, at, drop, EDIT_ANYWHERE, with);
}

void edit_value(struct editor *e, const struct save_line *line, const struct buf *with)
{
	edit_add(e, line->value, line->value_len, EDIT_ANYWHERE, with);
}

void edit_drop_line(struct editor *e, const struct save_line *line)
{
	const struct buf nothing = {0};
	uint32_t comment = layout_comment(e->layout, line);

	edit_add(e, line->at, (comment ? comment : line->end) - line->at, EDIT_ANYWHERE, &nothing);
}

void edit_insert(struct editor *e, uint32_t at, enum edit_start start, const struct buf *lines)
{
	const char *newline = layout_file(e->layout, at)->newline;
	_cleanup_buf_ struct buf native = {.secret = true};

	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] == '\n')
			buf_str(&native, newline);
		else
			buf_char(&native, lines->data[i]);
	}
	native.failed |= lines->failed;
	edit_add(e, at, 0, start, &native);
}

void edit_add_prefix(struct buf *list, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(prefix, text);
	buf_addf(list, "%s%s", list->len ? ", " : "", text);
}

/* The line empties the list of files before: what is added comes behind it. */
static void add_line_behind(struct editor *e, const struct save_line *line, const struct buf *added)
{
	_cleanup_buf_ struct buf text = {0};

	if (!added->len)
		return;
	buf_addf(&text, "%s = %s\n", conf_keys()[line->id].name, buf_text(added));
	text.failed |= added->failed;
	edit_insert(e, line->end, EDIT_NEW_LINE, &text);
}

void edit_list(struct editor *e, const struct save_line *line, save_keeps *keeps, void *context,
	       const struct buf *added)
{
	struct slice rest = {e->layout->text + line->value, line->value_len}, item;
	bool (*next)(struct slice *, struct slice *) =
		line->id == KEY_ADDRESS ? list_next_quick : list_next_wg;
	_cleanup_buf_ struct buf list = {0};

	if (!line->value_len) {
		add_line_behind(e, line, added);
		return;
	}
	while (next(&rest, &item)) {
		if (!keeps(context))
			continue;
		if (list.len)
			buf_str(&list, ", ");
		buf_mem(&list, item.at, item.len);
	}
	if (list.len && added->len)
		buf_str(&list, ", ");
	buf_mem(&list, buf_text(added), added->len);
	list.failed |= added->failed;
	if (list.len || list.failed)
		edit_value(e, line, &list);
	else
		edit_drop_line(e, line);
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* What there is of a file in a text that grows. */
struct output {
	struct buf *text;
	size_t start;
	const char *newline;
};

static bool ends_line(const struct output *out)
{
	return out->text->len == out->start || out->text->data[out->text->len - 1] == '\n';
}

/* At a blank line, or at the start. */
static bool ends_paragraph(const struct output *out)
{
	size_t n = strlen(out->newline), len = out->text->len - out->start;

	return !len ||
	       (len > n && ends_line(out) && out->text->data[out->text->len - n - 1] == '\n');
}

static void make_edit(const struct editor *e, const struct edit *edit, struct output *out)
{
	switch (edit->start) {
	case EDIT_NEW_PARAGRAPH:
		if (!ends_line(out))
			buf_str(out->text, out->newline);
		if (!ends_paragraph(out))
			buf_str(out->text, out->newline);
		break;
	case EDIT_NEW_LINE:
		if (!ends_line(out))
			buf_str(out->text, out->newline);
		break;
	case EDIT_ANYWHERE:
		break;
	}
	buf_mem(out->text, buf_text(&e->added) + edit->added, edit->added_len);
}

/* Returns the first edit of the next file. */
static const struct edit *apply_to_file(const struct editor *e, const struct save_file *file,
					const struct edit *edit, struct buf *text)
{
	const struct save_layout *layout = e->layout;
	struct output out = {.text = text, .start = text->len, .newline = file->newline};
	size_t done = file->at;

	for (; edit < e->at + e->len && edit->at <= file->end; edit++) {
		if (edit->at > done) {
			buf_mem(text, layout->text + done, edit->at - done);
			done = edit->at;
		}
		make_edit(e, edit, &out);
		if (edit->at + (size_t)edit->drop > done)
			done = edit->at + (size_t)edit->drop;
	}
	buf_mem(text, layout->text + done, file->end - done);
	return edit;
}

int edit_apply(struct editor *e, const struct sources *files, struct config_text *ret,
	       struct diag *d)
{
	const struct edit *next = e->at;

	if (e->failed || buf_status(&e->added) < 0)
		return diag_no_memory(d);
	if (e->len)
		qsort(e->at, e->len, sizeof(*e->at), compare_edits);
	vec_each(file, files) {
		size_t i = (size_t)(file - files->at);

		if (i)
			buf_str(&ret->text, SOURCES_BETWEEN);
		next = apply_to_file(e, &e->layout->files.at[i], next, &ret->text);
		if (buf_status(&ret->text) < 0 ||
		    sources_add(&ret->files, file->path, file->real, buf_text(&ret->text),
				ret->text.len) < 0)
			return diag_no_memory(d);
	}
	return 0;
}

void edit_release(struct editor *e)
{
	vec_release(e);
	buf_release(&e->added);
}
