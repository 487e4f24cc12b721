/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QR codes (ISO/IEC 18004) as lines of half-block characters. */
#pragma once

#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/cmd/terminal/term.h"

/* Adds the code of a text. On a terminal dark is black and light is white, whatever its colours
 * are; elsewhere light is drawn and dark is left blank. -EMSGSIZE: the terminal is too narrow or
 * the text too long. -EOPNOTSUPP: built without libqrencode. */
int qr_add(const struct term *t, const char *text, size_t n, struct buf *out, struct diag *d);
