/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What single commands add to the host or delete from it: one reader a program. */
#pragma once

#include "check_hooks.h"

/* What a command of a hook is read with. */
struct effect_reader {
	const struct conf *conf;
	struct hook_side *side;
	const struct shell_command *command;
	size_t hook; /* its index */
	bool no_memory;
};

/* A new effect of the command, without words; NULL: no memory, or there are too many. */
struct effect *effect_add(struct effect_reader *r, enum effect_kind kind, bool add);
/* Adds a word, in which %i is replaced. */
void effect_word(struct effect_reader *r, struct effect *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* first: the index of the word behind the program's name. */
typedef void effect_function(struct effect_reader *r, size_t first);
effect_function effect_iptables, effect_ip, effect_nft;
