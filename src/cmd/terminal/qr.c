// SPDX-License-Identifier: GPL-2.0-or-later
// QR codes, by libqrencode: loaded when one is asked for.
#include "wgq/cmd/terminal/qr.h"

#include <errno.h>
#include <limits.h>
#include <qrencode.h>
#include <stdbool.h>
#include <string.h>

#include "picture.h"
#include "wgq/base/mem.h"
#include "wgq/sys/library.h"

enum {
	QUIET_ZONE = 4, /* modules of light around the code, ISO/IEC 18004 9.1 */
	PIXELS = 8,     /* of a module, to a side */
};

static struct {
	__typeof__(QRcode_encodeData) *encode;
	__typeof__(QRcode_free) *release;
} qr;

static int load(struct diag *d)
{
	static const char *const names[] = {"QRcode_encodeData", "QRcode_free"};
	static struct library library = {
		.file = "libqrencode.so.4",
		.purpose = "a QR code needs libqrencode, which is not installed",
		.names = names,
		.count = sizeof(names) / sizeof(names[0]),
		.functions = &qr,
	};

	return library_load(&library, d);
}

/* The modules hold the text. */
static void code_free_at(QRcode **code)
{
	if (!*code)
		return;
	mem_wipe((*code)->data, (size_t)(*code)->width * (size_t)(*code)->width);
	qr.release(*code);
}

static int encode(const char *text, size_t n, QRcode **ret, struct diag *d)
{
	int r = load(d);

	if (r < 0)
		return r;
	if (n <= INT_MAX)
		*ret = qr.encode((int)n, (const unsigned char *)text, 0, QR_ECLEVEL_L);
	if (*ret)
		return 0;
	return n > INT_MAX || errno == ERANGE
		       ? diag_refuse(d, EMSGSIZE, "this is too long for a QR code")
		       : diag_fail(d, errno, "cannot make a QR code");
}

static bool is_dark(const QRcode *code, int row, int column)
{
	return row >= 0 && column >= 0 && row < code->width && column < code->width &&
	       (code->data[row * code->width + column] & 1);
}

/* Two rows of modules are one line of text, and `across` columns one character. */
static void add_line(const QRcode *code, int row, int across, struct buf *out)
{
	static const char *const halves[] = {"\u2588", "\u2580", "\u2584", " "};
	/* By what is light: above left 1, above right 2, below left 4, below right 8. */
	static const char *const quarters[] = {
		" ",      "\u2598", "\u259d", "\u2580", "\u2596", "\u258c", "\u259e", "\u259b",
		"\u2597", "\u259a", "\u2590", "\u259c", "\u2584", "\u2599", "\u259f", "\u2588",
	};

	for (int column = -QUIET_ZONE; column < code->width + QUIET_ZONE; column += across) {
		bool left = is_dark(code, row, column), below = is_dark(code, row + 1, column);
		int light = (!left) + 2 * !is_dark(code, row, column + 1) + 4 * !below +
			    8 * !is_dark(code, row + 1, column + 1);

		buf_str(out, across == 1 ? halves[2 * left + below] : quarters[light]);
	}
}

int qr_add(const struct term *t, const char *text, size_t n, struct buf *out, struct diag *d)
{
	_cleanup_(code_free_at) QRcode *code = NULL;
	int r = encode(text, n, &code, d);

	if (r < 0)
		return r;
	int columns = code->width + 2 * QUIET_ZONE, width = (int)t->width;
	int across = width && columns > width ? 2 : 1;
	if (width && (columns + 1) / across > width) {
		diag_refuse(d, EMSGSIZE, "the QR code needs a terminal of %d columns",
			    (columns + 1) / 2);
		return -EMSGSIZE;
	}
	for (int row = -QUIET_ZONE; row < code->width + QUIET_ZONE; row += 2) {
		buf_str(out, t->colour ? "\033[97;40m" : "");
		add_line(code, row, across, out);
		buf_str(out, t->colour ? "\033[0m\n" : "\n");
	}
	return 0;
}

static bool code_is_dark(const void *context, unsigned int row, unsigned int column)
{
	return is_dark(context, (int)row - QUIET_ZONE, (int)column - QUIET_ZONE);
}

int qr_format_of(const char *path, enum qr_format *ret)
{
	size_t n = strlen(path);
	const char *end = n > 4 ? path + n - 4 : "";

	*ret = strcmp(end, ".svg") == 0 ? QR_SVG : QR_PNG;
	return strcmp(end, ".png") == 0 || *ret == QR_SVG ? 0 : -EINVAL;
}

int qr_picture(enum qr_format format, const char *text, size_t n, struct buf *out, struct diag *d)
{
	_cleanup_(code_free_at) QRcode *code = NULL;
	int r = encode(text, n, &code, d);

	if (r < 0)
		return r;
	const struct picture picture = {.side = (unsigned int)code->width + 2 * QUIET_ZONE,
					.pixels = PIXELS,
					.is_dark = code_is_dark,
					.context = code};
	if (format == QR_PNG)
		picture_png(&picture, out);
	else
		picture_svg(&picture, out);
	return 0;
}
