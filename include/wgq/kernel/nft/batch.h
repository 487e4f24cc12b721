/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of nf_tables in the making: a batch, and in it tables, chains and rules, expression by
 * expression. Pure. Failure is sticky, as that of struct buf: a caller adds to the batch and asks
 * nft_batch_status() once. */
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"
#include "wgq/net/addr.h"

/* What a message of a batch is, for the error that names it. */
enum nft_part {
	NFT_PART_BEGIN,
	NFT_PART_DELETE, /* of a table */
	NFT_PART_TABLE,
	NFT_PART_CHAIN,
	NFT_PART_RULE,    /* with nothing that a kernel with nf_tables may lack */
	NFT_PART_ADDRESS, /* the rule of an address: needs nft_fib */
	NFT_PART_MARK,    /* a rule that saves or restores the mark: needs nft_ct */
	NFT_PART_REJECT,  /* a rule that rejects: needs nft_reject_inet */
	NFT_PART_NAT,     /* a chain of type nat, or a rule of it: needs nft_masq */
	NFT_PART_CLAMP,   /* a rule that sets the MSS: needs nft_rt and nft_exthdr */
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
	bool failed;
};

/* A batch begins with begin; without end the kernel validates and forgets it, as for
 * `nft --check`. */
void nft_batch_begin(struct nft_batch *b);
void nft_batch_end(struct nft_batch *b);
void nft_batch_table(struct nft_batch *b, uint8_t family, const char *name);
void nft_batch_delete(struct nft_batch *b, uint8_t family, const char *table);

struct nft_chain {
	const char *name;
	uint32_t hook;
	int32_t priority;
	const char *type; /* NULL: filter */
	bool drops;       /* its policy; else it accepts */
};
/* A base chain. */
void nft_batch_chain(struct nft_batch *b, uint8_t family, const char *table,
		     const struct nft_chain *chain);

/* 0 or -ENOMEM. */
int nft_batch_status(const struct nft_batch *b);
struct nlmsghdr *nft_batch_at(const struct nft_batch *b, size_t i);
void nft_batch_release(struct nft_batch *b);

#define _cleanup_nft_batch_ _cleanup_(nft_batch_release)

/* A rule of a batch, from begin to end. What is loaded goes into a register, from which the next
 * comparison or setting takes it. */
struct nft_rule {
	struct nft_batch *batch;
	enum nft_part part;
	uint8_t family;
	struct nftnl_rule *rule; /* NULL: there was no memory */
};
struct nft_rule nft_rule_begin(struct nft_batch *b, enum nft_part part, uint8_t family,
			       const char *table, const struct nft_chain *chain);
void nft_rule_load_meta(struct nft_rule *r, enum nft_meta_keys key);
void nft_rule_load_payload(struct nft_rule *r, enum nft_payload_bases base, size_t offset,
			   size_t len);
void nft_rule_load_ct_mark(struct nft_rule *r);
void nft_rule_load_ct(struct nft_rule *r, enum nft_ct_keys key);
/* What was loaded, without the bits that the mask, of the same length, has not. */
void nft_rule_mask(struct nft_rule *r, const void *mask, size_t len);
void nft_rule_load_source_type(struct nft_rule *r); /* RTN_... of the source address */
void nft_rule_compare(struct nft_rule *r, enum nft_cmp_ops op, const void *value, size_t len);
void nft_rule_set_mark(struct nft_rule *r);
void nft_rule_set_ct_mark(struct nft_rule *r);
void nft_rule_count(struct nft_rule *r);
/* NF_ACCEPT, NF_DROP. */
void nft_rule_verdict(struct nft_rule *r, uint32_t verdict);
/* By a NFT_REJECT_ICMPX_UNREACH with its code, an error of either family, or a NFT_REJECT_TCP_RST.
 */
void nft_rule_reject(struct nft_rule *r, enum nft_reject_types type, uint8_t code);
void nft_rule_masquerade(struct nft_rule *r);
/* Of a SYN, the MSS to what the route's MTU leaves room for, where it is above. */
void nft_rule_clamp_mss(struct nft_rule *r);
void nft_rule_end(struct nft_rule *r);

/* Of TCP, that a flag is set. */
void nft_rule_has_flag(struct nft_rule *r, uint8_t flag);

/* Several of these at once, as nft(8) writes them: meta l4proto PROTOCOL; iifname LINK, or not;
 * meta nfproto ipv4, or ipv6, of an AF_...; ip daddr PREFIX, ip6 saddr PREFIX. */
void nft_rule_protocol(struct nft_rule *r, uint8_t protocol);
void nft_rule_link(struct nft_rule *r, enum nft_meta_keys key, enum nft_cmp_ops op,
		   const char *ifname);
void nft_rule_family(struct nft_rule *r, uint8_t family);
void nft_rule_destination(struct nft_rule *r, const struct prefix *prefix);
void nft_rule_source(struct nft_rule *r, const struct prefix *prefix);
