/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads for getaddrinfo(3), which blocks and cannot be interrupted. */
#pragma once

#include <pthread.h>

/* A thread that nobody waits for, with all signals blocked: those are for the caller's thread. Its
 * stack is large enough for NSS modules, for which musl's own is not. 0 or -errno. */
int detached_start(void *(*run)(void *context), void *context);
