/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hooks of a configuration do to its interface, as far as their text shows it. The kernel
 * does not tell who has made an address, a route or a peer: reload takes away what the file does
 * not ask for, except for what PreUp and PostUp name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/conf/conf.h"

/* PreUp comes before wgq looks at what is there, so what it adds counts as there. */
enum hooked_by { HOOKED_BEFORE, HOOKED_AT_ALL };

bool hooked_addr(const struct conf *conf, enum hooked_by by, const struct addr *addr);
/* By its prefix; a /0 by `default`. */
bool hooked_route(const struct conf *conf, enum hooked_by by, const struct prefix *prefix);
/* Some hook speaks of a routing table, so it may have filled one. */
bool hooked_tables(const struct conf *conf);
/* By its public key; or a hook loads peers from elsewhere, by `wg addconf` and its like. */
bool hooked_peer(const struct conf *conf, const struct key *public_key);
/* A rule that sends what does not have a mark to the table of that number: the text of a hook says
 * both; or the configuration has a table of its own, for which wgq adds no rules, and hooks. */
bool hooked_rule(const struct conf *conf, uint32_t mark);
/* By `mtu NUMBER'. */
bool hooked_mtu(const struct conf *conf, uint32_t mtu);
/* There are PreUp or PostUp hooks at all. */
bool hooked_any(const struct conf *conf);
