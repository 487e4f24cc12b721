// SPDX-License-Identifier: GPL-2.0-or-later
// c-ares, loaded when it is first needed.
#include "cares_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

#define LIBRARY "libcares.so.2"

struct cares_functions cares;

static int refuse(struct diag *d, const char *why)
{
	diag_refuse(d, EOPNOTSUPP, "names are asked outside of a tunnel by c-ares");
	diag_note(d, "%s", why);
	return -EOPNOTSUPP;
}

int cares_load(struct diag *d)
{
	static bool loaded;

	if (loaded)
		return 0;

	/* Never closed: its data would be left behind. */
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return refuse(d, dlerror());
#define CARES_FIND(name)                                                                           \
	cares.name = (__typeof__(cares.name))dlsym(library, "ares_" #name);                        \
	if (!cares.name)                                                                           \
		return refuse(d, dlerror());
	CARES_FUNCTIONS(CARES_FIND)
#undef CARES_FIND
	if (cares.library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return refuse(d, "it cannot be initialised");
	loaded = true;
	return 0;
}
