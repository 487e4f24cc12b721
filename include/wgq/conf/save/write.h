/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations as text. */
#pragma once

#include <stddef.h>

#include "wgq/base/buf.h"

/* What `wg-quick strip` prints, to the byte (linux.bash:361-363): every line that is not a key of
 * wg-quick's own, without its indentation, and one blank line more. One byte differs: bash loses a
 * \001 before the blanks at a line's end. */
void conf_strip(const char *text, size_t n, struct buf *ret_text);
