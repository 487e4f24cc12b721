/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which prefixes the peers hold in the end.
 *
 * In the kernel a prefix belongs to one peer: the last that claimed it. A [Peer] block whose public
 * key came before replaces all that the earlier block claimed (config.c:461), and `-PREFIX` gives
 * one back. wg-quick adds routes for what is left when all this has happened (linux.bash:339). */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/spec.h"
#include "wgq/net/wg.h"

/* own is the device's public key, or NULL: a peer that has it is dropped by the kernel, silently
 * (drivers/net/wireguard/netlink.c, set_peer()), and holds nothing.
 *
 * The routes for the prefixes that are held once the blocks of `then` were applied to a device that
 * has the peers `first`: each once, in wg-quick's order. When blocks take from each other,
 * *ret_settled gets copies of `then` in which each prefix stands only in the block that keeps it,
 * so that no kernel is asked to take one back; else it stays empty. */
int allowed_settle(const struct key *own, const struct wg_peer_vec *first,
		   const struct wg_peer_vec *then, struct wg_peer_vec *ret_settled,
		   struct route_vec *ret_routes, struct diag *d);
