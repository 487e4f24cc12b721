/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside check_conf(): its state, and what its checks share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/conf/check/check.h"
#include "wgq/conf/conf.h"
#include "wgq/conf/hook/hooks.h"
#include "wgq/conf/parse/line.h"
#include "wgq/net/addr.h"
#include "wgq/net/key.h"

/* One peer's claim to a prefix. */
struct claim {
	struct prefix prefix;
	uint32_t line;
	uint32_t peer; /* its index */
};

struct check {
	const struct conf *conf;
	const struct check_facts *facts;
	struct diag *d;

	struct {
		VEC(struct slice); /* without their ends; line N is lines.at[N - 1] */
	} lines;
	struct {
		VEC(struct claim); /* sorted by prefix, those of one prefix in the file's order */
		bool has_length[2][129]; /* by family (IPv6: 1) and prefix length */
	} claims;
	bool has_own_key;
	struct key own_key;        /* the public one */
	const struct hooks *hooks; /* conf's effects */
	bool *settled[2];          /* of up and down, by effect: nothing is to be said of it */

	const char *id;        /* of the check that is running */
	enum diag_level level; /* of its findings */
	size_t found;          /* by it, so far */
	uint32_t last_line;    /* where it has found something last */
	struct buf line_name;  /* of check_line() */
	bool no_memory;
};

/* found.c. Part of a line; at.at NULL: the line as a whole. Line 0: the main file as a whole, or
 * the one that is given. */
struct where {
	uint32_t line;
	struct slice at;
	const struct source *file;
};

/* The value of the key in a line. */
struct where where_value(const struct check *c, uint32_t line);
/* The item of the line's list that is this prefix, host bits or not. */
struct where where_prefix(const struct check *c, uint32_t line, const struct prefix *prefix);
/* The item of the line's list with this text. */
struct where where_text(const struct check *c, uint32_t line, const char *text);
/* n bytes of a hook, from an offset in its text with every %i replaced on. */
struct where where_hook(const struct check *c, const struct hook *hook, size_t offset, size_t n);
/* The value in a line about the peer; line 0, for there is none: the beginning of its section. */
struct where where_in_peer(const struct check *c, const struct wg_peer *peer, uint32_t line);

/* A finding of the running check. hint may be NULL. */
void check_found(struct check *c, struct where where, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Says how many findings of the running check were not shown. */
void check_count_hidden(struct check *c);
/* "line 7", or "line 7 of FILE" where the line `beside` is of another. Lasts until the next call.
 */
const char *check_line(struct check *c, uint32_t line, uint32_t beside);
/* Whether the line holds no secret, as far as can be seen. */
bool check_may_show(const struct check *c, uint32_t line);

/* peers.c: fills in what the peers claim. 0 or -ENOMEM. */
int check_find_claims(struct check *c);
/* The claim that decides on an address: of the longest prefix that holds it, the last one in the
 * file. NULL: no peer has it. */
const struct claim *check_owner(const struct check *c, const struct addr *a);

/* routes.c: whether another interface is in a network that holds the address, of this length or
 * more; whether ExcludedIPs have it; whether it is of a private network. */
bool check_is_elsewhere(const struct check *c, const struct addr *a, uint8_t than);
bool check_excludes(const struct check *c, const struct addr *a);
bool check_is_private(const struct addr *a);
/* Whether an Address is of the IPv6 that Masquerade leaves alone: plan/want/walls.c. */
bool check_has_global_ipv6(const struct check *c);

/* pairs.c: finds what is undone. 0 or -ENOMEM. */
int check_pair_effects(struct check *c);

/* Each file ends with the table of its checks, which an empty line ends. */
struct named_check {
	const char *id;
	enum diag_level level;
	void (*check)(struct check *c);
};
extern const struct named_check checks_of_network[], checks_of_peers[], checks_of_routes[],
	checks_of_commands[], checks_of_own[], checks_of_others[];
