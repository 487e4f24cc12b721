/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How full the kernel's table of IPv6 neighbours is: one for all network namespaces, whose limit
 * only the first of them shows (net/core/neighbour.c). */
#pragma once

#include <stdint.h>

/* -errno: it cannot be known here. */
int neighbours_count(uint32_t *ret_used, uint32_t *ret_max);
