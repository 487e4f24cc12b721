// SPDX-License-Identifier: GPL-2.0-or-later
// How full the table of IPv6 neighbours is.
#include "wgq/sys/host/neighbours.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/sys/host/sysctl.h"

int neighbours_count(uint32_t *ret_used, uint32_t *ret_max)
{
	char line[512];
	long max = 0;
	/* The head line, then one a processor: each begins with the number of entries, in
	 * hexadecimal. */
	FILE *file = fopen("/proc/net/stat/ndisc_cache", "re");
	bool found = file && fgets(line, sizeof(line), file) && strncmp(line, "entries", 7) == 0 &&
		     fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	if (!found)
		return -ENODATA;
	int r = sysctl_get("net/ipv6/neigh/default/gc_thresh3", &max, NULL);
	if (r < 0 || max <= 0 || (unsigned long)max > UINT32_MAX)
		return r < 0 ? r : -ENODATA;
	*ret_used = (uint32_t)strtoul(line, NULL, 16);
	*ret_max = (uint32_t)max;
	return 0;
}
