// SPDX-License-Identifier: GPL-2.0-or-later
// The commands in a hook: the grammar of bash, by recursive descent. What it refuses bash refuses.
#include "wgq/conf/hook/shell.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"

#include "shell_internal.h"

static void read_list(struct shell_parser *p);
static void read_command(struct shell_parser *p);

/* ---- the token at hand ---- */

static bool is_operator(const struct shell_parser *p, const char *operator)
{
	size_t n = strlen(operator);

	return p->token == TOKEN_OPERATOR && (size_t)(p->at - p->begin) == n &&
	       memcmp(p->begin, operator, n) == 0;
}

static bool is_reserved(const struct shell_parser *p, const char *word)
{
	return p->token == TOKEN_WORD && !p->quoted && strcmp(buf_text(&p->word), word) == 0;
}

static bool is_reserved_of(const struct shell_parser *p, const char *const *words)
{
	return p->token == TOKEN_WORD && !p->quoted && shell_is_one_of(buf_text(&p->word), words);
}

static bool begins_arithmetic(const struct shell_parser *p)
{
	return is_operator(p, "(") && *p->at == '(';
}

static bool begins_compound(const struct shell_parser *p)
{
	static const char *const words[] = {"{",     "if",     "for", "case", "while",
					    "until", "select", "[[",  NULL};

	return is_operator(p, "(") || is_reserved_of(p, words);
}

/* What a list cannot go on with. */
static bool ends_list(const struct shell_parser *p)
{
	static const char *const words[] = {"then", "elif", "else", "fi", "do",
					    "done", "esac", "}",    NULL};

	return p->token == TOKEN_END || is_operator(p, ")") || is_operator(p, ";;") ||
	       is_operator(p, ";&") || is_operator(p, ";;&") || is_reserved_of(p, words);
}

static void unexpected(struct shell_parser *p)
{
	if (p->token == TOKEN_END)
		shell_fail_at_end(p, p->before, (size_t)(p->before_end - p->before),
				  "has to be followed by a command or a word");
	else
		shell_fail(p, p->begin, (size_t)(p->at - p->begin), "cannot stand here");
}

/* The word or operator that ends what was opened by the n bytes at open. */
static void expect(struct shell_parser *p, const char *word, const char *open, const char *without)
{
	if (is_reserved(p, word) || is_operator(p, word))
		shell_advance(p);
	else if (p->token == TOKEN_END && !p->stopped)
		shell_fail_at_end(p, open, strcspn(open, " \t;&|()") + (*open == '('), without);
	else
		unexpected(p);
}

static void add_word(struct shell_parser *p, struct shell_word_vec *words, size_t from)
{
	struct shell_word *added = vec_push(words);

	if (!added) {
		p->no_memory = true;
		return;
	}
	added->text = mem_strndup(buf_text(&p->word) + from, p->word.len - from);
	added->plain = p->plain;
	p->no_memory |= !added->text;
}

static void tolerate(struct shell_parser *p, size_t from)
{
	for (size_t i = from; i < p->script->len; i++)
		p->script->at[i].tolerated = true;
}

static void feed(struct shell_parser *p, size_t from)
{
	for (size_t i = from; i < p->script->len; i++)
		p->script->at[i].feeds = true;
}

/* ---- simple commands ---- */

static void command_release(struct shell_command *command)
{
	vec_each(word, &command->words)
		free(word->text);
	vec_release(&command->words);
}

static void read_redirection(struct shell_parser *p)
{
	shell_advance(p);
	if (p->token != TOKEN_WORD) {
		unexpected(p);
		return;
	}
	add_word(p, &p->script->values, 0);
}

/* From the token at hand to the last one that belongs to it; begin is where it began. */
static void read_words(struct shell_parser *p, struct shell_command *command, const char *begin)
{
	static const char *const beyond[] = {"eval", "alias", "trap", "set", "shopt", NULL};
	const char *end = begin;

	while (p->token == TOKEN_WORD || p->token == TOKEN_REDIRECTION) {
		if (p->token == TOKEN_REDIRECTION) {
			read_redirection(p);
		} else if (p->value && !command->words.len) {
			/* Another PATH may lead to any program. */
			p->script->opaque |= strncmp(buf_text(&p->word), "PATH", 4) == 0;
			add_word(p, &p->script->values, p->value);
		} else {
			add_word(p, &command->words, 0);
		}
		end = p->at;
		shell_advance(p);
	}
	command->offset = (size_t)(begin - p->text);
	command->len = (size_t)(end - begin);
	if (command->words.len && command->words.at[0].text)
		p->script->opaque |= shell_is_one_of(command->words.at[0].text, beyond);
}

/* Behind its name. */
static void read_function(struct shell_parser *p)
{
	const char *open = p->begin;

	p->script->opaque = true;
	if (is_operator(p, "(")) {
		shell_advance(p);
		expect(p, ")", open, "is not closed");
	}
	if (begins_compound(p))
		read_command(p);
	else
		unexpected(p);
}

static void read_simple(struct shell_parser *p)
{
	struct shell_command command = {0};

	read_words(p, &command, p->begin);
	if (is_operator(p, "(") && command.words.len == 1) {
		command_release(&command);
		read_function(p);
		return;
	}
	struct shell_command *added = command.words.len ? vec_push(p->script) : NULL;
	p->no_memory |= command.words.len && !added;
	if (added)
		*added = command;
	else
		command_release(&command);
}

/* ---- compound commands ---- */

/* At least one command. */
static void read_some(struct shell_parser *p, const char *open, const char *without)
{
	if (!ends_list(p))
		read_list(p);
	else if (p->token == TOKEN_END && !p->stopped)
		shell_fail_at_end(p, open, strcspn(open, " \t;&|()") + (*open == '('), without);
	else
		unexpected(p);
}

static void read_if(struct shell_parser *p)
{
	static const char without[] = "has no fi";
	const char *open = p->begin;

	do {
		size_t from = p->script->len;

		shell_advance(p);
		read_some(p, open, without);
		tolerate(p, from);
		expect(p, "then", open, without);
		read_some(p, open, without);
	} while (is_reserved(p, "elif"));
	if (is_reserved(p, "else")) {
		shell_advance(p);
		read_some(p, open, without);
	}
	expect(p, "fi", open, without);
}

static void read_body(struct shell_parser *p, const char *open)
{
	bool braces = is_reserved(p, "{");

	expect(p, braces ? "{" : "do", open, "has no done");
	read_some(p, open, "has no done");
	expect(p, braces ? "}" : "done", open, "has no done");
}

static void read_while(struct shell_parser *p)
{
	const char *open = p->begin;
	size_t from = p->script->len;

	shell_advance(p);
	read_some(p, open, "has no done");
	tolerate(p, from);
	if (is_reserved(p, "{"))
		unexpected(p);
	read_body(p, open);
}

/* (( )), or a subshell that begins with one. */
static bool read_arithmetic(struct shell_parser *p)
{
	const char *inside = p->at++;

	shell_skip_pair(p, p->begin, '(', ')');
	if (p->stopped || *p->at == ')') {
		p->script->opaque = true;
		p->at += *p->at == ')';
		shell_advance(p);
		return true;
	}
	p->at = inside;
	return false;
}

/* As select, which is written alike. */
static void read_for(struct shell_parser *p)
{
	const char *open = p->begin;

	p->script->opaque = true;
	shell_advance(p);
	if (begins_arithmetic(p)) {
		if (!read_arithmetic(p))
			shell_give_up(p);
	} else if (p->token == TOKEN_WORD) {
		shell_advance(p);
		if (is_reserved(p, "in")) {
			for (shell_advance(p); p->token == TOKEN_WORD; shell_advance(p))
				add_word(p, &p->script->values, 0);
			expect(p, ";", open, "has no done");
		}
	} else {
		unexpected(p);
	}
	if (is_operator(p, ";"))
		shell_advance(p);
	read_body(p, open);
}

/* PATTERN | PATTERN ) LIST; false: esac follows. */
static bool read_clause(struct shell_parser *p)
{
	if (is_operator(p, "("))
		shell_advance(p);
	for (;;) {
		if (p->token != TOKEN_WORD) {
			unexpected(p);
			return false;
		}
		shell_advance(p);
		if (!is_operator(p, "|"))
			break;
		shell_advance(p);
	}
	if (!is_operator(p, ")")) {
		unexpected(p);
		return false;
	}
	shell_advance(p);
	read_list(p);
	if (!is_operator(p, ";;") && !is_operator(p, ";&") && !is_operator(p, ";;&"))
		return false;
	shell_advance(p);
	return true;
}

static void read_case(struct shell_parser *p)
{
	static const char without[] = "has no esac";
	const char *open = p->begin;

	p->script->opaque = true;
	shell_advance(p);
	if (p->token == TOKEN_WORD)
		shell_advance(p);
	else
		unexpected(p);
	expect(p, "in", open, without);
	while (p->token != TOKEN_END && !is_reserved(p, "esac") && read_clause(p))
		;
	expect(p, "esac", open, without);
}

/* Up to its ]]: which operators stand where is not looked at. */
static void read_condition(struct shell_parser *p)
{
	const char *open = p->begin;
	size_t depth = 0;

	p->script->opaque = true;
	do {
		shell_advance(p);
		depth += is_operator(p, "(");
		depth -= depth && is_operator(p, ")");
	} while (p->token != TOKEN_END && (depth || !is_reserved(p, "]]")));
	expect(p, "]]", open, "has no ]]");
}

static void read_group(struct shell_parser *p)
{
	const char *open = p->begin;
	bool subshell = *open == '(';

	shell_advance(p);
	read_some(p, open, "is not closed");
	expect(p, subshell ? ")" : "}", open, "is not closed");
}

static void read_compound(struct shell_parser *p)
{
	if (is_reserved(p, "if"))
		read_if(p);
	else if (is_reserved(p, "while") || is_reserved(p, "until"))
		read_while(p);
	else if (is_reserved(p, "for") || is_reserved(p, "select"))
		read_for(p);
	else if (is_reserved(p, "case"))
		read_case(p);
	else if (is_reserved(p, "[["))
		read_condition(p);
	else if (!begins_arithmetic(p) || !read_arithmetic(p))
		read_group(p);
	while (p->token == TOKEN_REDIRECTION) {
		read_redirection(p);
		shell_advance(p);
	}
}

/* coproc [NAME] COMMAND. */
static void read_coprocess(struct shell_parser *p)
{
	p->script->opaque = true;
	shell_advance(p);
	if (begins_compound(p)) {
		read_compound(p);
	} else if (p->token == TOKEN_WORD || p->token == TOKEN_REDIRECTION) {
		struct shell_command command = {0};
		const char *begin = p->begin;

		if (p->token == TOKEN_WORD)
			shell_advance(p);
		if (begins_compound(p))
			read_compound(p);
		else
			read_words(p, &command, begin);
		command_release(&command);
	} else {
		unexpected(p);
	}
}

static void read_command(struct shell_parser *p)
{
	if (++p->depth > 100) {
		shell_give_up(p);
		p->token = TOKEN_END;
	} else if (begins_compound(p)) {
		read_compound(p);
	} else if (is_reserved(p, "coproc")) {
		read_coprocess(p);
	} else if (is_reserved(p, "function")) {
		shell_advance(p);
		if (p->token == TOKEN_WORD)
			shell_advance(p);
		else
			unexpected(p);
		read_function(p);
	} else if (!ends_list(p) && p->token != TOKEN_OPERATOR && !is_reserved(p, "in") &&
		   !is_reserved(p, "]]") && !is_reserved(p, "!")) {
		read_simple(p);
	} else {
		unexpected(p);
	}
	p->depth--;
}

/* ---- pipelines and lists ---- */

enum prefixes { PREFIX_NOT = 1, PREFIX_TIME = 2 };

static unsigned read_prefixes(struct shell_parser *p)
{
	unsigned found = 0;

	while (is_reserved(p, "!") || is_reserved(p, "time")) {
		bool time = is_reserved(p, "time");

		found |= time ? PREFIX_TIME : PREFIX_NOT;
		shell_advance(p);
		if (time && is_reserved(p, "-p"))
			shell_advance(p);
		if (time && is_reserved(p, "--"))
			shell_advance(p);
	}
	return found;
}

static void read_pipeline(struct shell_parser *p)
{
	size_t from = p->script->len;
	unsigned prefixes = read_prefixes(p);

	/* ! and time may stand alone. */
	if (prefixes && (p->token == TOKEN_END || is_operator(p, ";")))
		return;
	read_command(p);
	while (is_operator(p, "|") || is_operator(p, "|&")) {
		feed(p, from);
		shell_advance(p);
		read_command(p);
	}
	if (prefixes & PREFIX_NOT)
		tolerate(p, from);
}

static void read_and_or(struct shell_parser *p)
{
	size_t from = p->script->len;

	read_pipeline(p);
	while (is_operator(p, "&&") || is_operator(p, "||")) {
		if (is_operator(p, "||"))
			tolerate(p, from);
		shell_advance(p);
		read_pipeline(p);
	}
}

/* Up to what cannot go on with it; it may be empty. */
static void read_list(struct shell_parser *p)
{
	for (;;) {
		if (ends_list(p))
			return;
		read_and_or(p);
		if (!is_operator(p, ";") && !is_operator(p, "&"))
			return;
		shell_advance(p);
	}
}

static void read_nested(struct shell_parser *p, const char *open)
{
	struct shell_parser inner = *p;
	size_t from = p->script->len;

	inner.word = (struct buf){.secret = true};
	inner.muted = 0;
	inner.token = TOKEN_OPERATOR;
	if (++inner.depth > 100)
		shell_give_up(&inner);
	shell_advance(&inner);
	read_list(&inner);
	if (!inner.stopped && inner.token == TOKEN_END)
		shell_fail_at_end(&inner, open, 2, "is not closed");
	else if (!inner.stopped && !is_operator(&inner, ")"))
		unexpected(&inner);
	feed(p, from);
	buf_release(&inner.word);
	p->at = inner.at;
	p->stopped = inner.stopped;
	p->no_memory |= inner.no_memory;
}

int shell_cut(const char *text, struct shell_script *ret)
{
	struct shell_parser p = {
		.script = ret, .text = text, .at = text, .begin = text, .read_nested = read_nested};

	p.word.secret = true;
	shell_advance(&p);
	read_list(&p);
	if (!p.stopped && p.token != TOKEN_END)
		unexpected(&p);
	buf_release(&p.word);
	return p.no_memory ? -ENOMEM : 0;
}

static void words_release(struct shell_word_vec *words)
{
	vec_each(word, words)
		free(word->text);
	vec_release(words);
}

void shell_release(struct shell_script *script)
{
	vec_each(command, script)
		words_release(&command->words);
	vec_release(script);
	words_release(&script->values);
}

bool shell_is_builtin(const char *name)
{
	static const char *const builtins[] = {
		".",         ":",        "[",       "[[",      "bg",      "bind",     "break",
		"builtin",   "caller",   "cd",      "command", "compgen", "complete", "compopt",
		"continue",  "declare",  "dirs",    "disown",  "echo",    "enable",   "eval",
		"exec",      "exit",     "export",  "false",   "fc",      "fg",       "getopts",
		"hash",      "help",     "history", "jobs",    "kill",    "let",      "local",
		"logout",    "mapfile",  "popd",    "printf",  "pushd",   "pwd",      "read",
		"readarray", "readonly", "return",  "set",     "shift",   "shopt",    "source",
		"suspend",   "test",     "time",    "times",   "trap",    "true",     "type",
		"typeset",   "ulimit",   "umask",   "unalias", "unset",   "wait",     NULL,
	};

	return shell_is_one_of(name, builtins);
}
