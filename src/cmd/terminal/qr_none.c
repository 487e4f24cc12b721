// SPDX-License-Identifier: GPL-2.0-or-later
// In the place of qr.c where this program is built without libqrencode.
#include <errno.h>

#include "wgq/cmd/terminal/qr.h"

int qr_add(const struct term *t, const char *text, size_t n, struct buf *out, struct diag *d)
{
	(void)t;
	return qr_picture(QR_PNG, text, n, out, d);
}

int qr_format_of(const char *path, enum qr_format *ret)
{
	(void)path;
	*ret = QR_PNG;
	return 0;
}

int qr_picture(enum qr_format format, const char *text, size_t n, struct buf *out, struct diag *d)
{
	(void)format;
	(void)text;
	(void)n;
	(void)out;
	return diag_refuse(d, EOPNOTSUPP, "wgq was built without QR codes (libqrencode)");
}
