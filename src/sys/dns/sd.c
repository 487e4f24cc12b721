// SPDX-License-Identifier: GPL-2.0-or-later
// libsystemd, loaded when it is first needed.
#include "sd_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

#define LIBRARY "libsystemd.so.0"

struct sd_functions sd;

static int refuse(struct diag *d)
{
	diag_refuse(d, EOPNOTSUPP, "systemd-resolved is spoken to by libsystemd");
	diag_note(d, "%s", dlerror());
	return -EOPNOTSUPP;
}

int sd_load(struct diag *d)
{
	static bool loaded;

	if (loaded)
		return 0;

	/* Never closed: its data would be left behind. */
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return refuse(d);
#define SD_FIND(name)                                                                              \
	sd.name = (__typeof__(sd.name))dlsym(library, "sd_" #name);                                \
	if (!sd.name)                                                                              \
		return refuse(d);
	SD_FUNCTIONS(SD_FIND)
#undef SD_FIND
	loaded = true;
	return 0;
}
