/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables, chains and rules as lines of text, so that what is there can be compared with what would
 * be built: both are the same messages. Pure. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>

#include "wgq/base/vec.h"
#include "wgq/kernel/nft/batch.h"

struct nft_text {
	VEC(char *); /* owned */
};

/* Appends the line of a NEWTABLE, NEWCHAIN or NEWRULE message: all that decides about packets, so
 * without handles, counters, comments and positions. 0, -ENOMEM, or -EPROTO: it cannot be read.
 * Only for the kernel's messages and our own: libnftnl exits where an attribute has a wrong width.
 */
int nft_text_add(struct nft_text *t, const struct nlmsghdr *m);

/* The lines of a batch that has no other messages. */
int nft_text_add_batch(struct nft_text *t, const struct nft_batch *b);

/* Whether both have the same lines, in any order; sorts them. */
bool nft_text_equal(struct nft_text *a, struct nft_text *b);

void nft_text_truncate(struct nft_text *t, size_t len);
void nft_text_release(struct nft_text *t);

#define _cleanup_nft_text_ _cleanup_(nft_text_release)
