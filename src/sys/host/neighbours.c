// SPDX-License-Identifier: GPL-2.0-or-later
// How full the table of IPv6 neighbours is.
#include "wgq/sys/host/neighbours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/sys/host/sysctl.h"

/* The head line of /proc/net/stat/ndisc_cache, then one a processor: each begins with the number of
 * entries, in hexadecimal. */
static bool read_used(uint32_t *ret)
{
	char line[512];
	FILE *file = fopen("/proc/net/stat/ndisc_cache", "re");
	bool found = file && fgets(line, sizeof(line), file) && strncmp(line, "entries", 7) == 0 &&
		     fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	*ret = found ? (uint32_t)strtoul(line, NULL, 16) : 0;
	return found;
}

bool neighbours_count(uint32_t *ret_used, uint32_t *ret_max)
{
	long max = 0;

	if (!read_used(ret_used) ||
	    sysctl_get("net/ipv6/neigh/default/gc_thresh3", &max, NULL) < 0 || max <= 0 ||
	    (unsigned long)max > UINT32_MAX)
		return false;
	*ret_max = (uint32_t)max;
	return true;
}
