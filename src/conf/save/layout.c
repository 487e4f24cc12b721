// SPDX-License-Identifier: GPL-2.0-or-later
// Where a configuration's text has its sections, keys and values, and what belongs together.
#include <errno.h>
#include <string.h>

#include "internal.h"

struct collector {
	struct save_layout *layout;
	const struct conf *conf;
};

const struct save_file *layout_file(const struct save_layout *layout, uint32_t at)
{
	size_t n = vec_before(file, &layout->files, file->at <= at);

	return &layout->files.at[n ? n - 1 : 0];
}

/* Behind the newline of the line that goes on at `from`. */
static uint32_t line_end(const struct save_layout *layout, uint32_t from)
{
	uint32_t end = layout_file(layout, from)->end;
	const char *newline = memchr(layout->text + from, '\n', end - from);

	return newline ? (uint32_t)(newline - layout->text) + 1 : end;
}

static int refuse(const struct collector *c, const struct scan_line *line, const char *what,
		  struct diag *d)
{
	const struct place at = conf_place(c->conf, line->number);

	diag_fail_at(d, &at, NULL, "%s", what);
	return -EPROTO;
}

static int add_section(struct collector *c, const struct scan_line *line, uint32_t at, uint32_t end,
		       struct diag *d)
{
	struct save_layout *layout = c->layout;
	struct save_section *section = vec_push(&layout->sections);
	uint32_t *peer = line->wg_section == SECTION_PEER ? vec_push(&layout->peers) : NULL;

	if (!section || (line->wg_section == SECTION_PEER && !peer))
		return diag_no_memory(d);
	section->kind = line->wg_section;
	section->quick = line->quick_interface;
	section->at = at;
	section->keys_end = end;
	section->first_line = layout->lines.len;
	if (!peer)
		return 0;
	*peer = (uint32_t)layout->sections.len - 1;
	if (layout->peers.len > c->conf->wg.peers.len ||
	    c->conf->wg.peers.at[layout->peers.len - 1].line != line->number)
		return refuse(c, line, "a [Peer] that was not there before", d);
	return 0;
}

/* By the same rules as conf_parse(). */
static enum key_id line_key(const struct scan_line *line)
{
	enum key_id id = key_find(line->key);

	if (key_is_quick(id) && line->quick_interface)
		return id;
	return key_find_squeezed(line->key);
}

static int take_line(void *context, const struct scan_line *line, struct diag *d)
{
	struct collector *c = context;
	struct save_layout *layout = c->layout;
	uint32_t at = (uint32_t)(line->text.at - layout->text);
	uint32_t end = line_end(layout, at + (uint32_t)line->text.len);

	if (line->kind == SCAN_SECTION)
		return add_section(c, line, at, end, d);

	struct save_section *section = vec_last(&layout->sections);
	struct save_line *added = section ? vec_push(&layout->lines) : NULL;
	if (!section)
		return refuse(c, line, "a key without a section", d);
	if (!added)
		return diag_no_memory(d);
	*added = (struct save_line){
		.at = at,
		.end = end,
		.value = (uint32_t)(line->value.at - layout->text),
		.value_len = (uint32_t)line->value.len,
		.number = line->number,
		.id = line_key(line),
	};
	section->keys_end = end;
	section->line_count++;
	return 0;
}

static int add_file(struct save_layout *layout, const struct source *source)
{
	const char *text = layout->text + source->at;
	const char *newline = source->len ? memchr(text, '\n', source->len) : NULL;
	struct save_file *file = vec_push(&layout->files);

	if (!file)
		return -ENOMEM;
	*file = (struct save_file){
		.at = (uint32_t)source->at,
		.end = (uint32_t)(source->at + source->len),
		.newline = newline && newline > text && newline[-1] == '\r' ? "\r\n" : "\n",
	};
	return 0;
}

int layout_init(struct save_layout *layout, const struct config_text *text, const struct conf *conf,
		struct diag *d)
{
	struct collector c = {.layout = layout, .conf = conf};
	int r = 0;

	layout->text = buf_text(&text->text);
	vec_each(source, &text->files)
		if (add_file(layout, source) < 0)
			return diag_no_memory(d);
	for (size_t i = 0; r == 0 && i < text->files.len; i++) {
		const struct source *source = &text->files.at[i];

		r = scan(source->path, source->first, layout->text + source->at, source->len,
			 take_line, &c, d);
	}
	if (r == 0 && layout->peers.len != conf->wg.peers.len)
		return diag_refuse(d, EPROTO, "%s: a [Peer] that is no longer there", conf->path);
	return r;
}

void layout_release(struct save_layout *layout)
{
	vec_release(&layout->files);
	vec_release(&layout->lines);
	vec_release(&layout->sections);
	vec_release(&layout->peers);
}

const struct save_line *layout_last(const struct save_layout *layout,
				    const struct save_section *section, enum key_id id)
{
	const struct save_line *lines = layout->lines.at;

	for (size_t i = section->first_line + section->line_count; i-- > section->first_line;)
		if (lines[i].id == id)
			return &lines[i];
	return NULL;
}

uint32_t layout_comment(const struct save_layout *layout, const struct save_line *line)
{
	uint32_t from = line->value + line->value_len;
	const char *hash = memchr(layout->text + from, '#', line->end - from);

	return hash ? (uint32_t)(hash - layout->text) : 0;
}

/* Whether the line at `at` is blank; *ret_end: where it ends. */
static bool is_blank(const struct save_layout *layout, uint32_t at, uint32_t *ret_end)
{
	*ret_end = line_end(layout, at);
	return at < layout_file(layout, at)->end &&
	       !slice_trim((struct slice){layout->text + at, *ret_end - at}).len;
}

/* Where the line above the one at `at` begins, which is not the first of its file. */
static uint32_t line_above(const struct save_layout *layout, uint32_t at)
{
	uint32_t first = layout_file(layout, at)->at;
	const char *newline = memrchr(layout->text + first, '\n', at - 1 - first);

	return newline ? (uint32_t)(newline - layout->text) + 1 : first;
}

static bool is_blank_above(const struct save_layout *layout, uint32_t at)
{
	uint32_t end;

	return at > layout_file(layout, at)->at && is_blank(layout, line_above(layout, at), &end);
}

void layout_widen(const struct save_layout *layout, uint32_t tail, uint32_t *from, uint32_t *to)
{
	uint32_t end;

	if (*from == layout_file(layout, *from)->at || is_blank_above(layout, *from))
		while (is_blank(layout, *to, &end))
			*to = end;
	if (*to >= tail)
		while (is_blank_above(layout, *from))
			*from = line_above(layout, *from);
}
