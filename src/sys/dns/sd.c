// SPDX-License-Identifier: GPL-2.0-or-later
// libsystemd, loaded when it is first needed.
#include "sd_internal.h"
#include "wgq/sys/library.h"

struct sd_functions sd;

int sd_load(struct diag *d)
{
#define SD_NAME(name) "sd_" #name,
	static const char *const names[] = {SD_FUNCTIONS(SD_NAME)};
	static struct library library = {
		.file = "libsystemd.so.0",
		.purpose = "wgq talks to systemd-resolved through libsystemd",
		.names = names,
		.count = sizeof(names) / sizeof(names[0]),
		.functions = &sd,
	};

	return library_load(&library, d);
}
