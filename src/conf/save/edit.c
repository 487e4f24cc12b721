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
	_cleanup_buf_ struct buf native = {.secret = true};

	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] == '\n')
			buf_str(&native, e->layout->newline);
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

void edit_list(struct editor *e, const struct save_line *line, save_keeps *keeps, void *context,
	       const struct buf *added)
{
	struct slice rest = {e->layout->text + line->value, line->value_len}, item;
	bool (*next)(struct slice *, struct slice *) =
		line->id == KEY_ADDRESS ? list_next_quick : list_next_wg;
	_cleanup_buf_ struct buf list = {0};

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

static bool ends_line(const struct buf *text)
{
	return !text->len || text->data[text->len - 1] == '\n';
}

/* At a blank line, or at the start. */
static bool ends_paragraph(const struct buf *text, const char *newline)
{
	size_t n = strlen(newline);

	if (!text->len)
		return true;
	return text->len > n && ends_line(text) && text->data[text->len - n - 1] == '\n';
}

static void make_edit(const struct editor *e, const struct edit *edit, struct buf *out)
{
	const char *newline = e->layout->newline;

	switch (edit->start) {
	case EDIT_NEW_PARAGRAPH:
		if (!ends_line(out))
			buf_str(out, newline);
		if (!ends_paragraph(out, newline))
			buf_str(out, newline);
		break;
	case EDIT_NEW_LINE:
		if (!ends_line(out))
			buf_str(out, newline);
		break;
	case EDIT_ANYWHERE:
		break;
	}
	buf_mem(out, buf_text(&e->added) + edit->added, edit->added_len);
}

int edit_apply(struct editor *e, struct buf *ret_text, struct diag *d)
{
	const struct save_layout *layout = e->layout;
	size_t done = 0;

	if (e->failed || buf_status(&e->added) < 0)
		return diag_no_memory(d);
	if (e->len)
		qsort(e->at, e->len, sizeof(*e->at), compare_edits);
	vec_each(edit, e) {
		if (edit->at > done) {
			buf_mem(ret_text, layout->text + done, edit->at - done);
			done = edit->at;
		}
		make_edit(e, edit, ret_text);
		if (edit->at + (size_t)edit->drop > done)
			done = edit->at + (size_t)edit->drop;
	}
	buf_mem(ret_text, layout->text + done, layout->n - done);
	return buf_status(ret_text) < 0 ? diag_no_memory(d) : 0;
}

void edit_release(struct editor *e)
{
	vec_release(e);
	buf_release(&e->added);
}
