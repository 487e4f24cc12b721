/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QR codes (ISO/IEC 18004), drawn in a terminal or as a picture. */
#pragma once

#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/cmd/terminal/term.h"

/* Adds the code of a text, in lines of block characters: halves, or quarters where the terminal is
 * narrow. On a terminal dark is black and light is white, whatever its colours are; elsewhere light
 * is drawn and dark is left blank. -EMSGSIZE: the terminal is too narrow or the text too long.
 * -EOPNOTSUPP: libqrencode is not installed, or was not there when this program was built. */
int qr_add(const struct term *t, const char *text, size_t n, struct buf *out, struct diag *d);

enum qr_format { QR_PNG, QR_SVG };
/* By the end of a file's name. 0 or -EINVAL. */
int qr_format_of(const char *path, enum qr_format *ret);
/* Adds the bytes of a picture of it. */
int qr_picture(enum qr_format format, const char *text, size_t n, struct buf *out, struct diag *d);
