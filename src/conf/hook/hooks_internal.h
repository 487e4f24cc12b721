/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside hooks_read(): what single commands do, one reader a program (hooks_ip.c,
 * hooks_firewall.c), and what these share (effect.c). */
#pragma once

#include "wgq/conf/hook/hooks.h"

/* What a command of a hook is read with. */
struct effect_reader {
	const struct conf *conf;
	struct hook_side *side;
	const struct shell_command *command;
	size_t hook; /* its index */
	unsigned depth;
	bool no_memory;
};

/* A new effect of the command, without words; NULL: no memory. */
struct effect *effect_add(struct effect_reader *r, enum effect_kind kind, bool add);
void effect_word(struct effect_reader *r, struct effect *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A word of the command; NULL: there are no more. */
const char *effect_word_at(const struct effect_reader *r, size_t i);
/* Whether the word, which may be NULL, is one of the two. */
bool effect_is(const char *word, const char *a, const char *b);
bool effect_is_number(const char *word);
/* A name that is this interface's, or that may be. */
bool effect_is_own_name(const struct effect_reader *r, size_t i);

/* first: the index of the word behind the program's name. */
typedef void effect_function(struct effect_reader *r, size_t first);
effect_function effect_iptables, effect_ip, effect_nft, effect_wg;
