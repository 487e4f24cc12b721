/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which the kernel lists the addresses of an interface, and so wg-quick's firewall has
 * them (linux.bash:233, ip -o addr):
 *	IPv4	as they came, but those in the subnet of an earlier one behind all others
 *		(net/ipv4/devinet.c, __inet_insert_ifa())
 *	IPv6	the newest first, those of the link behind all others
 *		(net/ipv6/addrconf.c, ipv6_link_dev_addr()) */
#pragma once

#include "wgq/net/spec.h"

/* Appends those of there, which the kernel has listed, and of added, which come in their order.
 * 0 or -ENOMEM. */
int addrs_listed(const struct link_addr_vec *there, const struct link_addr_vec *added,
		 struct addr_vec *ret);
