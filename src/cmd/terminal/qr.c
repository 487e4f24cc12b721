// SPDX-License-Identifier: GPL-2.0-or-later
// QR codes in a terminal, by libqrencode.
#include "wgq/cmd/terminal/qr.h"

#include <errno.h>
#include <limits.h>
#include <qrencode.h>
#include <stdbool.h>

#include "wgq/base/mem.h"

enum { QUIET_ZONE = 4 /* modules of light around the code, ISO/IEC 18004 9.1 */ };

/* The modules hold the text. */
static void code_free_at(QRcode **code)
{
	if (!*code)
		return;
	mem_wipe((*code)->data, (size_t)(*code)->width * (size_t)(*code)->width);
	QRcode_free(*code);
}

static bool is_dark(const QRcode *code, int row, int column)
{
	return row >= 0 && column >= 0 && row < code->width && column < code->width &&
	       (code->data[row * code->width + column] & 1);
}

/* Two rows of modules are one line of text. */
static void add_line(const QRcode *code, int row, struct buf *out)
{
	static const char *const blocks[] = {"\u2588", "\u2580", "\u2584", " "};

	for (int column = -QUIET_ZONE; column < code->width + QUIET_ZONE; column++)
		buf_str(out,
			blocks[2 * is_dark(code, row, column) + is_dark(code, row + 1, column)]);
}

int qr_add(const struct term *t, const char *text, size_t n, struct buf *out, struct diag *d)
{
	_cleanup_(code_free_at) QRcode *code = NULL;

	if (n > INT_MAX)
		return diag_refuse(d, EMSGSIZE, "this is too long for a QR code");
	code = QRcode_encodeData((int)n, (const unsigned char *)text, 0, QR_ECLEVEL_L);
	if (!code && errno == ERANGE)
		return diag_refuse(d, EMSGSIZE, "this is too long for a QR code");
	if (!code)
		return diag_fail(d, errno, "cannot make a QR code");
	if (t->width && (unsigned)(code->width + 2 * QUIET_ZONE) > t->width)
		return diag_refuse(d, EMSGSIZE, "the QR code needs a terminal of %d columns",
				   code->width + 2 * QUIET_ZONE);
	for (int row = -QUIET_ZONE; row < code->width + QUIET_ZONE; row += 2) {
		buf_str(out, t->colour ? "\033[97;40m" : "");
		add_line(code, row, out);
		buf_str(out, t->colour ? "\033[0m\n" : "\n");
	}
	return 0;
}
