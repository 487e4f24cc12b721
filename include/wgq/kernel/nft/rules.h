/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of an interface as messages: wg-quick's firewall, and wgq's own table. Pure: it is
 * nft.c that sends them. */
#pragma once

#include "wgq/kernel/nft/batch.h"
#include "wgq/net/spec.h"
#include "wgq/net/walls.h"

/* 32 is NFT_TABLE_MAXNAMELEN of kernels before 4.14. */
enum { NFT_TABLE_NAME_MAX = 32 };
/* wg-quick-IFACE */
void nft_table_name(const char *ifname, char ret_name[NFT_TABLE_NAME_MAX]);
/* wgq-IFACE */
void nft_own_name(const char *ifname, char ret_name[NFT_TABLE_NAME_MAX]);

void nft_batch_firewall(struct nft_batch *b, const struct firewall *fw);

void nft_batch_walls(struct nft_batch *b, const char *ifname, const struct walls *walls);
