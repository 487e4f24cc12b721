/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of nf_tables, and which tables are there: for the other files of this room. A kernel
 * without nf_tables has none. */
#pragma once

#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/kernel/netlink/netlink.h"
#include "wgq/kernel/nft/batch.h"

/* Hands the objects of a type (NFT_MSG_GET...) that are of one table to the sink; table "": of all,
 * which only tables and chains may be asked for. */
int nft_dump(uint16_t type, uint8_t family, const char *table, const struct netlink_sink *sink,
	     struct diag *d);
/* The name of the table that a message is about; "": it has none. 0 or -EPROTO. */
int nft_name_of(const struct nlmsghdr *m, char *ret, size_t size);

/* The families that have a table of a name, as bits 1 << NFPROTO_... */
int nft_find_families(const char *table, uint32_t *ret, struct diag *d);

/* Whether the tables of a name hold exactly what the batch makes. */
int nft_tables_are(const char *table, const struct nft_batch *b, bool *ret, struct diag *d);
