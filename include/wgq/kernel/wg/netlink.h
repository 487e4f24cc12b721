/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's WireGuard over generic netlink (include/uapi/linux/wireguard.h).
 *
 * In and out go the values of net/wg.h. run/look/device.c is the only caller of this room: it
 * sends each request to the kernel or to the userspace implementation that serves the interface.
 *
 *	netlink.c		the kernel's devices: get and set
 *	get.c, set.c		devices from messages, and messages from devices; pure
 *	uapi.c, uapi_text.c	the same for userspace implementations, over their sockets
 *	removal.c		removes allowed IPs where the device cannot do it by itself */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/wg.h"

/* Reads a device, its peers in the kernel's order, allowed IPs included. -ENODEV: no such device;
 * -EOPNOTSUPP: not a WireGuard device, or a kernel without WireGuard. A dump that was interrupted
 * by a change is made again. Here has_... means "is set": it is false for zero. *ret has to be
 * zeroed and is released on failure. */
int wg_netlink_get(const char *ifname, struct wg_device *ret, struct diag *d);

/* Sends what device->has_... names, and all its peers in their order, split over as many messages
 * as needed: each at most 32 KiB, device attributes and WGDEVICE_F_REPLACE_PEERS in the first, a
 * peer's attributes and WGPEER_F_REPLACE_ALLOWEDIPS in its first part. Each message is acknowledged
 * before the next. The kernel applies each message partly when it fails: callers undo.
 *
 * An allowed IP with remove set is taken from its peer with WGALLOWEDIP_F_REMOVE_ME where the
 * kernel knows it (6.16, asked for each time), else as removal.h describes, for which the device
 * is read first. Neither touches the rest of the peer; and that the peer does not hold the prefix,
 * or is not there, is no error, though without update_only an absent peer comes into being. */
int wg_netlink_set(const char *ifname, const struct wg_device *device, struct diag *d);
