/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A userspace WireGuard by the text protocol of www.wireguard.com/xplatform over its socket
 * /var/run/wireguard/IFACE.sock. The functions mirror netlink.h; values mean the same.
 * Allowed IPs are removed as removal.h describes: not all implementations know `-`. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/net/wg.h"

/* Whether a userspace implementation in this network namespace serves the interface: /var/run may
 * be common to several, and the socket of another one serves another interface of that name.
 * Nothing is sent, and a stale socket stays. */
int wg_uapi_serves(const char *ifname, bool *ret, struct diag *d);
/* Adds a note where a socket of that name is there, but does not serve this network namespace. */
void wg_uapi_explain(const char *ifname, struct diag *d);

/* Both use only a socket of this network namespace. -ECONNREFUSED: there is none. The
 * protocol does not tell the device's public key: it stays zero. Peers come in no fixed order.
 */
int wg_uapi_get(const char *ifname, struct wg_device *ret, struct diag *d);
int wg_uapi_set(const char *ifname, const struct wg_device *device, struct diag *d);
