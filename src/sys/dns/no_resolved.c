// SPDX-License-Identifier: GPL-2.0-or-later
// In the place of resolved.c where this program is built without libsystemd.
#include <errno.h>

#include "internal.h"

static int built_without(struct diag *d)
{
	return diag_refuse(d, EOPNOTSUPP, "wgq was built without systemd-resolved (libsystemd)");
}

int dns_resolved_reach(struct diag *d)
{
	return built_without(d);
}

int dns_resolved_set(const struct dns_config *config, struct diag *d)
{
	(void)config;
	return built_without(d);
}

void dns_resolved_get(const char *ifname, struct dns_found *ret)
{
	(void)ifname;
	(void)ret;
}

int dns_resolved_unset(const char *ifname, struct diag *d)
{
	(void)ifname;
	return built_without(d);
}

int dns_resolved_list(uint32_t except, struct dns_server_vec *ret_servers, struct buf *ret_search)
{
	(void)except;
	(void)ret_servers;
	(void)ret_search;
	return -EOPNOTSUPP;
}
