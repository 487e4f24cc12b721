// SPDX-License-Identifier: GPL-2.0-or-later
// Sends each request for a WireGuard device to the one that serves it.
#include "wgq/run/look/device.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/kernel/wg/netlink.h"
#include "wgq/kernel/wg/uapi.h"

int device_server_of(const struct link *link, enum device_server *ret, struct diag *d)
{
	bool serves = false;
	int r = 0;

	/* A userspace WireGuard is the process behind a tun device. */
	if (link->index && strcmp(link->kind, "tun") == 0)
		r = wg_uapi_serves(link->name, &serves, d);
	*ret = serves ? DEVICE_USERSPACE : DEVICE_NONE;
	if (link->index && strcmp(link->kind, "wireguard") == 0)
		*ret = DEVICE_KERNEL;
	return r;
}

int device_refuse(const char *ifname, int error, struct diag *d)
{
	char name[IF_NAMESIZE];

	diag_refuse(d, error, "`%s' is not a WireGuard interface", ifname);
	if (if_indextoname(if_nametoindex(ifname), name) && strcmp(name, ifname) != 0)
		diag_note(d, "it is another name of %s", name);
	wg_uapi_explain(ifname, d);
	return -error;
}

int device_get(const char *ifname, enum device_server server, struct wg_device *ret, struct diag *d)
{
	switch (server) {
	case DEVICE_KERNEL:
		return wg_netlink_get(ifname, ret, d);
	case DEVICE_USERSPACE:
		return wg_uapi_get(ifname, ret, d);
	case DEVICE_NONE:
		return device_refuse(ifname, EOPNOTSUPP, d);
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
		return device_refuse(ifname, EOPNOTSUPP, d);
	}
	return -EINVAL;
}

int device_remove_peers(const char *ifname, enum device_server server, struct diag *d)
{
	const struct wg_device none = {.replace_peers = true};

	return device_set(ifname, server, &none, d);
}

/* The kernel (set_peer() in drivers/net/wireguard/netlink.c) and wireguard-go send one when the
 * interval ceases to be 0. */
int device_poke(const char *ifname, enum device_server server, const struct key *peer,
		uint16_t keepalive, struct diag *d)
{
	enum { ANY_SECONDS = 25 };
	const uint16_t intervals[] = {0, keepalive ? keepalive : ANY_SECONDS, keepalive};
	struct wg_peer settings[3] = {0};
	struct wg_device device = {.peers = {.at = settings, .len = keepalive ? 2 : 3}};

	for (size_t i = 0; i < device.peers.len; i++)
		settings[i] = (struct wg_peer){.public_key = *peer,
					       .update_only = true,
					       .has_keepalive = true,
					       .keepalive = intervals[i]};
	return device_set(ifname, server, &device, d);
}

int device_list(struct link_vec *ret, struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	size_t kept = ret->len, first = kept;
	int r = rtnetlink_open(&rt, d);

	if (r == 0)
		r = rtnetlink_link_list(rt, ret, d);
	for (size_t i = first; r == 0 && i < ret->len; i++) {
		enum device_server server;

		r = device_server_of(&ret->at[i], &server, d);
		if (r == 0 && server != DEVICE_NONE)
			ret->at[kept++] = ret->at[i];
	}
	ret->len = r == 0 ? kept : first;
	return r;
}
