/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nft_install() and nft_remove() share with nft_find(): the socket, and the tables that are
 * there already. */
#pragma once

#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/kernel/netlink/netlink.h"

/* -EPROTONOSUPPORT, the only failure without an error added: the kernel has no nfnetlink. */
int nft_find_open(struct netlink **ret, struct diag *d);

/* The families that have a table of a name, as bits 1 << NFPROTO_...; none where the kernel has no
 * nf_tables. */
int nft_find_tables(struct netlink *n, const char *table, uint32_t *ret_families, struct diag *d);
