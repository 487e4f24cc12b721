/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps wgq processes apart while they look and change: without it two of them could find the same
 * routing table free. Never held while a hook runs, for a hook may call wgq. */
#pragma once

#include <signal.h>

#include "wgq/base/diag.h"

/* Waits for the lock. *stop ends the wait with -EINTR when it becomes nonzero; where it was before,
 * the lock is for an undo, and 5 seconds do. *ret_fd is closed to unlock. Where
 * there is no writable /run, *ret_fd is -1 and nobody is kept apart. */
int lock_take(const volatile sig_atomic_t *stop, int *ret_fd, struct diag *d);
