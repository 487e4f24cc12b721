// SPDX-License-Identifier: GPL-2.0-or-later
// The tokens of a shell command: operators, and words with their quotes taken off. After bash's
// parse.y: read_token(), read_token_word(), parse_matched_pair().
#include <string.h>

#include "shell_internal.h"

static void read_expansion(struct shell_parser *p);

bool shell_is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

void shell_fail(struct shell_parser *p, const char *at, size_t n, const char *message)
{
	if (!p->stopped)
		p->script->error = (struct shell_error){message, (size_t)(at - p->text), n, false};
	shell_give_up(p);
}

void shell_fail_at_end(struct shell_parser *p, const char *at, size_t n, const char *message)
{
	bool first = !p->stopped;

	shell_fail(p, at, n, message);
	p->script->error.unfinished |= first;
}

void shell_give_up(struct shell_parser *p)
{
	p->script->opaque = p->stopped = true;
}

static void not_closed(struct shell_parser *p, const char *open, size_t n)
{
	shell_fail_at_end(p, open, n, "is not closed");
}

static void put(struct shell_parser *p, char c)
{
	if (!p->muted)
		buf_char(&p->word, c);
}

/* $$ is one: its second $ begins nothing. */
static void put_next(struct shell_parser *p)
{
	if (p->at[0] == '$' && p->at[1] == '$')
		put(p, *p->at++);
	put(p, *p->at++);
}

/* ---- quotes and expansions; each begins at its first character ---- */

static void read_single(struct shell_parser *p)
{
	const char *open = p->at++;

	while (*p->at && *p->at != '\'')
		put(p, *p->at++);
	if (*p->at)
		p->at++;
	else
		not_closed(p, open, 1);
}

/* $'...', whose escapes are left as they are. */
static void read_escaped(struct shell_parser *p)
{
	const char *open = p->at;

	for (p->at += 2; *p->at && *p->at != '\''; put(p, *p->at++))
		if (p->at[0] == '\\' && p->at[1])
			put(p, *p->at++);
	if (*p->at)
		p->at++;
	else
		not_closed(p, open, 2);
}

static bool is_expansion(const char *at)
{
	return at[0] == '`' || (at[0] == '$' && at[1] && strchr("({[", at[1]));
}

static void read_double(struct shell_parser *p)
{
	const char *open = p->at++;

	while (*p->at && *p->at != '"' && !p->stopped) {
		if (is_expansion(p->at)) {
			read_expansion(p);
			continue;
		}
		p->plain &= *p->at != '$';
		bool escaped = p->at[0] == '\\' && p->at[1] && strchr("$`\"\\", p->at[1]);
		p->at += escaped;
		if (escaped)
			put(p, *p->at++);
		else
			put_next(p);
	}
	if (*p->at)
		p->at++;
	else
		not_closed(p, open, 1);
}

static void read_backquoted(struct shell_parser *p)
{
	const char *open = p->at++;

	for (; *p->at && *p->at != '`'; p->at++)
		if (p->at[0] == '\\' && p->at[1])
			p->at++;
	if (*p->at)
		p->at++;
	else
		not_closed(p, open, 1);
	/* Whatever it runs, it is not cut up. */
	p->script->opaque = true;
}

void shell_skip_pair(struct shell_parser *p, const char *open, char opening, char closing)
{
	unsigned pairs = 1;

	p->muted++;
	while (pairs && *p->at && !p->stopped) {
		if (*p->at == closing) {
			pairs--;
			p->at++;
		} else if (*p->at == opening) {
			pairs++;
			p->at++;
		} else if (*p->at == '\\' && p->at[1]) {
			p->at += 2;
		} else if (*p->at == '\'') {
			read_single(p);
		} else if (*p->at == '"') {
			read_double(p);
		} else if (p->at[0] == '$' && p->at[1] == '\'') {
			read_escaped(p);
		} else if (is_expansion(p->at)) {
			read_expansion(p);
		} else {
			put_next(p);
		}
	}
	p->muted--;
	if (pairs)
		not_closed(p, open, (size_t)1 + (*open == '$'));
}

/* Left as it is written. */
static void read_expansion(struct shell_parser *p)
{
	const char *open = p->at;

	p->plain = false;
	if (++p->depth > 100) {
		shell_give_up(p);
	} else if (*open == '`') {
		read_backquoted(p);
	} else {
		p->at += 2;
		if (open[1] == '{')
			shell_skip_pair(p, open, '\0', '}');
		else if (open[1] == '[')
			shell_skip_pair(p, open, '[', ']');
		else if (open[2] == '(')
			shell_skip_pair(p, open, '(', ')');
		else
			p->read_nested(p, open);
	}
	p->depth--;
	if (!p->muted)
		buf_mem(&p->word, open, (size_t)(p->at - open));
}

/* ---- words ---- */

static bool is_name(const char *at, size_t n)
{
	size_t i = 0;

	while (i < n && ((at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'z' ? true
			 : at[i] >= '0' && at[i] <= '9'                 ? i > 0
									: at[i] == '_'))
		i++;
	return i && i == n;
}

/* NAME, NAME[INDEX], or either with a + for what is added. */
static bool is_assignable(const char *at, size_t n)
{
	const char *index;

	if (n && at[n - 1] == '+')
		n--;
	index = n && at[n - 1] == ']' ? memchr(at, '[', n) : NULL;
	return is_name(at, index ? (size_t)(index - at) : n);
}

/* What goes on a word that would end here, or what is more than its first character, as it is
 * written: true if there is such. */
static bool read_extension(struct shell_parser *p)
{
	const char *at = p->at;
	size_t n = (size_t)(at - p->begin);
	bool process = (at[0] == '<' || at[0] == '>') && at[1] == '(';
	bool pattern = at[0] == '(' && n && strchr("?*+@!", at[-1]);
	bool array = at[0] == '(' && p->value && at[-1] == '=';
	bool index = at[0] == '[' && p->command_position && is_name(p->begin, n) && strchr(at, ']');

	if (!process && !pattern && !array && !index)
		return false;
	p->at += process ? 2 : 1;
	p->plain = false;
	p->script->opaque |= array;
	if (process && *p->at != '(')
		p->read_nested(p, at);
	else if (process)
		shell_skip_pair(p, at, '(', ')');
	else
		shell_skip_pair(p, at, at[0], index ? ']' : ')');
	buf_mem(&p->word, at, (size_t)(p->at - at));
	return true;
}

static void read_character(struct shell_parser *p)
{
	const char *at = p->at;

	if (*at == '=' && !p->value && is_assignable(p->begin, (size_t)(at - p->begin)))
		p->value = p->word.len + 1;
	p->plain &= !strchr("*?[{~$", *at) || (*at == '{' && at == p->begin);
	if (at[0] == '\\' && at[1]) {
		p->quoted = true;
		p->at++;
		put(p, *p->at++);
	} else {
		put_next(p);
	}
}

static void read_word(struct shell_parser *p)
{
	while (*p->at && !p->stopped) {
		const char *at = p->at;

		if (read_extension(p))
			continue;
		if (strchr(" \t|&;()<>", *at))
			break;
		if (is_expansion(at)) {
			read_expansion(p);
		} else if (*at == '\'' || *at == '"' ||
			   (*at == '$' && at[1] && strchr("'\"", at[1]))) {
			p->quoted = true;
			p->at += *at == '$' && at[1] == '"';
			if (*at == '$' && at[1] == '\'')
				read_escaped(p);
			else if (*p->at == '"')
				read_double(p);
			else
				read_single(p);
		} else {
			read_character(p);
		}
	}
	p->no_memory |= buf_status(&p->word) < 0;
}

/* 2> or {fd}>: the word belongs to the redirection. */
static bool is_descriptor(const struct shell_parser *p)
{
	const char *word = buf_text(&p->word);
	size_t n = p->word.len;

	if (p->quoted || !n || (*p->at != '<' && *p->at != '>'))
		return false;
	return strspn(word, "0123456789") == n ||
	       (n > 2 && word[0] == '{' && word[n - 1] == '}' && is_name(word + 1, n - 2));
}

/* ---- operators ---- */

static bool read_operator(struct shell_parser *p, const char *const *list)
{
	for (; *list; list++) {
		size_t n = strlen(*list);

		if (strncmp(p->at, *list, n) == 0) {
			p->at += n;
			return true;
		}
	}
	return false;
}

/* The longest first. */
static bool read_redirection(struct shell_parser *p)
{
	static const char *const redirections[] = {"&>>", "&>", "<<<", "<<-", "<<", "<&", "<>",
						   "<",   ">>", ">&",  ">|",  ">",  NULL};
	const char *at = p->at;

	if (!read_operator(p, redirections))
		return false;
	p->script->opaque |= at[0] == '<' && at[1] == '<' && at[2] != '<';
	return true;
}

/* Whether the token at hand may be followed by an assignment. */
static bool begins_command(const struct shell_parser *p)
{
	static const char *const words[] = {"if", "then", "elif", "else", "while", "until",
					    "do", "{",    "!",    "time", NULL};

	if (p->token != TOKEN_WORD)
		return p->token != TOKEN_REDIRECTION;
	return (p->command_position && p->value) ||
	       (!p->quoted && shell_is_one_of(buf_text(&p->word), words));
}

void shell_advance(struct shell_parser *p)
{
	static const char *const operators[] = {"&&", "||", "|&", "|", ";;&", ";;",
						";&", ";",  "&",  "(", ")",   NULL};

	p->command_position = begins_command(p);
	p->before = p->begin;
	p->before_end = p->at;
	bool copies = p->token == TOKEN_REDIRECTION && p->at[-1] == '&';
	p->at += strspn(p->at, " \t");
	if (*p->at == '#')
		p->at += strlen(p->at);
	buf_clear(&p->word);
	p->plain = true;
	p->quoted = false;
	p->value = 0;
	p->begin = p->at;
	p->token = TOKEN_END;
	if (!*p->at || p->stopped)
		return;
	if (p->at[0] && p->at[1] == '(' && strchr("<>", p->at[0])) {
		p->token = TOKEN_WORD;
		read_word(p);
	} else if (read_redirection(p)) {
		p->token = TOKEN_REDIRECTION;
	} else if (read_operator(p, operators)) {
		p->token = TOKEN_OPERATOR;
	} else {
		p->token = TOKEN_WORD;
		read_word(p);
		/* In 2>&1>x the 1 is where the first one leads. */
		if (!copies && is_descriptor(p) && read_redirection(p))
			p->token = TOKEN_REDIRECTION;
	}
	if (p->stopped)
		p->token = TOKEN_END;
}
