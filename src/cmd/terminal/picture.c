// SPDX-License-Identifier: GPL-2.0-or-later
// A square of squares as PNG and SVG. A PNG of one bit a pixel is small without being compressed.
#include "picture.h"

#include <stdint.h>

static void add_number(uint32_t number, struct buf *out)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_char(out, (char)(number >> shift));
}

/* PNG, annex D. */
static uint32_t crc(const char *at, size_t n)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		sum ^= (uint8_t)at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

static void add_chunk(const char *type, const struct buf *data, struct buf *out)
{
	_cleanup_buf_ struct buf chunk = {.secret = true};

	buf_str(&chunk, type);
	buf_mem(&chunk, buf_text(data), data->len);
	add_number((uint32_t)data->len, out);
	buf_mem(out, buf_text(&chunk), chunk.len);
	add_number(crc(buf_text(&chunk), chunk.len), out);
	out->failed |= chunk.failed;
}

/* Each begins with its filter, which is none. Dark is 0. */
static void add_rows(const struct picture *p, struct buf *out)
{
	for (unsigned int y = 0; y < p->side * p->pixels; y++) {
		uint8_t byte = 0;

		buf_char(out, '\0');
		for (unsigned int x = 0; x < p->side * p->pixels; x++) {
			byte = (uint8_t)(byte << 1 |
					 !p->is_dark(p->context, y / p->pixels, x / p->pixels));
			if (x % 8 == 7)
				buf_char(out, (char)byte);
		}
	}
}

/* RFC 1950, with stored blocks of RFC 1951. */
static void add_stored(const struct buf *rows, struct buf *out)
{
	enum { BLOCK_MAX = 65535, ADLER = 65521 };
	uint32_t a = 1, b = 0;

	buf_mem(out, "\x78\x01", 2);
	for (size_t at = 0; at < rows->len; at += BLOCK_MAX) {
		size_t n = rows->len - at < BLOCK_MAX ? rows->len - at : BLOCK_MAX;

		buf_char(out, at + n == rows->len);
		buf_char(out, (char)n);
		buf_char(out, (char)(n >> 8));
		buf_char(out, (char)~n);
		buf_char(out, (char)(~n >> 8));
		buf_mem(out, buf_text(rows) + at, n);
	}
	for (size_t i = 0; i < rows->len; i++) {
		a = (a + (uint8_t)buf_text(rows)[i]) % ADLER;
		b = (b + a) % ADLER;
	}
	add_number(b << 16 | a, out);
}

void picture_png(const struct picture *p, struct buf *out)
{
	_cleanup_buf_ struct buf header = {0}, rows = {.secret = true}, data = {.secret = true};
	const struct buf nothing = {0};

	add_number(p->side * p->pixels, &header);
	add_number(p->side * p->pixels, &header);
	buf_mem(&header, "\1\0\0\0\0", 5); /* one bit, grey */
	add_rows(p, &rows);
	add_stored(&rows, &data);
	buf_str(out, "\x89PNG\r\n\x1a\n");
	add_chunk("IHDR", &header, out);
	add_chunk("IDAT", &data, out);
	add_chunk("IEND", &nothing, out);
	out->failed |= header.failed || rows.failed || data.failed;
}

void picture_svg(const struct picture *p, struct buf *out)
{
	unsigned int pixels = p->side * p->pixels;

	buf_addf(out,
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		 "viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\">\n"
		 "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<path d=\"",
		 pixels, pixels, p->side, p->side);
	for (unsigned int row = 0; row < p->side; row++)
		for (unsigned int column = 0; column < p->side; column++)
			if (p->is_dark(p->context, row, column))
				buf_addf(out, "M%u %uh1v1h-1z", column, row);
	buf_str(out, "\"/>\n</svg>\n");
}
