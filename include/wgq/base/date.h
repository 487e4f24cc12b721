/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Days and moments in UTC as text: 2026-12-31, 2026-12-31T18:00Z, 2026-12-31T18:00:00Z (ISO 8601).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"

/* Seconds since the epoch; a day alone is its beginning. 0 or -EINVAL. */
int date_read(const char *s, size_t n, int64_t *ret);
/* A day alone where the moment is its beginning. */
void date_add(int64_t seconds, struct buf *out);
