/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All peers of a configuration as people manage them: by name, disabled ones included.
 * cmd/peer makes and asks it. */
#pragma once

#include <stdbool.h>

#include "wgq/conf/conf.h"
#include "wgq/conf/names/peer_names.h"

struct roster_peer {
	const struct wg_peer *peer; /* of one of the two configurations; its line is the text's */
	const char *name;           /* NULL: it has none */
	int64_t expires;            /* 0: never */
	bool is_disabled;
};

struct roster {
	struct conf conf, disabled; /* what the text says; what its disabled lines say */
	struct peer_names names;
	VEC(struct roster_peer); /* in the order of the text */
};

/* Mistakes in the text are errors. ret has to be zeroed; it borrows nothing. */
int roster_read(const struct config_text *text, const char *ifname, struct roster *ret,
		struct diag *d);
/* By name or by public key. -ENOENT: there is none; -ENOTUNIQ: the name is several peers'. */
int roster_find(const struct roster *roster, const char *word, const struct roster_peer **ret,
		struct diag *d);
const struct roster_peer *roster_of_key(const struct roster *roster, const struct key *key);
void roster_release(struct roster *roster);

#define _cleanup_roster_ _cleanup_(roster_release)
