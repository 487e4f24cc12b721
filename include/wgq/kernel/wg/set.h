/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device cut into WG_CMD_SET_DEVICE messages. Pure: bytes in memory, nothing is sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/wg.h"

/* Nested attributes count their bytes in 16 bits; messages of this size keep all of them below. */
enum { WG_SET_SIZE = 32768 };

/* How far the cutting has come. Borrows name and device. */
struct wg_set {
	const char *ifname;
	const struct wg_device *device;
	size_t peer, allowed_ip; /* the next to go out */
	bool begun;
};

/* Writes the next message into WG_SET_SIZE bytes, without a sequence number; false: all is said.
 * The first message says what device->has_... names, and device->replace_peers; each peer's own
 * attributes go with its first part, its key and WGPEER_F_UPDATE_ONLY with every part. */
bool wg_set_next(struct wg_set *set, uint16_t family, void *buffer);
