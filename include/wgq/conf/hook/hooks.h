/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hooks of a configuration do, as far as it can be read from them. Nothing is run.
 *
 * In come the commands of PreUp, PostUp, PreDown and PostDown; out goes a list of effects, such as
 * "adds a route to 10.0.0.0/8 in table 7". conf_parse() calls hooks_read() once. The planner asks
 * hooks_add_route() and its like, so that a reload leaves alone what a hook made. conf/check warns
 * by the effects.
 *
 * The arguments of a script, or of any program that is not known, may mean anything: the hook is
 * taken to make whatever they name. Where a value has a variable in it, the hook is taken to make
 * what its variables, loops and here-strings name.
 *
 *	shell.c, shell_token.c		from a text to commands, by the grammar of bash
 *	hooks.c, effect.c		from commands to effects
 *	hooks_ip.c, hooks_firewall.c	the effects of ip and wg, of iptables and nft
 *	hooks_ask.c			whether hooks have made something */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/conf/hook/shell.h"
#include "wgq/net/addr.h"
#include "wgq/net/key.h"

struct buf;
struct conf;

enum effect_kind {
	EFFECT_IPTABLES,
	EFFECT_NFT,
	EFFECT_RULE,
	EFFECT_ROUTE,
	EFFECT_ADDRESS,
	EFFECT_LINK,    /* `ip link set' */
	EFFECT_WG,      /* `wg set', or `wg addconf' and the like */
	EFFECT_SETTING, /* sysctl */
	EFFECT_VALUES,  /* nothing by itself: what variables and loops stand for, and files */
	EFFECT_UNKNOWN, /* of a program that is not known */
};

/* Something that a command does to the host. Its words say to what, in the order of the command:
 * "KEYWORD VALUE", or one that stands alone; keywords are written out, numbers are decimal. */
struct effect {
	enum effect_kind kind;
	bool add; /* or set; false: it deletes */
	bool ipv6;
	bool tolerated;     /* the command may fail */
	bool whole;         /* a table of nftables, not something in one */
	bool own;           /* of this interface, with which it goes */
	bool open;          /* some word has an expansion */
	size_t hook;        /* index */
	size_t offset, len; /* of the command, in the hook's text */
	struct {
		VEC(char *); /* owned */
	} words;
};

/* The value of a keyword; NULL: the command does not have it. */
const char *effect_value(const struct effect *e, const char *keyword);
/* The same as a prefix, whose host bits stay; false also where it is none, but a variable. */
bool effect_prefix(const struct effect *e, const char *keyword, struct prefix *ret);
/* Whether it has this word. */
bool effect_has(const struct effect *e, const char *word);

struct hook {
	const char *text; /* borrowed from the configuration */
	uint32_t line;
	bool up, early;             /* PreUp or PostUp; PreUp */
	struct shell_script script; /* of the text with every %i replaced */
};

/* Of PreUp and PostUp, or of PreDown and PostDown. */
struct hook_side {
	VEC(struct effect);
	bool opaque; /* it may do anything besides */
};

struct hooks {
	VEC(struct hook); /* in the order of conf.h's kinds, then of the file */
	struct hook_side up, down;
};

/* Reads conf->hooks into conf->effects, which has to be empty. 0 or -ENOMEM. */
int hooks_read(struct conf *conf);
void hooks_release(struct hooks *hooks);

/* Replaces the names of tables by their numbers, as far as lookup() finds them. 0 or -ENOMEM. */
int hooks_name_tables(struct hooks *hooks,
		      int (*lookup)(const char *name, uint32_t *ret, struct diag *d));

/* ---- what PreUp and PostUp do to the interface ---- */

/* PreUp comes before wgq looks at what is there, so what it adds counts as there. */
enum hooks_when { HOOKS_BEFORE, HOOKS_AT_ALL };

bool hooks_add_addr(const struct hooks *hooks, enum hooks_when when, const struct addr *addr);
bool hooks_add_route(const struct hooks *hooks, enum hooks_when when, uint32_t table,
		     const struct prefix *prefix);
/* Some route to the table, which is not main: what else is in it may be the hook's as well. */
bool hooks_fill_table(const struct hooks *hooks, uint32_t table);
/* A rule that sends what does not have a mark to the table of that number. */
bool hooks_add_rule(const struct hooks *hooks, uint32_t mark);
bool hooks_set_mtu(const struct hooks *hooks, uint32_t mtu);
bool hooks_set_multicast(const struct hooks *hooks);
/* By its public key; or peers are loaded from elsewhere. */
bool hooks_add_peer(const struct hooks *hooks, const struct key *public_key);
/* `wg addconf' and the like, with a file that may have anything in it. */
bool hooks_load(const struct hooks *hooks);
/* A parameter of `wg set': of the device with peer NULL, else of this peer. */
bool hooks_set(const struct hooks *hooks, const struct key *peer, const char *parameter);

/* ---- commands ---- */

/* The index of the word that names the program, past sudo and the like; words.len: not known. */
size_t hook_program(const struct shell_command *command);
/* Its name without a path; NULL: not known. */
const char *hook_program_name(const struct shell_command *command);
bool hook_is_iptables(const char *name);
/* A hook with every %i replaced by the interface's name, as it is run and shown
 * (linux.bash:291-298). */
void hook_expand(const char *hook, const char *ifname, struct buf *ret_text);
/* Where in the hook's own text something of the text with every %i replaced is. */
size_t hook_place(const struct hook *hook, const char *ifname, size_t offset);
