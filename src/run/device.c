// SPDX-License-Identifier: GPL-2.0-or-later
// Sends each request for a WireGuard device to the one that serves it.
#include "wgq/run/device.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink.h"
#include "wgq/kernel/wg_netlink.h"
#include "wgq/kernel/wg_uapi.h"

enum device_server device_server_of(const struct link *link)
{
	if (!link->index)
		return DEVICE_NONE;
	if (strcmp(link->kind, "wireguard") == 0)
		return DEVICE_KERNEL;
	/* Of a socket that we have no right to see we know no more than that it may be there. */
	return wg_uapi_serves(link->name) || (strcmp(link->kind, "tun") == 0 && errno == EACCES)
		       ? DEVICE_USERSPACE
		       : DEVICE_NONE;
}

static int not_wireguard(const char *ifname, struct diag *d)
{
	return diag_refuse(d, EOPNOTSUPP, "`%s' is not a WireGuard interface", ifname);
}

int device_get(const char *ifname, enum device_server server, struct wg_device *ret, struct diag *d)
{
	switch (server) {
	case DEVICE_KERNEL:
		return wg_netlink_get(ifname, ret, d);
	case DEVICE_USERSPACE:
		return wg_uapi_get(ifname, ret, d);
	case DEVICE_NONE:
		return not_wireguard(ifname, d);
	}
	return -EINVAL;
}

int device_set(const char *ifname, enum device_server server, const struct wg_device *device,
	       struct diag *d)
{
	switch (server) {
	case DEVICE_KERNEL:
		return wg_netlink_set(ifname, device, d);
	case DEVICE_USERSPACE:
		return wg_uapi_set(ifname, device, d);
	case DEVICE_NONE:
		return not_wireguard(ifname, d);
	}
	return -EINVAL;
}

int device_remove_peers(const char *ifname, enum device_server server, struct diag *d)
{
	const struct wg_device none = {.replace_peers = true};

	return server == DEVICE_KERNEL ? wg_netlink_remove_peers(ifname, d)
				       : device_set(ifname, server, &none, d);
}

/* A socket may serve an interface of another network namespace: only those that are here count. */
static int add_userspace(struct rtnetlink *rt, struct link_vec *ret, struct diag *d)
{
	_cleanup_(wg_uapi_names_release) struct wg_uapi_names names = {0};
	int r = wg_uapi_list(&names, d);

	vec_each(name, &names) {
		struct link link = {0};

		if (r == 0)
			r = rtnetlink_link_get(rt, *name, &link, d);
		if (r < 0 || !link.index || strcmp(link.kind, "wireguard") == 0)
			continue;
		struct link *copy = vec_push(ret);
		if (!copy)
			return diag_no_memory(d);
		*copy = link;
	}
	return r;
}

int device_list(struct link_vec *ret, struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	int r = rtnetlink_open(&rt, d);

	if (r == 0)
		r = rtnetlink_link_list(rt, "wireguard", ret, d);
	return r == 0 ? add_userspace(rt, ret, d) : r;
}
