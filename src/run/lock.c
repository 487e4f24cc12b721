// SPDX-License-Identifier: GPL-2.0-or-later
// The lock between wgq processes.
#include "wgq/run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "wgq/base/mem.h"
#include "wgq/sys/io.h"

static const char path[] = "/run/wgq.lock";

/* A flock(2) that waits would miss a signal that comes just before the call. */
enum { TRY_INTERVAL_MS = 10, UNDO_TRIES = 500 };

int lock_take(const volatile sig_atomic_t *stop, int *ret_fd, struct diag *d)
{
	/* A signal from before is obeyed already: the undo wants the lock. */
	bool undoing = stop && *stop;
	_cleanup_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*ret_fd = -1;
	if (fd < 0 && (errno == ENOENT || errno == EROFS || errno == EACCES || errno == ENOSPC ||
		       errno == EDQUOT))
		return 0;
	if (fd < 0)
		return diag_fail(d, errno, "cannot open %s", path);
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return diag_fail(d, errno, "cannot lock %s", path);
		if (stop && *stop && (!undoing || tries == UNDO_TRIES))
			return diag_refuse(d, EINTR, "stopped while waiting for another wgq");
		io_sleep_ms(TRY_INTERVAL_MS);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}
