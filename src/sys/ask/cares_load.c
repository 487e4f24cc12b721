// SPDX-License-Identifier: GPL-2.0-or-later
// c-ares, loaded when it is first needed.
#include "cares_load.h"

#include <errno.h>

#include "wgq/sys/library.h"

struct cares_functions cares;

int cares_load(struct diag *d)
{
#define CARES_NAME(name) "ares_" #name,
	static const char *const names[] = {CARES_FUNCTIONS(CARES_NAME)};
	static struct library library = {
		.file = "libcares.so.2",
		.purpose = "c-ares looks up names outside of a tunnel",
		.names = names,
		.count = sizeof(names) / sizeof(names[0]),
		.functions = &cares,
	};
	bool is_new = !library.loaded;
	int r = library_load(&library, d);

	if (r < 0 || !is_new || cares.library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS)
		return r;
	library.loaded = false;
	return diag_refuse(d, EOPNOTSUPP, "c-ares cannot be initialised");
}
