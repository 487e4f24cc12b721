/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nftables tables of an interface, each replaced in one atomic batch and found by its name.
 *
 * wg-quick-IFACE is that of a full tunnel, rule for rule what wg-quick feeds to nft(8)
 * (linux.bash:228-243). For each family with a default route: packets to the tunnel's own addresses
 * are dropped unless they come in through the tunnel or from this host, and the mark of outgoing
 * encrypted packets is saved in their connection and restored for the answers.
 *
 * wgq-IFACE is wgq's own, for what wg-quick does not have: net/walls.h.
 *
 * In come struct firewall and struct walls; the answers are whether they are there, and what they
 * hold. run/host calls this to look and to change; run/look/way.c only looks.
 *
 *	nft.c		installs and removes tables
 *	find.c		which tables are there, and whether they are as wanted
 *	read.c		what their rules say
 *	rules.c		the rules of each table; pure
 *	batch.c		messages of nf_tables; pure
 *	text.c		rules as lines, so that they can be compared; pure
 *	forward.c	which tables of others drop what is forwarded
 *	notices.c	what others change */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/net/spec.h"
#include "wgq/net/walls.h"

/* The tables of an interface that are there: wg-quick's by family, and wgq's own. */
enum nft_found {
	NFT_FOUND_IP = 1 << 0,
	NFT_FOUND_IP6 = 1 << 1,
	NFT_FOUND_OTHER = 1 << 2, /* inet, arp, bridge, netdev */
	NFT_FOUND_OWN = 1 << 3,
};

struct nft_owner {
	char ifname[IFNAMSIZ];
};
struct nft_owner_vec {
	VEC(struct nft_owner);
};

/* *ret is 0 when there is none, or when the kernel has no nf_tables. */
int nft_find(const char *ifname, unsigned *ret, struct diag *d);

/* The interface whose firewall saves this mark, where there is no such interface: it was renamed
 * while it was up. "": there is none. */
int nft_find_former(uint32_t mark, char ret_ifname[IFNAMSIZ], struct diag *d);

/* Whether any family has a table of this name. */
int nft_has_table(const char *name, bool *ret, struct diag *d);

/* Replaces the interface's tables of any family by those of the firewall. -EOPNOTSUPP: the kernel
 * has no nf_tables or lacks an expression that the rules need. */
int nft_install(const struct firewall *fw, struct diag *d);
/* Deletes the interface's tables of every family; none is no error. */
int nft_remove(const char *ifname, struct diag *d);
/* Whether the tables of the interface hold exactly the rules of the firewall. */
int nft_matches(const struct firewall *fw, bool *ret, struct diag *d);
/* The mark that the interface's firewall saves, which is the number of its routing table; 0: there
 * is no firewall, or one of another form. Appends the addresses that it protects, in its order;
 * ret_addrs may be NULL. */
int nft_read(const char *ifname, uint32_t *ret_mark, struct addr_vec *ret_addrs, struct diag *d);
/* Whether the kernel takes such rules at all: the batch of nft_install() is validated and then
 * aborted. IPv6 is part of it where the kernel has IPv6. 0 or -EOPNOTSUPP, -EPERM. */
int nft_probe(struct diag *d);

/* The same for wgq's own table. What is of no known form is not read, and then does not match. */
int nft_walls_install(const char *ifname, const struct walls *walls, struct diag *d);
int nft_walls_remove(const char *ifname, struct diag *d);
int nft_walls_matches(const char *ifname, const struct walls *walls, bool *ret, struct diag *d);
int nft_walls_read(const char *ifname, struct walls *ret, struct diag *d);
/* The interfaces that have such a table, be they there or not. */
int nft_walls_list(struct nft_owner_vec *ret, struct diag *d);
int nft_walls_probe(const struct walls *walls, struct diag *d);
