/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One peer put into the text of a configuration, taken out of it, or changed there. All else stays
 * as it is, to the byte.
 *
 * text: without mistakes. ret has to be zeroed; it has the same files, unless said otherwise. */
#pragma once

#include "wgq/conf/conf.h"
#include "wgq/conf/names/roster.h"

struct peer_new {
	const char *name;
	const struct wg_peer *peer; /* key, preshared key and allowed IPs */
	int64_t expires;            /* 0: never */
	/* A drop-in of its own, as its path is shown, and with links resolved; NULL: it is put
	 * behind the last peer of the file. */
	const char *path, *real;
	/* To be set in [Interface]; NULL: it stays. */
	const char *public_endpoint;
};

/* Whether a name can stand in a comment, and is read as that name again. */
int peer_name_check(const char *name, struct diag *d);

int peer_edit_add(const struct config_text *text, const struct roster *roster,
		  const struct peer_new *new, struct config_text *ret, struct diag *d);
/* Drop-ins of which nothing is left but comments and blank lines are not in ret. */
int peer_edit_remove(const struct config_text *text, const struct roster *roster,
		     const struct roster_peer *peer, struct config_text *ret, struct diag *d);
int peer_edit_rename(const struct config_text *text, const struct roster *roster,
		     const struct roster_peer *peer, const char *name, struct config_text *ret,
		     struct diag *d);
/* Disables an enabled peer, or the other way round. */
int peer_edit_switch(const struct config_text *text, const struct roster_peer *peer,
		     struct config_text *ret, struct diag *d);
