// SPDX-License-Identifier: GPL-2.0-or-later
// Reading and writing to the end.
#include "wgq/sys/file/io.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of what does not say how long it is: pipes, and files of the kernel's. */
enum { CHUNK = 16384 };

/* What is read at once: all of a file that says how long it is, and a byte more to see its end. */
static size_t read_size(int fd, size_t max)
{
	struct stat st;
	bool known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;

	if (!known)
		return CHUNK;
	return ((size_t)st.st_size < max ? (size_t)st.st_size : max) + 1;
}

int io_read_all(int fd, size_t max, struct buf *ret)
{
	size_t start = ret->len, size = read_size(fd, max), got = 0;

	for (;;) {
		/* What is left of the room for a file of known size, then more. */
		size_t want = got < size ? size - got : CHUNK;
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
		if (n == 0)
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
