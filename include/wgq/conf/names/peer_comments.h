/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which comment is about which peer: the grammar of wgq.conf(5), NAMES OF PEERS. Who shows a name
 * and who deletes a peer with its name go by the same rules. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/vec.h"
#include "wgq/conf/names/comment.h"
#include "wgq/net/key.h"

/* A [Peer] of the file, in its order. */
struct peer_comment {
	struct key key;    /* zero: it has none */
	struct slice name; /* empty: it has none */
	bool is_json;      /* the name is the inside of a JSON string */
};

/* What goes with a peer, in whole lines: its keys, the comment above from its name on, its pair of
 * marks and what is in between. What was commented out is not in it, but for keys among its own. */
struct peer_part {
	size_t peer; /* index into peers */
	size_t at, end;
};

struct peer_comments {
	struct {
		VEC(struct peer_comment);
	} peers;
	struct {
		VEC(struct peer_part);
	} parts; /* in no order */
};

/* Reads n bytes at text, which need not be free of mistakes; borrows from it. *ret has to be
 * zeroed. 0 or -ENOMEM. */
int peer_comments_read(const char *text, size_t n, struct peer_comments *ret);
void peer_comments_release(struct peer_comments *comments);

#define _cleanup_peer_comments_ _cleanup_(peer_comments_release)
