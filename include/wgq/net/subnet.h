/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of private networks for a new tunnel: RFC 1918 for IPv4, RFC 4193 for IPv6. Pure:
 * randomness comes from the caller. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/net/addr.h"

/* Whether p has private addresses and is neither a default route or half of one (0.0.0.0/1), which
 * full tunnels use, nor all of fd00::/8, as some sites are routed: then a choice has to keep clear
 * of it. */
bool subnet_matters(const struct prefix *p);

/* A /24 that overlaps none of used: of 10.0.0.0/8, and where all of that is used of 172.16.0.0/12
 * or 192.168.0.0/16. The choice follows random: peers have networks that we do not know of, and
 * 10.0.0.0/24 is in use by many. -ENOSPC: there is none. */
int subnet_choose_ipv4(const struct prefix_vec *used, uint32_t random, struct prefix *ret);

/* The first /64 of the /48 that the 40 random bits name, or of the next one that is not in use.
 * -ENOSPC: there is none. */
int subnet_choose_ipv6(const struct prefix_vec *used, const uint8_t random[5], struct prefix *ret);

/* The first host of a network that none of used covers, by itself. What covers all of the network,
 * such as a default route, does not count. Left out are the network's own address and, of IPv4, its
 * broadcast, unless it has but two addresses. used has to be sorted by prefix_compare(). -ENOSPC:
 * there is none. */
int subnet_choose_host(const struct prefix *subnet, const struct prefix_vec *used,
		       struct prefix *ret);

void subnets_release(struct prefix_vec *subnets); /* for _cleanup_() */

/* The host of that number in a network, with the network's length. */
struct prefix subnet_host(const struct prefix *subnet, uint8_t number);
