/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands in a hook, as far as they can be known without a shell: for advice, not for running
 * them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/vec.h"

struct shell_word {
	char *text; /* owned; without its quotes, but with its expansions as they are written */
	bool plain; /* nothing in it is expanded */
};
struct shell_word_vec {
	VEC(struct shell_word);
};

struct shell_command {
	struct shell_word_vec words; /* without redirections and leading assignments; not empty */
	size_t offset, len;          /* of what it is made of, in the text */
	bool tolerated;              /* whether it succeeds is asked, or followed by || */
};

struct shell_script {
	VEC(struct shell_command);
	bool opaque; /* there is more to it than these commands: loops, functions, unclosed quotes
		      */
};

/* Cuts up a text; 0 or -ENOMEM. ret has to be zeroed. */
int shell_cut(const char *text, struct shell_script *ret);
void shell_release(struct shell_script *script);

/* Whether a word is in a list, which ends with NULL. */
bool shell_is_one_of(const char *word, const char *const *list);
/* What bash does itself (bash 5.2, `compgen -bk`). */
bool shell_is_builtin(const char *name);
