/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A WireGuard device, whoever serves it: the kernel, or a userspace implementation.
 *
 * This room asks the kernel and sys, and makes values of the answers. run/host looks at devices
 * and changes them by this header; of the rest nothing changes the host.
 *
 *	device.c		devices, by whoever serves them
 *	around.c		what is around an interface, for `wgq status`
 *	facts.c			what conf/check has to know, for `wgq check` and `wgq up`
 *	followed.c		the routes that allowed IPs follow
 *	uplinks.c		the sources and links from which an endpoint can be reached
 *	way.c, way_leg.c	the whole way of a packet and one leg of it, for `wgq why` */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/net/spec.h"
#include "wgq/net/wg.h"

enum device_server { DEVICE_NONE, DEVICE_KERNEL, DEVICE_USERSPACE };

/* Who serves a link, as it was observed; DEVICE_NONE: it is not WireGuard, or is served in another
 * network namespace. */
int device_server_of(const struct link *link, enum device_server *ret, struct diag *d);
/* The error of a verb that was given a link that no WireGuard serves. */
int device_refuse(const char *ifname, int error, struct diag *d);

int device_get(const char *ifname, enum device_server server, struct wg_device *ret,
	       struct diag *d);
int device_set(const char *ifname, enum device_server server, const struct wg_device *device,
	       struct diag *d);
/* Makes the device send a keepalive to a peer at once, over its present path, or a handshake where
 * there is no session: its interval is set to 0 and back to what it is. */
int device_poke(const char *ifname, enum device_server server, const struct key *peer,
		uint16_t keepalive, struct diag *d);
int device_remove_peers(const char *ifname, enum device_server server, struct diag *d);

/* Appends every WireGuard interface of this network namespace, whoever serves it. */
int device_list(struct link_vec *ret, struct diag *d);
