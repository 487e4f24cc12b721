/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps wgq processes apart while they look and change. lock.c says how. */
#pragma once

#include <signal.h>

#include "wgq/base/diag.h"

/* Waits for the lock; after a second says once who has it. *stop ends the wait with -EINTR when it
 * becomes nonzero; where it was before, the lock is for an undo, and 5 seconds do. *ret_fd is
 * closed to unlock. Where there is no writable /run, *ret_fd is -1 and nobody is kept apart; who
 * may not open the lock is warned of that. Reading is enough: root can let a group have it. */
int lock_take(const volatile sig_atomic_t *stop, void (*say)(const char *line), int *ret_fd,
	      struct diag *d);
