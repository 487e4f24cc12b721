/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people call the peers. WireGuard knows keys only, so names stand in comments of the file. A
 * peer that was commented out has its name as well: it may still be running.
 *
 * In comes the text of a file; out goes a list of keys and names. status, why and diff show them.
 * conf/save deletes the comments of a peer with the peer, by the same rules.
 *
 *	comment.c		what one comment says
 *	peer_comments.c		which comment is about which peer
 *	peer_names.c		the list of names
 *	disabled.c		peers that were commented out line by line
 *	roster.c		all peers of a configuration, disabled ones too, by name */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/net/key.h"

struct peer_name {
	struct key key;
	char *name; /* as the file has it: not fit for a terminal before buf_printable() */
};

/* Sorted by key, each key once. */
struct peer_names {
	VEC(struct peer_name);
};

/* Reads n bytes at text, which need not be free of mistakes. *ret has to be zeroed. */
int peer_names_read(const char *text, size_t n, struct peer_names *ret, struct diag *d);
/* NULL: it has none. */
const char *peer_names_find(const struct peer_names *names, const struct key *key);
void peer_names_release(struct peer_names *names);

#define _cleanup_peer_names_ _cleanup_(peer_names_release)
