/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device put together from the messages of a WG_CMD_GET_DEVICE dump. Pure. */
#pragma once

#include <linux/netlink.h>

#include "wgq/net/wg.h"

/* Adds what one message says. A list of peers or allowed IPs that did not fit one message goes on
 * in the next under the same public key. The has_... flags mean "is set": they are false for zero.
 * 0, -ENOMEM, or -EPROTO where the message is not what linux/wireguard.h describes; *device holds
 * a part then, for wg_device_release(). */
int wg_get_message(const struct nlmsghdr *message, struct wg_device *device);
