/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a reload. Functions that add steps return false when there is no memory. */
#pragma once

#include "wgq/plan/reload/reload.h"
#include "wgq/plan/rules.h"

/* A link-local address that the kernel has made, as it does for the tun device of a userspace
 * WireGuard. Before Linux 5.18 it does not say so: then each one of such a device is taken for it.
 */
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
bool reload_set_link(const struct snap *snap, const struct want *want, struct plan *plan);
bool reload_lower_mtu(const struct snap *snap, const struct want *want, struct plan *plan);

/* Removes the addresses that have to go before others can come; then the rest. */
bool reload_clear_the_way(const struct reload *reload, struct plan *plan);
bool reload_remove_addresses(const struct reload *reload, struct plan *plan);
/* Those that are missing; when the first IPv4 address is taken back, the routes come back, too. */
bool reload_add_addresses(const struct snap *snap, struct reload *reload);
/* Before all other steps. */
bool reload_restore(const struct snap *snap, struct reload *reload);
/* Before addresses come and go: on the way back they get into their former order at the end.
 * promotes: when one is deleted, another of its subnet takes its place. */
bool reload_keep_order(const struct snap *snap, struct reload *reload, bool promotes);
bool reload_needs_promotion(const struct snap *snap, const struct reload *reload, bool *ret);
bool reload_start_promotion(struct reload *reload);
bool reload_end_promotion(struct reload *reload);

/* Whether a tunnel's rule is the interface's, and none of a hook's. */
bool reload_owns_rule(const struct conf *conf, const struct tunnel_rule *tunnel,
		      const struct snap *snap);
/* Fills reload->places for pairs that are missing or do not do what they are for. pairs are those
 * of snap. */
int reload_place_rules(const struct snap *snap, const struct rule_pair_vec *pairs,
		       struct reload *reload, struct diag *d);
bool reload_add_rules(const struct snap *snap, const struct reload *reload,
		      const struct rule_pair_vec *pairs, uint8_t family, struct plan *plan);
bool reload_remove_rules(const struct snap *snap, const struct want *want,
			 const struct rule_pair_vec *pairs, struct plan *plan);
/* OP_ROUTE_ADD, OP_ROUTE_DEL: while routes that are put back are away, packets are refused, and do
 * not leave past the tunnel. */
bool reload_bar_routes(const struct reload *reload, enum op_kind kind, struct plan *plan);
bool reload_add_routes(const struct reload *reload, struct plan *plan);
/* Those whose place was held by addresses that are removed, or that went with them. */
bool reload_add_late_routes(const struct reload *reload, struct plan *plan);
bool reload_remove_routes(const struct reload *reload, struct plan *plan);

bool reload_set_firewall(const struct snap *snap, const struct means *means, struct reload *reload);
bool reload_set_dns(const struct snap *snap, const struct means *means, struct reload *reload);
