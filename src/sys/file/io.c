// SPDX-License-Identifier: GPL-2.0-or-later
// Reading and writing to the end.
#include "wgq/sys/file/io.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/* Of what does not say how long it is: pipes, and files of the kernel's. */
enum { CHUNK = 16384 };

int io_read_all(int fd, size_t size, size_t max, struct buf *ret)
{
	size_t start = ret->len, got = 0, room = 0;

	if (size)
		room = (size < max ? size : max) + 1;
	for (;;) {
		/* What is left of the room for a file of known size, then more. */
		size_t want = got < room ? room - got : CHUNK;
		char *at = buf_space(ret, want);
		ssize_t n = at ? read(fd, at, want) : -1;

		if (!at)
			return -ENOMEM;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf_grow(ret, (size_t)n);
		got = ret->len - start;
		if (got > max)
			return -EFBIG;
		if (n == 0 || (got == size && (size_t)n < want))
			return 0;
	}
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
