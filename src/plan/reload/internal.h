/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a reload. What returns nothing adds steps to reload->plan. */
#pragma once

#include "wgq/plan/reload/reload.h"
#include "wgq/plan/rules.h"

/* addr_is_kernels(), but for the one that AddressFromKey makes, where the kernel does not say. */
bool reload_is_kernels(const struct link_addr *addr, const struct snap *snap);
/* 0 or -ENOMEM. */
int reload_copy_addr(struct link_addr_vec *addrs, const struct link_addr *addr);
/* Fills reload->gone. 0 or -ENOMEM. */
int reload_find_gone(const struct snap *snap, struct reload *reload);

/* Holds an MTU that was chosen where it would cost what others and hooks have of IPv6 on the link.
 */
int reload_keep_ipv6(const struct snap *snap, struct reload *reload, struct diag *d);
/* Up, with the MTU; but one that takes IPv6 off the link comes behind the steps that take its
 * addresses and routes away, so that on the way back it comes before those that bring them again.
 */
void reload_set_link(const struct snap *snap, struct reload *reload);
void reload_lower_mtu(const struct snap *snap, struct reload *reload);

/* Removes the addresses that have to go before others can come; then, with false, the rest. */
void reload_remove_addresses(struct reload *reload, bool in_the_way);
/* Those that are missing; when the first IPv4 address is taken back, the routes come back, too. */
void reload_add_addresses(const struct snap *snap, struct reload *reload);
/* Before all other steps. */
void reload_restore(const struct snap *snap, struct reload *reload);
/* Before addresses come and go: on the way back they get into their former order at the end.
 * promotes: when one is deleted, another of its subnet takes its place. */
void reload_keep_order(const struct snap *snap, struct reload *reload, bool promotes);
bool reload_needs_promotion(const struct snap *snap, struct reload *reload);
void reload_set_promotion(struct reload *reload, bool on);

/* Whether a tunnel's rule is the interface's, and none of a hook's. */
bool reload_owns_rule(const struct conf *conf, const struct tunnel_rule *tunnel,
		      const struct snap *snap);
/* Fills reload->places for pairs that are missing or do not do what they are for. pairs are those
 * of snap. */
int reload_place_rules(const struct snap *snap, const struct rule_pair_vec *pairs,
		       struct reload *reload, struct diag *d);
void reload_add_rules(const struct snap *snap, struct reload *reload,
		      const struct rule_pair_vec *pairs, uint8_t family);
void reload_remove_rules(const struct snap *snap, struct reload *reload,
			 const struct rule_pair_vec *pairs);
/* OP_ROUTE_ADD, OP_ROUTE_DEL: until routes that are put back or come late are there, packets are
 * refused, and do not leave past the tunnel. */
void reload_bar_routes(struct reload *reload, enum op_kind kind);
/* No packet finds neither, nor a foreign route behind them: the new ones are beside the old ones
 * before those go. */
void reload_replace_routes(struct reload *reload);
/* Those whose place was held by addresses that are removed, or that went with them. */
void reload_add_late_routes(struct reload *reload);

void reload_set_firewall(const struct snap *snap, const struct means *means, struct reload *reload);
/* Twice: before the port changes, and after it. */
void reload_set_walls(const struct snap *snap, struct reload *reload, bool before);
/* 0 or -ENOMEM. */
int reload_want_walls(const struct snap *snap, struct reload *reload);
void reload_set_multicast(const struct snap *snap, struct reload *reload);
void reload_set_dns(const struct snap *snap, const struct means *means, struct reload *reload);
