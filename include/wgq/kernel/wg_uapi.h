/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A userspace WireGuard by the text protocol of www.wireguard.com/xplatform over its socket
 * /var/run/wireguard/IFACE.sock. The functions mirror wg_netlink.h; values mean the same.
 * Allowed IPs are removed as wg_removal.h describes: not all implementations know `-`. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/net/wg.h"

/* Whether a userspace implementation serves the interface: a socket of that name answers. A stale
 * socket (connection refused) is unlinked, as wg(8) does (ipc-uapi-unix.h). errno says why not. */
bool wg_uapi_serves(const char *ifname);

/* The protocol does not tell the device's public key: it stays zero. Peers come in no fixed order.
 */
int wg_uapi_get(const char *ifname, struct wg_device *ret, struct diag *d);
int wg_uapi_set(const char *ifname, const struct wg_device *device, struct diag *d);

/* Appends the names of the interfaces that have a socket which answers, sorted: each malloc()ed. */
struct wg_uapi_names {
	VEC(char *);
};
int wg_uapi_list(struct wg_uapi_names *ret, struct diag *d);
void wg_uapi_names_release(struct wg_uapi_names *names);
