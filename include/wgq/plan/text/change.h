/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How steps and changes read.
 *
 * In comes a plan; out goes text, or a list of changes: objects that are added, removed or
 * altered. Both begin in the table of op.c, which calls this room for long texts and for the list.
 * cmd/show.c prints steps as they are taken, and the script of --dry-run; cmd/diff.c prints the
 * list of changes.
 *
 *	format_wg.c, format_services.c	steps as commands: in wg-quick's words, or for sh
 *	change_list.c, change_wg.c	a plan as changes; those of the WireGuard device
 *	change.c			the list */
#pragma once

#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/conf/names/peer_names.h"
#include "wgq/plan/op.h"
#include "wgq/plan/peers/peers.h"

enum change_group {
	CHANGE_INTERFACE,
	CHANGE_PEER,
	CHANGE_ADDRESS,
	CHANGE_ROUTE,
	CHANGE_RULE,
	CHANGE_SETTING,
	CHANGE_FIREWALL,
	CHANGE_DNS,
	CHANGE_GROUPS
};
/* "peer": a word of lower-case letters, stable, also for JSON. */
const char *change_group_name(enum change_group group);

enum change_sign { CHANGE_ADD = '+', CHANGE_REMOVE = '-', CHANGE_ALTER = '~', CHANGE_KEEP = '=' };

/* The texts are owned by the list; "" where there is nothing to say. */
struct change {
	enum change_group group;
	enum change_sign sign;
	const struct key *peer;      /* of CHANGE_PEER; borrowed from the plan */
	const struct wg_peer *whole; /* the peer that comes or goes; borrowed as well */
	char *object;    /* "10.0.0.1/24"; of a peer and of the interface: the key changed,
			    "endpoint", "mtu"; of a whole peer: ""; of a peer
			    that has another key: "key" */
	int64_t heard;   /* of CHANGE_KEEP: seconds ago */
	char *from, *to; /* values; secrets are only said to be "(hidden)" */
	uint32_t line;   /* of the configuration that asks for it; 0: none */
};
struct change_vec {
	VEC(struct change);
};

/* Appends endpoints that differ from the file's and stay; then `to` is the file's. */
int change_list_kept(const struct peers_change *peers, int64_t now, struct change_vec *ret,
		     struct diag *d);
/* Appends what the plan changes, by group. Steps that only prepare others are left out. */
int change_list(const struct plan *plan, const struct peer_names *names, struct change_vec *ret,
		struct diag *d);
void changes_release(struct change_vec *changes);

/* What is changed, without values: "peer KEY endpoint". When the change is undone, the one that
 * makes it again has the same name. */
void change_name(const struct change *change, struct buf *out);

/* What change_list() is made of; all return 0 or -ENOMEM. */
/* Appends a change; the texts are copied. Where `from` and `to` are both "" the object alone says
 * it. */
int change_add(struct change_vec *changes, enum change_group group, enum change_sign sign,
	       const char *object, const char *from, const char *to, uint32_t line);
/* A number of the interface's that becomes another one. */
int change_add_number(struct change_vec *changes, const char *object, uint32_t from, uint32_t to,
		      uint32_t line);

/* The fwmark, as OP_WG_MARK and OP_WG_CHANGE set it. */
int change_mark(struct change_vec *changes, uint32_t from, uint32_t to);
/* An OP_WG_CHANGE. */
int change_wg(const struct op *op, struct change_vec *changes);
/* Of OP_WALLS_SET and OP_WALLS_REMOVE. */
int change_walls(const struct op *op, struct change_vec *changes);
/* Makes one change of a peer that goes and one that comes with the same allowed IPs, and with no
 * other name: it has a new key. */
int change_find_new_keys(const struct peer_names *names, struct change_vec *changes);
