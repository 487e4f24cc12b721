// SPDX-License-Identifier: GPL-2.0-or-later
// Writes JSON.
#include "wgq/base/json.h"

#include <inttypes.h>
#include <string.h>

static void add_quoted(struct buf *out, const char *text, size_t n)
{
	buf_char(out, '"');
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)text[i];
		size_t length = buf_utf8_length(text + i, n - i);
		uint32_t format = buf_utf8_format(text + i, length);

		if (!length)
			buf_str(out, "\\ufffd");
		else if (format > 0xffff)
			buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((format - 0x10000) >> 10),
				 0xdc00 + (format & 0x3ff));
		else if (format)
			buf_addf(out, "\\u%04x", format);
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\u%04x", c);
		else
			buf_mem(out, text + i, length);
		i += length ? length : 1;
	}
	buf_char(out, '"');
}

static void new_line(struct json *j)
{
	if (j->one_line)
		return;
	buf_char(j->out, '\n');
	for (unsigned i = 0; i < j->depth; i++)
		buf_str(j->out, "  ");
}

/* What comes before a value: the comma after the last one, its own line, its key. */
static void begin_value(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->levels[j->depth - 1].filled)
			buf_str(j->out, j->one_line ? ", " : ",");
		j->levels[j->depth - 1].filled = true;
		new_line(j);
	}
	if (key) {
		add_quoted(j->out, key, strlen(key));
		buf_str(j->out, ": ");
	}
}

static void end_value(struct json *j)
{
	if (!j->depth)
		buf_char(j->out, '\n');
}

static void begin_level(struct json *j, const char *key, char begin, char end)
{
	begin_value(j, key);
	if (j->depth == JSON_DEPTH_MAX) {
		j->out->failed = true;
		return;
	}
	buf_char(j->out, begin);
	j->levels[j->depth].end = end;
	j->levels[j->depth].filled = false;
	j->depth++;
}

void json_object(struct json *j, const char *key)
{
	begin_level(j, key, '{', '}');
}

void json_array(struct json *j, const char *key)
{
	begin_level(j, key, '[', ']');
}

void json_end(struct json *j)
{
	if (!j->depth)
		return;
	j->depth--;
	if (j->levels[j->depth].filled)
		new_line(j);
	buf_char(j->out, j->levels[j->depth].end);
	end_value(j);
}

void json_string(struct json *j, const char *key, const char *value)
{
	if (value)
		json_string_n(j, key, value, strlen(value));
	else
		json_null(j, key);
}

void json_string_n(struct json *j, const char *key, const char *value, size_t n)
{
	begin_value(j, key);
	add_quoted(j->out, value, n);
	end_value(j);
}

void json_number(struct json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	buf_addf(j->out, "%" PRId64, value);
	end_value(j);
}

void json_unsigned(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	buf_addf(j->out, "%" PRIu64, value);
	end_value(j);
}

void json_unsigned_or_null(struct json *j, const char *key, uint64_t value)
{
	if (value)
		json_unsigned(j, key, value);
	else
		json_null(j, key);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	buf_str(j->out, value ? "true" : "false");
	end_value(j);
}

void json_null(struct json *j, const char *key)
{
	begin_value(j, key);
	buf_str(j->out, "null");
	end_value(j);
}
