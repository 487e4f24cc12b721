// SPDX-License-Identifier: GPL-2.0-or-later
// Errors and warnings: the place in the line, and what of the line may be shown.
#include <stdarg.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/conf/parse/keys.h"

enum { SHOWN_VALUE_MAX = 60 }; /* bytes of a value in a message */

/* What messages about a line need to know of it; found once, since the line may be 20 MB long. */
static struct line_facts *facts_of(struct parser *p)
{
	struct line_facts *facts = &p->facts;
	struct slice text = p->line->text;

	if (facts->line == p->line->number)
		return facts;
	const char *comment = memchr(text.at, '#', text.len);
	if (comment)
		text.len = (size_t)(comment - text.at);
	facts->line = p->line->number;
	facts->secret = line_is_secret(p->line);
	facts->odd_said = false;
	facts->odd = odd_find(text, p->line->value, &facts->odd_at);
	return facts;
}

struct slice shown(struct parser *p, struct slice s)
{
	static const char hidden[] = "(not shown)";

	if (facts_of(p)->secret)
		return (struct slice){hidden, sizeof(hidden) - 1};
	return (struct slice){s.at, s.len < SHOWN_VALUE_MAX ? s.len : SHOWN_VALUE_MAX};
}

static struct place place_of(struct parser *p, struct slice at)
{
	const struct slice text = p->line->text;
	struct place place = conf_place(p->conf, p->line->number);

	place.text = facts_of(p)->secret ? NULL : text.at;
	place.text_len = text.len;
	place.col = (uint32_t)(at.at - text.at) + 1;
	place.len = (uint32_t)at.len;
	return place;
}

void parse_error(struct parser *p, struct slice at, const char *hint, const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0};
	va_list args;

	/* Whatever seems wrong, this explains it, once: whose file it is, or what is odd in the
	 * line. */
	if (p->told_foreign || (p->facts.line == p->line->number && p->facts.odd_said))
		return;
	if (++p->errors > PARSE_SHOWN_MAX)
		return;
	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);

	struct line_facts *facts = facts_of(p);
	if (facts->odd) {
		facts->odd_said = true;
		at = facts->odd_at;
		hint = facts->odd->hint;
		buf_clear(&message);
		buf_str(&message, facts->odd->name);
	} else if (p->line->value.len && at.len && at.at >= p->line->value.at &&
		   strchr("\"'`", at.at[0])) {
		hint = "delete the quotes: a value has none";
	}
	const struct place place = place_of(p, at);
	diag_fail_at(p->d, &place, hint, "%s", buf_text(&message));
}

void parse_not(struct parser *p, struct slice at, const char *what, const char *hint)
{
	struct slice value = shown(p, at);

	parse_error(p, at, hint, "\"%.*s\" is not %s", SLICE_ARG(value), what);
}

void parse_warning(struct parser *p, struct slice at, const char *id, const char *hint,
		   const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0};
	va_list args;

	if (p->told_foreign || ++p->warnings > PARSE_SHOWN_MAX)
		return;
	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);
	const struct place place = place_of(p, at);
	diag_warn_at(p->d, &place, hint, "%s", buf_text(&message));
	diag_id(p->d, id);
}

int parse_own(struct parser *p, bool is_hook)
{
	struct conf_own *own = vec_push(&p->conf->own);

	if (!own)
		return diag_no_memory(p->d);
	*own = (struct conf_own){conf_keys()[p->id].name, p->line->number, is_hook};
	return 0;
}

void parse_count_hidden(const struct parser *p)
{
	const struct place whole = conf_place(p->conf, 0);

	if (p->warnings > PARSE_SHOWN_MAX)
		diag_warn_at(p->d, &whole, NULL, "%zu more warnings are not shown",
			     p->warnings - PARSE_SHOWN_MAX);
	if (p->errors > PARSE_SHOWN_MAX)
		diag_fail_at(p->d, &whole, NULL, "%zu more errors are not shown",
			     p->errors - PARSE_SHOWN_MAX);
}
