// SPDX-License-Identifier: GPL-2.0-or-later
// Where a configuration's text has its sections, keys and values, and what belongs together.
#include <errno.h>
#include <string.h>

#include "save_internal.h"

struct collector {
	struct save_layout *layout;
	const struct conf *conf;
};

/* Behind the newline of the line that goes on at `from`. */
static uint32_t line_end(const struct save_layout *layout, uint32_t from)
{
	const char *newline = memchr(layout->text + from, '\n', layout->n - from);

	return (uint32_t)(newline ? newline - layout->text + 1 : (ptrdiff_t)layout->n);
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
		return diag_refuse(d, EPROTO, "%s:%u: a [Peer] that was not there before",
				   c->conf->path, line->number);
	return 0;
}

/* By the same rules as conf_parse(). */
static enum key_id line_key(const struct scan_line *line)
{
	enum key_id id = key_find(line->key);

	if (id < KEY_COUNT && key_is_quick(id) && line->quick_interface)
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
		return diag_refuse(d, EPROTO, "%s:%u: a key without a section", c->conf->path,
				   line->number);
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

int layout_init(struct save_layout *layout, const char *text, size_t n, const struct conf *conf,
		struct diag *d)
{
	struct collector c = {.layout = layout, .conf = conf};
	const char *newline = n ? memchr(text, '\n', n) : NULL;

	layout->text = text;
	layout->n = n;
	layout->newline = newline && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
	int r = scan(conf->path, text, n, take_line, &c, d);
	if (r == 0 && layout->peers.len != conf->wg.peers.len)
		return diag_refuse(d, EPROTO, "%s: a [Peer] that is not there any more",
				   conf->path);
	return r;
}

void layout_release(struct save_layout *layout)
{
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

enum line_kind {
	LINE_BLANK,
	LINE_COMMENT,
	LINE_OTHER,
};

static enum line_kind line_kind(const struct save_layout *layout, uint32_t at, uint32_t end)
{
	struct slice line = slice_trim((struct slice){layout->text + at, end - at});

	if (!line.len)
		return LINE_BLANK;
	return line.at[0] == '#' ? LINE_COMMENT : LINE_OTHER;
}

/* Where the line above the one at `at` begins, and its kind; LINE_OTHER at the start of the text.
 */
static enum line_kind line_above(const struct save_layout *layout, uint32_t at, uint32_t *ret)
{
	if (at == 0)
		return LINE_OTHER;
	const char *newline = memrchr(layout->text, '\n', at - 1);

	*ret = (uint32_t)(newline ? newline - layout->text + 1 : 0);
	return line_kind(layout, *ret, at);
}

/* The comment right above a header is the section's own, and so is all of it when it stands alone.
 * Where it touches the section before, only its last line is: what is above may be that one's. */
static uint32_t own_comment(const struct save_layout *layout, uint32_t header)
{
	uint32_t top = header, last = header, above = 0;
	enum line_kind kind;

	while ((kind = line_above(layout, top, &above)) == LINE_COMMENT) {
		top = above;
		if (last == header)
			last = above;
	}
	return kind == LINE_BLANK || top == 0 ? top : last;
}

void layout_extent(const struct save_layout *layout, const struct save_section *section,
		   uint32_t tail, uint32_t *ret_from, uint32_t *ret_to)
{
	uint32_t from = own_comment(layout, section->at), to = section->keys_end, above = 0;

	while (to < layout->n && line_kind(layout, to, line_end(layout, to)) == LINE_BLANK)
		to = line_end(layout, to);
	if (to >= tail)
		while (line_above(layout, from, &above) == LINE_BLANK)
			from = above;
	*ret_from = from;
	*ret_to = to;
}
