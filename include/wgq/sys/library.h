/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Libraries that few runs need, loaded when they are first needed.
 *
 * A user lists the functions in a macro, which makes a struct of pointers and the names:
 *
 *	#define SD_FUNCTIONS(F) F(bus_call) F(bus_open_system)
 *	struct sd_functions { SD_FUNCTIONS(SD_DECLARE) };
 *	static const char *const names[] = {SD_FUNCTIONS(SD_NAME)}; */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/diag.h"

struct library {
	const char *file;    /* "libsystemd.so.0" */
	const char *purpose; /* what is not possible without it, as an error */
	const char *const *names;
	size_t count;
	void *functions; /* a struct of as many pointers to functions, in their order */
	bool loaded;
};

/* 0, or -EOPNOTSUPP: it is not installed, or is too old. It is never closed: its data would be left
 * behind. */
int library_load(struct library *library, struct diag *d);
