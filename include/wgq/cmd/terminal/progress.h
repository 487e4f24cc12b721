/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress of something that takes long, as a line of text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"

/* "200,000 of 1,000,000 routes, 100,000/s, 8 s left": what was done after so many milliseconds. */
void progress_text(const char *what, size_t done, size_t total, uint64_t elapsed_ms,
		   struct buf *ret_text);
