/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The removal of single allowed IPs for those who cannot be told to remove one: Linux before 6.16,
 * and userspace implementations. To give a prefix to a peer takes it from the one that has it; so
 * it is given to a peer made for this, with a random key and no endpoint, which is then removed.
 * The peer that had it keeps its other prefixes, endpoint, session and counters all the while. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/net/wg.h"

/* Whether any allowed IP of the device is to be removed. */
bool wg_removal_wanted(const struct wg_device *device);

/* How a device is read and set; set is never told to remove an allowed IP. */
struct wg_removal_ways {
	int (*get)(const char *ifname, struct wg_device *ret, struct diag *d);
	int (*set)(const char *ifname, const struct wg_device *device, struct diag *d);
};

/* Does what device says. An allowed IP that its peer does not hold is left to the one that does;
 * for that the device is read first, unless device->removals_are_held.
 * First come the peer made for this and its removal, then the peers of the device, in their order.
 * When that fails midway the peer is removed all the same. */
int wg_removal_set(const char *ifname, const struct wg_device *device,
		   const struct wg_removal_ways *ways, struct diag *d);
