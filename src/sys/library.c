// SPDX-License-Identifier: GPL-2.0-or-later
// Libraries that few runs need.
#include "wgq/sys/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_load(struct library *library, struct diag *d)
{
	char *functions = library->functions;

	if (library->loaded)
		return 0;
	void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
	library->loaded = handle;
	for (size_t i = 0; library->loaded && i < library->count; i++) {
		void *function = dlsym(handle, library->names[i]);

		memcpy(functions + i * sizeof(function), &function, sizeof(function));
		library->loaded = function;
	}
	if (library->loaded)
		return 0;
	diag_refuse(d, EOPNOTSUPP, "%s", library->purpose);
	diag_note(d, "%s", dlerror());
	return -EOPNOTSUPP;
}
