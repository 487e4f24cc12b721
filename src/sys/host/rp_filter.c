// SPDX-License-Identifier: GPL-2.0-or-later
// Reverse path filtering: whether any interface does it strictly.
#include "wgq/sys/host/rp_filter.h"

#include <dirent.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/sys/host/sysctl.h"

enum { RP_FILTER_STRICT = 1, RP_FILTER_LOOSE = 2 };

static bool interface_is_strict(const char *name, long all)
{
	_cleanup_buf_ struct buf setting = {0};
	long own = RP_FILTER_STRICT;

	buf_addf(&setting, "net/ipv4/conf/%s/rp_filter", name);
	if (buf_status(&setting) < 0 || sysctl_get(buf_text(&setting), &own, NULL) < 0)
		return true;
	return (own > all ? own : all) == RP_FILTER_STRICT;
}

bool rp_filter_is_strict(void)
{
	long all = RP_FILTER_STRICT;
	bool strict = false;

	if (sysctl_get("net/ipv4/conf/all/rp_filter", &all, NULL) < 0)
		return true;
	if (all >= RP_FILTER_LOOSE)
		return false;
	DIR *folder = opendir("/proc/sys/net/ipv4/conf");
	if (!folder)
		return true;
	for (const struct dirent *entry; !strict && (entry = readdir(folder));)
		strict = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			 interface_is_strict(entry->d_name, all);
	closedir(folder);
	return strict;
}
