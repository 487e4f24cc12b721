/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations as text for other programs. */
#pragma once

#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/conf/conf.h"

/* Whether what an own key asks for is in keys that others know, when it is written from values. */
bool conf_own_is_written(const struct conf_own *own);

enum conf_reader { READER_WG, READER_WG_QUICK };

/* The text of one file, without the lines that the reader does not know. For wg(8) it is what
 * `wg-quick strip` prints, to the byte (linux.bash:361-363): every line that is not a key of
 * wg-quick's own, without its indentation, and one blank line more. One byte differs: bash loses a
 * \001 before the blanks at a line's end. */
void conf_strip(const char *text, size_t n, enum conf_reader reader, struct buf *ret_text);
/* The same from values, which come from several files or are not in the text. */
void conf_write(const struct conf *conf, enum conf_reader reader, struct buf *ret_text);
