// SPDX-License-Identifier: GPL-2.0-or-later
// Writes JSON, and reads a string of it.
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

/* Four digits of base 16; -1: they are none. */
static int32_t read_unit(const char *text, size_t n)
{
	int32_t unit = 0;

	for (size_t i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = i < n && text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return -1;
		unit = unit << 4 | (int32_t)((digit - digits) & 0xf);
	}
	return unit;
}

static void add_utf8(struct buf *out, int32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
	} else if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
		buf_char(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_char(out, (char)(0xe0 | c >> 12));
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_char(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_char(out, (char)(0xf0 | c >> 18));
		buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_char(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* uXXXX, or two of them for a character beyond U+FFFF; the bytes used, 0: it is none. */
static size_t add_unicode(struct buf *out, const char *text, size_t n)
{
	int32_t high = text[0] == 'u' ? read_unit(text + 1, n - 1) : -1;

	if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
		return 0;
	if (high < 0xd800 || high >= 0xe000) {
		add_utf8(out, high);
		return 5;
	}
	int32_t low = n > 7 && text[5] == '\\' && text[6] == 'u' ? read_unit(text + 7, n - 7) : -1;
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	add_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
	return 11;
}

void json_unescape(struct buf *out, const char *text, size_t n)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";

	for (size_t i = 0; i < n; i++) {
		size_t used = 0;

		if (text[i] == '\\' && i + 1 < n) {
			const char *escape = text[i + 1] ? strchr(escapes, text[i + 1]) : NULL;

			if (escape)
				buf_char(out, meant[escape - escapes]);
			used = escape ? 1 : add_unicode(out, text + i + 1, n - i - 1);
		}
		if (!used)
			buf_char(out, text[i]);
		i += used;
	}
}
