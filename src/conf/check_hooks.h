/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hooks of a configuration do to the host, as far as it can be read from them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/vec.h"
#include "wgq/conf/conf.h"
#include "wgq/conf/shell.h"

struct hook {
	const char *text; /* borrowed from the configuration */
	uint32_t line;
	bool up; /* PreUp or PostUp */
	struct shell_script script;
};

enum effect_kind { EFFECT_IPTABLES, EFFECT_RULE, EFFECT_ROUTE, EFFECT_NFT };

/* Something that a command adds to the host, or deletes from it. */
struct effect {
	enum effect_kind kind;
	bool add;
	bool ipv6;
	bool tolerated;     /* the command may fail */
	bool whole;         /* a table of nftables, not something in one */
	bool matched;       /* the other side has its opposite */
	size_t hook;        /* index */
	size_t offset, len; /* of the command, in the hook's text */
	struct {
		VEC(char *); /* owned; what says which one it is, sorted */
	} words;
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

/* 0 or -ENOMEM. ret has to be zeroed. */
int hooks_read(const struct conf *conf, struct hooks *ret);
void hooks_release(struct hooks *hooks);

/* Whether it has this word. */
bool effect_has(const struct effect *e, const char *word);

/* The index of the word that names the program, past sudo and the like; words.len: not known. */
size_t hook_program(const struct shell_command *command);
/* Its name without a path. */
const char *hook_program_name(const struct shell_command *command);
bool hook_is_iptables(const char *name);
