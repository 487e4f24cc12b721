/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands in a hook, by the grammar of bash, which runs hooks: for advice, not for running
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
	bool feeds;                  /* what it prints goes to another command, or into a word */
};

/* What bash refuses, with the whole text. */
struct shell_error {
	const char
		*message; /* about the bytes at offset: "is not closed"; NULL: there is no error */
	size_t offset, len;
	bool unfinished; /* more text could mend it */
};

struct shell_script {
	VEC(struct shell_command);    /* an expansion's come before the one that it is in */
	struct shell_word_vec values; /* of variables, loops and here-strings; files written to */
	bool opaque; /* there is more to it than these commands: loops, functions, errors */
	struct shell_error error;
};

/* Cuts up a text of one line; 0 or -ENOMEM. ret has to be zeroed.
 *
 * What bash takes never has an error here. Of what bash refuses, these go unseen: the operators
 * within [[ ]], what is within (( )), $(( )), $[ ] and ${ }, arrays and their subscripts, patterns
 * of extglob within $( ), and what is nested more than a hundred deep. */
int shell_cut(const char *text, struct shell_script *ret);
void shell_release(struct shell_script *script);

/* Whether a word is in a list, which ends with NULL. */
bool shell_is_one_of(const char *word, const char *const *list);
/* What bash does itself (bash 5.2, `compgen -bk`). */
bool shell_is_builtin(const char *name);
