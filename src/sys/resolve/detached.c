// SPDX-License-Identifier: GPL-2.0-or-later
// Threads for getaddrinfo(3).
#include "wgq/sys/resolve/detached.h"

#include <signal.h>

enum { STACK = 512 * 1024 };

int detached_start(void *(*run)(void *context), void *context)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;

	int error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}
