/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTU of the tunnel, chosen as wg-quick does (linux.bash:126-143). */
#pragma once

#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"

enum { MTU_FALLBACK = 1500 };

/* The file's MTU; else the least on the ways to the endpoints, else that of the default route, else
 * MTU_FALLBACK, less WG_OVERHEAD_IPV6; but not below what the interface needs, with a warning. */
uint32_t mtu_choose(const struct conf *conf, const struct snap *snap, uint32_t needed,
		    struct diag *d);
/* Of an MTU that is chosen: needed, with a warning, where it is below that. */
uint32_t mtu_hold(uint32_t chosen, uint32_t needed, struct diag *d);
