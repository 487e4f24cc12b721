// SPDX-License-Identifier: GPL-2.0-or-later
// Checked allocation and the destructors of plain memory and file descriptors.
#include "wgq/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *mem_calloc(size_t count, size_t size)
{
	return calloc(count ? count : 1, size ? size : 1);
}

char *mem_strndup(const char *s, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy)
		return NULL;
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

void mem_wipe(void *at, size_t n)
{
	explicit_bzero(at, n);
}

void mem_free_at(void *variable)
{
	void *memory;

	memcpy(&memory, variable, sizeof(memory));
	free(memory);
}

__attribute__((noinline)) void mem_wipe_stack(void)
{
	/* tests/faults/secrets finds a key without it, and none from 8 KiB on. */
	char used[32768];
	volatile int differ = 0;

	mem_wipe(used, sizeof(used));
	/* What they copied and compared last is still in vector registers: now it is zeros. */
	for (size_t n = 1; n <= 4096; n *= 2) {
		memmove(used, used + sizeof(used) / 2, n);
		differ |= memcmp(used, used + sizeof(used) / 2, n) != 0;
	}
	(void)differ;
}

void fd_close_at(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}
