/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 addresses inside IPv6 ones, as a NAT64 translates them (RFC 6052), and how a host learns the
 * prefix of its network's NAT64 (RFC 7050): it asks for the AAAA records of NAT64_NAME. That name
 * has none of its own; the name server of such a network makes them up, from the prefix. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/addr.h"

#define NAT64_NAME "ipv4only.arpa"

/* The address by which the NAT64 of a prefix reaches an IPv4 address. False: no NAT64 has such a
 * prefix: its length is not 32, 40, 48, 56, 64 or 96, or its bits 64 to 71 are not zero. */
bool nat64_embed(const struct prefix *prefix, const struct addr *ip, struct addr *ret);

/* The prefixes that the AAAA records of NAT64_NAME tell of, each once, in their order; other
 * addresses are passed over. Only what is certain counts (RFC 7050, 3). 0 or -ENOMEM. */
int nat64_discover(const struct addr *records, size_t count, struct prefix_vec *ret);
