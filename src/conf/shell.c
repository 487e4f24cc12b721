// SPDX-License-Identifier: GPL-2.0-or-later
// The commands in a hook: cuts them apart, and takes the quotes off.
#include "wgq/conf/shell.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"

struct cutter {
	const char *text;
	const char *at; /* not read yet */
	struct shell_script *script;
	struct shell_command command; /* being read */
	struct buf word;
	bool in_word, plain, quoted; /* quoted: some of the word was */
	bool skip_word;              /* it is where a redirection leads */
	const char *begin, *end;     /* of the command; NULL: it has not begun */
	bool no_memory;
};

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool is_assignment(const char *word)
{
	size_t n = 0;

	while (is_name_char(word[n]))
		n++;
	return n && (word[n] == '=' || (word[n] == '+' && word[n + 1] == '=')) &&
	       !(word[0] >= '0' && word[0] <= '9');
}

bool shell_is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static void put(struct cutter *c, char character)
{
	buf_char(&c->word, character);
	c->in_word = true;
}

/* Copies from here to the closing character as it is, with what nests in between. */
static void copy_nested(struct cutter *c, char open, char close)
{
	unsigned depth = 0;

	c->plain = false;
	do {
		if (!*c->at) {
			c->script->opaque = true;
			return;
		}
		depth += *c->at == open;
		depth -= *c->at == close;
		put(c, *c->at++);
	} while (depth);
}

static void copy_backquoted(struct cutter *c)
{
	c->plain = false;
	do {
		if (!*c->at) {
			c->script->opaque = true;
			return;
		}
		put(c, *c->at++);
	} while (*c->at != '`');
	put(c, *c->at++);
}

/* At a $ or `. */
static void copy_expansion(struct cutter *c)
{
	c->plain = false;
	if (*c->at == '`') {
		copy_backquoted(c);
		return;
	}
	put(c, *c->at++);
	if (*c->at == '(')
		copy_nested(c, '(', ')');
	else if (*c->at == '{')
		copy_nested(c, '{', '}');
}

/* At the opening quote. */
static void copy_quoted(struct cutter *c)
{
	char quote = *c->at++;

	c->in_word = c->quoted = true;
	while (*c->at && *c->at != quote) {
		if (quote == '"' && (*c->at == '$' || *c->at == '`')) {
			copy_expansion(c);
			continue;
		}
		if (quote == '"' && c->at[0] == '\\' && c->at[1])
			c->at++;
		put(c, *c->at++);
	}
	if (*c->at)
		c->at++;
	else
		c->script->opaque = true;
}

/* Words that stand before a command without being one; what follows is asked for its success. */
static const char *const asking[] = {"if", "elif", "while", "until", "!", NULL};
static const char *const leading[] = {"then", "else", "do", "{", "time", NULL};
static const char *const closing[] = {"fi", "done", "}", NULL};
static const char *const beyond[] = {"for",    "case", "function", "select", "[[",
				     "coproc", "eval", "esac",     "in",     "((",
				     "alias",  "trap", "set",      "shopt",  NULL};

static void add_word(struct cutter *c)
{
	const char *word = buf_text(&c->word);
	bool first = !c->command.words.len && !c->quoted;

	if (c->skip_word || (first && c->plain && shell_is_one_of(word, leading))) {
		c->skip_word = false;
		return;
	}
	if (first && is_assignment(word)) {
		/* What PATH is then, nobody knows. */
		c->script->opaque |= strncmp(word, "PATH", 4) == 0;
		return;
	}
	if (first && c->plain && shell_is_one_of(word, asking)) {
		c->command.tolerated = true;
		return;
	}
	if (first && c->plain && shell_is_one_of(word, closing))
		return;
	if (first && shell_is_one_of(word, beyond))
		c->script->opaque = true;

	struct shell_word *added = vec_push(&c->command.words);
	if (!added) {
		c->no_memory = true;
		return;
	}
	added->text = mem_strndup(word, c->word.len);
	added->plain = c->plain;
	c->no_memory |= !added->text || buf_status(&c->word) < 0;
}

static void end_word(struct cutter *c)
{
	if (!c->in_word)
		return;
	add_word(c);
	buf_clear(&c->word);
	c->in_word = c->quoted = false;
	c->plain = true;
	c->end = c->at;
}

static void command_release(struct shell_command *command)
{
	vec_each(word, &command->words)
		free(word->text);
	vec_release(&command->words);
}

static void end_command(struct cutter *c, bool tolerated)
{
	end_word(c);
	if (c->command.words.len) {
		struct shell_command *added = vec_push(c->script);

		if (!added) {
			c->no_memory = true;
			command_release(&c->command);
		} else {
			*added = c->command;
			added->tolerated |= tolerated;
			added->offset = (size_t)(c->begin - c->text);
			added->len = (size_t)(c->end - c->begin);
		}
	}
	c->command = (struct shell_command){0};
	c->begin = NULL;
	c->skip_word = false;
}

/* At a < or >, or an & before one. */
static void redirection(struct cutter *c)
{
	const char *word = buf_text(&c->word);

	/* 2>: the number belongs to it. */
	if (c->in_word && !c->quoted && strspn(word, "0123456789") == c->word.len) {
		buf_clear(&c->word);
		c->in_word = false;
	}
	end_word(c);
	if (c->at[1] == '(') {
		put(c, *c->at++);
		copy_nested(c, '(', ')');
		return;
	}
	c->script->opaque |= c->at[0] == '<' && c->at[1] == '<' && c->at[2] != '<';
	while (*c->at && strchr("<>&|", *c->at))
		c->at++;
	c->skip_word = true;
}

/* At a character that ends a command. */
static void separator(struct cutter *c)
{
	bool or = c->at[0] == '|' && c->at[1] == '|';

	/* f() and array=() are more than commands; a subshell's are like any other. */
	c->script->opaque |= c->at[0] == '(' && (c->in_word || c->command.words.len);
	end_command(c, or);
	c->at += or || (c->at[0] == '&' && c->at[1] == '&') ? 2 : 1;
}

static void step(struct cutter *c)
{
	char now = *c->at;

	if (now == ' ' || now == '\t') {
		end_word(c);
		c->at++;
		return;
	}
	if (now == '#' && !c->in_word) {
		c->at += strcspn(c->at, "\n");
		return;
	}
	if (now == '<' || now == '>' || (now == '&' && c->at[1] == '>')) {
		redirection(c);
		return;
	}
	if (strchr(";&|()\n", now)) {
		separator(c);
		return;
	}
	if (!c->begin)
		c->begin = c->at;
	if (now == '$' || now == '`') {
		copy_expansion(c);
	} else if (now == '\'' || now == '"') {
		copy_quoted(c);
	} else {
		c->plain &= !strchr("*?[{~", now) || (now == '{' && !c->in_word);
		if (now == '\\' && c->at[1])
			c->at++;
		put(c, *c->at++);
	}
}

int shell_cut(const char *text, struct shell_script *ret)
{
	struct cutter c = {.text = text, .at = text, .script = ret, .plain = true};

	c.word.secret = true;
	while (*c.at)
		step(&c);
	end_command(&c, false);
	buf_release(&c.word);
	return c.no_memory ? -ENOMEM : 0;
}

void shell_release(struct shell_script *script)
{
	vec_each(command, script)
		command_release(command);
	vec_release(script);
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
