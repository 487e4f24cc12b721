/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times and amounts as people say them. */
#pragma once

#include <stdint.h>

#include "wgq/base/buf.h"

/* How long ago something was, both in seconds since the epoch: "12 seconds ago", "just now", and
 * "never" for 0. "in the future" where the clock was set back. */
void words_ago(struct buf *out, int64_t then, int64_t now);

/* As wg(8) says it: "148 B", "1.45 KiB", "3.20 MiB". */
void words_bytes(struct buf *out, uint64_t bytes);
/* The same for a second: "1.45 KiB/s"; "-" for nothing. */
void words_rate(struct buf *out, uint64_t bytes, double seconds);

/* "1 peer", "2 peers" */
void words_count(struct buf *out, uint64_t n, const char *one);
