// SPDX-License-Identifier: GPL-2.0-or-later
// Reading and writing to the end.
#include "wgq/sys/io.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"

int io_read_all(int fd, size_t max, struct buf *ret)
{
	char chunk[16384];
	size_t total = 0;
	int r = 0;

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		total += (size_t)n;
		if (total > max) {
			r = -EFBIG;
			break;
		}
		buf_mem(ret, chunk, (size_t)n);
		if (buf_status(ret) < 0) {
			r = -ENOMEM;
			break;
		}
	}
	if (ret->secret)
		mem_wipe(chunk, sizeof(chunk));
	return r;
}

int io_write_all(int fd, const void *data, size_t n)
{
	for (const char *at = data; n > 0;) {
		ssize_t done = write(fd, at, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		if (done == 0)
			return -EIO;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

void io_sleep_ms(unsigned int ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}
