/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The routes that allowed IPs follow, as they are now. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/plan/follow/follow.h"

/* The table that a tunnel's routes are in, beside main; 0: none. */
uint32_t followed_table(const struct conf *conf, const struct wg_device *device);
/* Which of the endpoints the routes lead, for packets with a mark, into the interface itself:
 * appended in their order. */
int followed_swallowed(uint32_t link, uint32_t mark, const struct addr_vec *endpoints,
		       struct addr_vec *ret, struct diag *d);
/* Takes all routes out of the link again; what the device holds is the caller's to tell. */
int followed_read(struct follow *f, uint32_t link, const struct wg_device *device, struct diag *d);
/* All at once, for those who look once. Without FollowRoutes there are none. */
int followed_look(const struct conf *conf, uint32_t link, const struct wg_device *device,
		  struct followed_vec *ret, struct diag *d);
