// SPDX-License-Identifier: GPL-2.0-or-later
// Random bytes from the kernel.
#include "wgq/sys/host/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

int random_fill(void *at, size_t n, struct diag *d)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = getrandom((uint8_t *)at + done, n - done, 0);

		if (got < 0 && errno != EINTR)
			return diag_fail(d, errno, "cannot get random bytes");
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}
