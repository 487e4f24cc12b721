/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall as a batch of nfnetlink messages. Pure: it is nft that sends them. */
#pragma once

#include <linux/netlink.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"
#include "wgq/net/spec.h"

/* What a message of a batch is, for the error that names it. */
enum nft_part {
	NFT_PART_BEGIN,
	NFT_PART_DELETE, /* of a table */
	NFT_PART_TABLE,
	NFT_PART_CHAIN,
	NFT_PART_ADDRESS, /* the rule of an address: needs nft_fib */
	NFT_PART_MARK,    /* a rule that saves or restores the mark: needs nft_ct */
	NFT_PART_END,
};

struct nft_message {
	enum nft_part part;
	uint8_t family;
	size_t offset; /* in bytes */
};

/* Messages in one piece of memory; the index of each is its sequence number. */
struct nft_batch {
	struct buf bytes;
	VEC(struct nft_message);
};

/* 32 is NFT_TABLE_MAXNAMELEN of kernels before 4.14. */
enum { NFT_TABLE_NAME_MAX = 32 };
void nft_table_name(const char *ifname, char ret_name[NFT_TABLE_NAME_MAX]);

/* Each appends to a batch and returns 0 or -ENOMEM. A batch begins with begin; without end the
 * kernel validates and forgets it, as for `nft --check`. */
int nft_batch_begin(struct nft_batch *b);
int nft_batch_delete(struct nft_batch *b, uint8_t family, const char *table);
int nft_batch_firewall(struct nft_batch *b, const struct firewall *fw);
int nft_batch_end(struct nft_batch *b);

/* Asks for the answer that the last message was done. */
void nft_batch_acknowledge(struct nft_batch *b);

struct nlmsghdr *nft_batch_at(const struct nft_batch *b, size_t i);
void nft_batch_release(struct nft_batch *b);

#define _cleanup_nft_batch_ _cleanup_(nft_batch_release)
