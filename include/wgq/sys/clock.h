/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock by which this process measures time: it is never set, and stands still while the host
 * is suspended. `wgq run` waits by another one, loop_now(), which does not. */
#pragma once

#include <stdint.h>

enum { CLOCK_US = 1000, CLOCK_MS = 1000000, CLOCK_S = 1000000000 };

/* In nanoseconds: clock_ns() / CLOCK_MS are milliseconds. */
int64_t clock_ns(void);
