/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wgq peer: the peers of an interface as people manage them, by name.
 *
 * In comes the command line; out goes a changed configuration, loaded where the interface is up, or
 * text. cmd/verbs.c has verb_peer() in its table.
 *
 *	peer.c		the actions, and those that are a word or two
 *	change.c	file and interface changed together, or neither
 *	add.c		a new peer: its keys, its addresses, what it is given
 *	init.c		wgq init: a first configuration, and the peer's half of it
 *	handout.c	what init and add give to a new peer
 *	list.c		shows them
 *	edit.c		wgq edit: the whole file, in an editor */
#pragma once

#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/conf/names/roster.h"
#include "wgq/plan/op.h"

/* A change of a file. What it does to the interface follows from the new text, as for reload. */
struct peer_change {
	const struct options *options; /* whose arguments begin with the interface */
	/* The new text. It is asked again where somebody else was faster. */
	int (*edit)(struct peer_change *c, const struct roster *roster, struct config_text *ret,
		    struct diag *d);
	/* next is what the new text says: the last moment to refuse. NULL: nothing to do. */
	int (*prepare)(struct peer_change *c, struct diag *d);
	/* File and interface are changed; a failure undoes it. NULL: nothing to do. */
	int (*done)(struct peer_change *c, struct diag *d);
	void *context;
	/* What a kill leaves is in the file and not in the interface, where the next call loads it:
	 * so a peer that goes is taken from the interface first. */
	bool interface_first;
	/* Any peer may be changed, and mistakes mended: there is no roster. */
	bool is_whole;
	struct {
		VEC(struct key);
	} keys,          /* of the peers that it is about */
		expired; /* of those of the file that are left out since they have expired */

	struct config_text before;
	struct config next;
	struct session session;
	struct plan save;
	/* What goes from the interface where others have peers there: borrowed, and its plan. */
	struct wg_device removed, restored;
	struct plan removal;
	int failed; /* while reload_run() was asked for approval */
};

/* Returns an exit status. */
int peer_change_run(struct peer_change *c, struct diag *d);

int peer_add(const struct options *options, struct diag *d);
int peer_list(const struct options *options, struct diag *d);
int peer_show(const struct options *options, struct diag *d);
