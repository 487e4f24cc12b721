// SPDX-License-Identifier: GPL-2.0-or-later
// Growable bytes, and the two escapings that keep foreign text harmless.
#include "wgq/base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

/* realloc() would leave a secret behind in the memory that it frees. */
static char *buf_move(struct buf *b, size_t cap)
{
	if (!b->secret || !b->data)
		return realloc(b->data, cap);

	char *moved = malloc(cap);
	if (!moved)
		return NULL;
	memcpy(moved, b->data, b->len + 1);
	mem_wipe(b->data, b->cap);
	free(b->data);
	return moved;
}

/* Room for n more bytes and the NUL. */
static bool buf_room(struct buf *b, size_t n)
{
	if (b->failed)
		return false;
	if (b->cap - b->len > n)
		return true;

	size_t cap = b->cap + b->cap / 2;
	if (n >= SIZE_MAX - b->len || cap < b->len + n + 1)
		cap = n >= SIZE_MAX - b->len ? 0 : b->len + n + 1;
	if (cap && cap < 64)
		cap = 64;
	char *moved = cap ? buf_move(b, cap) : NULL;
	if (!moved) {
		b->failed = true;
		return false;
	}
	b->data = moved;
	b->cap = cap;
	return true;
}

int buf_status(const struct buf *b)
{
	return b->failed ? -ENOMEM : 0;
}

char *buf_space(struct buf *b, size_t n)
{
	return buf_room(b, n) ? b->data + b->len : NULL;
}

void buf_grow(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_mem(struct buf *b, const void *data, size_t n)
{
	char *end = buf_space(b, n);

	if (!end)
		return;
	if (n)
		memcpy(end, data, n);
	buf_grow(b, n);
}

void buf_str(struct buf *b, const char *s)
{
	buf_mem(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_mem(b, &c, 1);
}

void buf_addv(struct buf *b, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0 || !buf_room(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
	b->len += (size_t)n;
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_addv(b, format, args);
	va_end(args);
}

size_t buf_utf8_length(const char *text, size_t n)
{
	static const struct {
		unsigned char mask, lead, least, most; /* of the second byte */
		size_t length;
	} forms[] = {
		{0xff, 0xc2, 0xa0, 0xbf, 2}, {0xe0, 0xc0, 0x80, 0xbf, 2},
		{0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3},
		{0xf0, 0xe0, 0x80, 0xbf, 3}, {0xff, 0xf0, 0x90, 0xbf, 4},
		{0xff, 0xf4, 0x80, 0x8f, 4}, {0xf8, 0xf0, 0x80, 0xbf, 4},
	};

	const unsigned char *s = (const unsigned char *)text;

	if (s[0] < 0x80)
		return 1;
	if (s[0] == 0xc0 || s[0] == 0xc1 || s[0] > 0xf4)
		return 0;
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		if ((s[0] & forms[f].mask) != forms[f].lead)
			continue;
		if (n < forms[f].length || s[1] < forms[f].least || s[1] > forms[f].most)
			return 0;
		for (size_t i = 2; i < forms[f].length; i++)
			if ((s[i] & 0xc0) != 0x80)
				return 0;
		return forms[f].length;
	}
	return 0;
}

uint32_t buf_utf8_format(const char *text, size_t length)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0xad, 0xad},     {0x61c, 0x61c},     {0x180e, 0x180e},   {0x200b, 0x200b},
		{0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0xfeff, 0xfeff},
		{0xfff9, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe007f},
	};
	uint32_t c = (unsigned char)text[0];

	if (length < 2)
		return 0;
	c &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return c;
	return 0;
}

void buf_printable(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t length = c >= 0x20 && c < 0x7f ? 1 : 0;
		uint32_t format = 0;

		if (c >= 0x80)
			length = buf_utf8_length(s + i, n - i);
		if (length)
			format = buf_utf8_format(s + i, length);
		if (c == '\t') {
			buf_char(b, ' ');
			i++;
		} else if (format) {
			buf_addf(b, format > 0xffff ? "\\U%08x" : "\\u%04x", format);
			i += length;
		} else if (length) {
			buf_mem(b, s + i, length);
			i += length;
		} else {
			buf_addf(b, "\\x%02x", c);
			i++;
		}
	}
}

void buf_shell_word(struct buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	if (*s && strspn(s, plain) == strlen(s)) {
		buf_str(b, s);
		return;
	}
	buf_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *s);
	}
	buf_char(b, '\'');
}

void buf_sysctl_name(struct buf *b, const char *path)
{
	for (; *path; path++)
		buf_char(b, *path == '/' ? '.' : *path == '.' ? '/' : *path);
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_steal(struct buf *b)
{
	if (!b->data)
		buf_mem(b, "", 0);
	char *text = b->failed ? NULL : steal(b->data);

	buf_release(b);
	return text;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

void buf_release(struct buf *b)
{
	if (b->secret && b->data)
		mem_wipe(b->data, b->cap);
	free(b->data);
	*b = (struct buf){0};
}

/* Characters, without the sequences for colours. */
static size_t columns_of(const char *text, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\033')
			i += strcspn(text + i, "m");
		else
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return columns;
}

void buf_wrap(struct buf *b, size_t start, const char *indent, size_t width)
{
	size_t indent_columns = columns_of(indent, strlen(indent)), column = 0;
	_cleanup_buf_ struct buf line = {.secret = b->secret};

	if (!width || b->failed || columns_of(buf_text(b) + start, b->len - start) <= width)
		return;
	buf_str(&line, b->data + start);
	b->failed |= line.failed;
	b->len = start;
	for (const char *at = buf_text(&line); *at;) {
		size_t blanks = strspn(at, " ");
		size_t n = blanks + strcspn(at + blanks, " ");
		size_t columns = columns_of(at, n);

		if (column > indent_columns && column + columns > width) {
			buf_char(b, '\n');
			buf_str(b, indent);
			column = indent_columns;
			columns -= blanks;
			at += blanks;
			n -= blanks;
		}
		buf_mem(b, at, n);
		column += columns;
		at += n;
	}
}
