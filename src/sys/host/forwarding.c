// SPDX-License-Identifier: GPL-2.0-or-later
// Whether this host forwards packets: the kernel's settings, in all and for each link.
#include "wgq/sys/host/forwarding.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/sys/host/sysctl.h"

/* Adds the setting of a link where it has this value. */
static int add_if(const char *family, const char *link, const char *setting, long value,
		  struct setting_vec *ret)
{
	struct setting found;

	snprintf(found.name, sizeof(found.name), "net/%s/conf/%s/%s", family, link, setting);
	if (sysctl_get(found.name, &found.value, NULL) < 0 || found.value != value)
		return 0;
	struct setting *added = vec_push(ret);
	if (!added)
		return -ENOMEM;
	*added = found;
	return 0;
}

static int look_at_links(const char *family, const char *tunnel, struct forwarding *ret)
{
	bool ip6 = strcmp(family, "ipv6") == 0;
	struct setting_vec *lost = ip6 ? &ret->lost_ip6 : &ret->lost_ip;
	const struct dirent *entry;
	char path[48];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf", family);
	DIR *links = opendir(path);
	while (links && r == 0 && (entry = readdir(links))) {
		const char *link = entry->d_name;

		if (link[0] == '.' || strcmp(link, "all") == 0 || strcmp(link, "lo") == 0 ||
		    strcmp(link, tunnel) == 0)
			continue;
		r = add_if(family, link, "forwarding", 1, lost);
		if (r == 0 && ip6)
			r = add_if(family, link, "accept_ra", 1, &ret->heeded);
	}
	if (links)
		closedir(links);
	return r;
}

int forwarding_look(const char *tunnel, struct forwarding *ret, struct diag *d)
{
	int r = 0;

	if (sysctl_get("net/ipv4/ip_forward", &ret->ip, NULL) < 0)
		ret->ip = -1;
	if (sysctl_get("net/ipv6/conf/all/forwarding", &ret->ip6, NULL) < 0)
		ret->ip6 = -1;
	/* A host that is a router has all of it settled. */
	if (ret->ip == 0)
		r = look_at_links("ipv4", tunnel, ret);
	if (r == 0 && ret->ip == 0)
		r = add_if("ipv4", "all", "accept_redirects", 0, &ret->lost_ip);
	if (r == 0 && ret->ip6 == 0)
		r = look_at_links("ipv6", tunnel, ret);
	return r < 0 ? diag_no_memory(d) : 0;
}
