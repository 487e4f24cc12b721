// SPDX-License-Identifier: GPL-2.0-or-later
// A finding, its place in the file, and what of the line may be shown.
#include <stdarg.h>
#include <string.h>

#include "wgq/conf/parse/keys.h"

#include "internal.h"

/* Items of longer lines are not looked for: the finding is about the line as a whole. */
enum { LINE_MAX_SEARCHED = 1 << 20 };

static struct slice line_text(const struct check *c, uint32_t line)
{
	return line && line <= c->lines.len ? c->lines.at[line - 1] : (struct slice){0};
}

static struct line cut(const struct check *c, uint32_t line)
{
	struct line ret = {0};

	line_cut(line_text(c, line), &ret);
	return ret;
}

/* What will not be shown needs no place: a million findings must not cost a million searches. */
static bool is_enough(const struct check *c)
{
	return c->found >= CHECK_SHOWN_MAX;
}

struct where where_value(const struct check *c, uint32_t line)
{
	return is_enough(c) ? (struct where){0}
			    : (struct where){.line = line, .at = cut(c, line).value};
}

struct where where_prefix(const struct check *c, uint32_t line, const struct prefix *prefix)
{
	struct slice rest = where_value(c, line).at, item;
	struct prefix wanted = *prefix, read;

	prefix_mask(&wanted);
	while (rest.len <= LINE_MAX_SEARCHED && list_next_quick(&rest, &item)) {
		if (item.at[0] == '+' || item.at[0] == '-') {
			item.at++;
			item.len--;
		}
		if (prefix_parse(item.at, item.len, &read) < 0)
			continue;
		prefix_mask(&read);
		if (prefix_equal(&read, &wanted))
			return (struct where){.line = line, .at = item};
	}
	return where_value(c, line);
}

struct where where_text(const struct check *c, uint32_t line, const char *text)
{
	struct slice rest = where_value(c, line).at, item;

	while (rest.len <= LINE_MAX_SEARCHED && list_next_quick(&rest, &item))
		if (item.len == strlen(text) && memcmp(item.at, text, item.len) == 0)
			return (struct where){.line = line, .at = item};
	return where_value(c, line);
}

struct where where_hook(const struct check *c, const struct hook *hook, size_t offset, size_t n)
{
	if (is_enough(c))
		return (struct where){0};

	struct slice at = cut(c, hook->line).full_value;
	line_take_dash(&at);
	size_t from = hook_place(hook, c->conf->ifname, offset);
	size_t to = hook_place(hook, c->conf->ifname, offset + n);
	if (to > at.len)
		return (struct where){.line = hook->line, .at = at};
	return (struct where){.line = hook->line, .at = {at.at + from, to - from}};
}

struct where where_in_peer(const struct check *c, const struct wg_peer *peer, uint32_t line)
{
	if (line || is_enough(c))
		return where_value(c, line);
	return (struct where){.line = peer->line, .at = cut(c, peer->line).stripped};
}

bool check_may_show(const struct check *c, uint32_t line)
{
	const struct scan_line scanned = {.key = cut(c, line).key, .text = line_text(c, line)};

	return !line_is_secret(&scanned);
}

const char *check_line(struct check *c, uint32_t line, uint32_t beside)
{
	buf_clear(&c->line_name);
	sources_name_line(&c->conf->sources, line, beside, &c->line_name);
	return buf_text(&c->line_name);
}

static struct place place_of(const struct check *c, struct where where)
{
	struct slice text = line_text(c, where.line);
	struct place place = conf_place(c->conf, where.line);

	if (where.file) {
		place.file = where.file->path;
		place.order = where.file->first;
	}
	if (!text.at || !check_may_show(c, where.line))
		return place;
	place.text = text.at;
	place.text_len = text.len;
	if (where.at.len) {
		place.col = (uint32_t)(where.at.at - text.at) + 1;
		place.len = (uint32_t)where.at.len;
	}
	return place;
}

void check_found(struct check *c, struct where where, const char *hint, const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0};
	va_list args;

	if (++c->found > CHECK_SHOWN_MAX)
		return;
	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);

	const struct place place = place_of(c, where);
	diag_warn_at(c->d, &place, hint, "%s", buf_text(&message));
	diag_id(c->d, c->id);
	diag_level(c->d, c->level);
	c->last_line = where.line;
}

void check_count_hidden(struct check *c)
{
	const struct place last = conf_place(c->conf, c->last_line);

	if (c->found <= CHECK_SHOWN_MAX)
		return;
	diag_warn_at(c->d, &last, NULL, "%zu more of these are not shown",
		     c->found - CHECK_SHOWN_MAX);
	diag_id(c->d, c->id);
	diag_level(c->d, c->level);
}
