/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing to the end, with EINTR and short counts handled. These add no error: their
 * callers know what the file is called. */
#pragma once

#include <stddef.h>

#include "wgq/base/buf.h"

/* Appends all there is to read, of which the size may be known; 0: it is not. 0, -errno, -ENOMEM,
 * or -EFBIG when that is more than max bytes. */
int io_read_all(int fd, size_t size, size_t max, struct buf *ret);

/* 0 or -errno. */
int io_write_all(int fd, const void *data, size_t n);

/* Sleeps for so many milliseconds, or until a signal comes. */
void io_sleep_ms(unsigned int ms);
