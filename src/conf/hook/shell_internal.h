/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside shell_cut(): the tokens (shell_token.c), and the grammar (shell.c). */
#pragma once

#include "wgq/base/buf.h"
#include "wgq/conf/hook/shell.h"

enum shell_token { TOKEN_END, TOKEN_WORD, TOKEN_OPERATOR, TOKEN_REDIRECTION };

struct shell_parser {
	struct shell_script *script;
	const char *text;
	const char *at; /* not read yet */

	enum shell_token token;
	const char *begin;  /* of the token; it ends at `at' */
	const char *before; /* where the token before it begins and ends */
	const char *before_end;
	struct buf word;       /* TOKEN_WORD: its text */
	bool plain, quoted;    /* quoted: some of it was */
	size_t value;          /* where the value of an assignment begins in word; 0: it is none */
	bool command_position; /* the next word may be an assignment */

	unsigned muted; /* what is read is not part of word */
	unsigned depth;
	bool stopped; /* by an error, or by what is not understood: there is nothing more */
	bool no_memory;

	/* Of the grammar, since words have commands in them: reads a list up to the closing
	 * parenthesis of the one at `open'; `at' is behind it before and after. What the commands
	 * print is read by others. */
	void (*read_nested)(struct shell_parser *p, const char *open);
};

/* Reads the next token. */
void shell_advance(struct shell_parser *p);
/* Moves `at' behind what closes a bracket that was just opened at `open'. */
void shell_skip_pair(struct shell_parser *p, const char *open, char opening, char closing);

void shell_fail(struct shell_parser *p, const char *at, size_t n, const char *message);
/* The same where the text ends too early. */
void shell_fail_at_end(struct shell_parser *p, const char *at, size_t n, const char *message);
/* There may be an error or not: this is beyond us. */
void shell_give_up(struct shell_parser *p);
