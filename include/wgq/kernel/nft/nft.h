/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nftables table of an interface, wg-quick-IFACE: rule for rule what wg-quick feeds to
 * nft(8) (linux.bash:228-243), in one atomic batch.
 *
 * For each family with a default route: packets to the tunnel's own addresses are dropped unless
 * they come in through the tunnel or from this host, and the mark of outgoing encrypted packets is
 * saved in their connection and restored for the answers.
 *
 * In comes a struct firewall; the answers are whether it is there, and what it protects. run/host
 * calls this to look and to change; run/look/way.c only looks.
 *
 *	nft.c		installs and removes tables
 *	find.c		which tables are there, and whether they are as wanted
 *	rules.c		the messages of a table; pure
 *	text.c		rules as lines, so that they can be compared; pure */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/spec.h"

/* What can be found of the table: one bit for each family that has a table of this name. */
enum nft_family {
	NFT_FAMILY_IP = 1 << 0,
	NFT_FAMILY_IP6 = 1 << 1,
	NFT_FAMILY_OTHER = 1 << 2, /* inet, arp, bridge, netdev */
};

/* Replaces the interface's tables of any family by those of the firewall. -EOPNOTSUPP: the kernel
 * has no nf_tables or lacks an expression that the rules need. */
int nft_install(const struct firewall *fw, struct diag *d);

/* Deletes the interface's tables of every family; none is no error. */
int nft_remove(const char *ifname, struct diag *d);

/* *ret_families is 0 when there is none, or when the kernel has no nf_tables. */
int nft_find(const char *ifname, unsigned *ret_families, struct diag *d);

/* The mark that the interface's firewall saves, which is the number of its routing table; 0: there
 * is no firewall, or one of another form. Appends the addresses that it protects, in its order;
 * ret_addrs may be NULL. */
int nft_read(const char *ifname, uint32_t *ret_mark, struct addr_vec *ret_addrs, struct diag *d);

/* The interface whose firewall saves this mark, where there is no such interface: it was renamed
 * while it was up. "": there is none. */
int nft_find_former(uint32_t mark, char ret_ifname[IFNAMSIZ], struct diag *d);

/* Whether any family has a table of this name. */
int nft_has_table(const char *name, bool *ret, struct diag *d);

/* Whether the tables of the interface hold exactly the rules of the firewall. */
int nft_matches(const struct firewall *fw, bool *ret, struct diag *d);

/* Whether the kernel takes such rules at all: the batch of nft_install() is validated and then
 * aborted. IPv6 is part of it where the kernel has IPv6. 0 or -EOPNOTSUPP, -EPERM. */
int nft_probe(struct diag *d);
