// SPDX-License-Identifier: GPL-2.0-or-later
// What all readers of commands share: the program that a command runs, and its effects.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/conf/conf.h"

#include "hooks_internal.h"

/* ---- programs ---- */

/* Programs that run another one: options of theirs that take a value, and how many words come
 * before the other one. */
static const struct wrapper {
	const char *name, *valued;
	size_t words;
} wrappers[] = {
	{"sudo", "ugpCrthDRTU", 0}, {"doas", "uC", 0},    {"command", "", 0}, {"builtin", "", 0},
	{"exec", "a", 0},           {"env", "uCS", 0},    {"nohup", "", 0},   {"nice", "n", 0},
	{"ionice", "cnp", 0},       {"timeout", "ks", 1}, {"flock", "wE", 1}, {"setsid", "", 0},
	{"stdbuf", "ioe", 0},
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct wrapper *wrapper_of(const char *program)
{
	const char *name = base_name(program);

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
		if (strcmp(name, wrappers[i].name) == 0)
			return &wrappers[i];
	return NULL;
}

/* Behind the options of the wrapper at i, and its own words; words.len: they are not understood. */
static size_t skip_wrapper(const struct shell_word_vec *words, size_t i)
{
	const struct wrapper *wrapper = wrapper_of(words->at[i].text);
	bool asks = strcmp(wrapper->name, "command") == 0, env = strcmp(wrapper->name, "env") == 0;

	for (i++; i < words->len && words->at[i].text[0] == '-'; i++) {
		const char *option = words->at[i].text;

		if (strcmp(option, "--") == 0) {
			i++;
			break;
		}
		/* `command -v' runs nothing. */
		if ((asks && (strchr(option, 'v') || strchr(option, 'V'))) || option[1] == '-' ||
		    !option[1])
			return words->len;
		i += strchr(wrapper->valued, option[1]) && !option[2];
	}
	while (env && i < words->len && strchr(words->at[i].text, '='))
		i++;
	return i + wrapper->words < words->len ? i + wrapper->words : words->len;
}

size_t hook_program(const struct shell_command *command)
{
	const struct shell_word_vec *words = &command->words;
	size_t i = 0;

	while (i < words->len && wrapper_of(words->at[i].text))
		i = skip_wrapper(words, i);
	if (i == words->len)
		return i;
	const struct shell_word *word = &words->at[i];
	bool unknown = !word->plain || word->text[0] == '-' || word->text[0] == '\0';
	return unknown ? words->len : i;
}

const char *hook_program_name(const struct shell_command *command)
{
	size_t i = hook_program(command);

	return i < command->words.len ? base_name(command->words.at[i].text) : NULL;
}

bool hook_is_iptables(const char *name)
{
	static const char *const names[] = {
		"iptables",         "ip6tables", "iptables-nft", "ip6tables-nft", "iptables-legacy",
		"ip6tables-legacy", NULL};

	return shell_is_one_of(name, names);
}

/* ---- effects ---- */

struct effect *effect_add(struct effect_reader *r, enum effect_kind kind, bool add)
{
	struct effect *e = vec_push(r->side);

	if (!e) {
		r->no_memory = true;
		return NULL;
	}
	e->kind = kind;
	e->add = add;
	e->hook = r->hook;
	if (r->command) {
		e->tolerated = r->command->tolerated;
		e->offset = r->command->offset;
		e->len = r->command->len;
	}
	return e;
}

void effect_word(struct effect_reader *r, struct effect *e, const char *format, ...)
{
	_cleanup_buf_ struct buf word = {.secret = true};
	va_list args;

	va_start(args, format);
	buf_addv(&word, format, args);
	va_end(args);

	char **added = buf_status(&word) == 0 ? vec_push(&e->words) : NULL;
	if (added)
		*added = buf_steal(&word);
	r->no_memory |= !added || !*added;
}

const char *effect_word_at(const struct effect_reader *r, size_t i)
{
	return i < r->command->words.len ? r->command->words.at[i].text : NULL;
}

bool effect_is(const char *word, const char *a, const char *b)
{
	return word && (strcmp(word, a) == 0 || strcmp(word, b) == 0);
}

bool effect_is_number(const char *word)
{
	return word && *word && word[strspn(word, "0123456789")] == '\0';
}

bool effect_is_own_name(const struct effect_reader *r, size_t i)
{
	const struct shell_word *word = &r->command->words.at[i];

	return !word->plain || strcmp(word->text, r->conf->ifname) == 0;
}

const char *effect_value(const struct effect *e, const char *keyword)
{
	size_t n = strlen(keyword);

	vec_each(word, &e->words)
		if (strncmp(*word, keyword, n) == 0 && (*word)[n] == ' ')
			return *word + n + 1;
	return NULL;
}

bool effect_has(const struct effect *e, const char *word)
{
	return vec_find(have, &e->words, strcmp(*have, word) == 0);
}

static void side_release(struct hook_side *side)
{
	vec_each(e, side) {
		vec_each(word, &e->words)
			free(*word);
		vec_release(&e->words);
	}
	vec_release(side);
}

void hooks_release(struct hooks *hooks)
{
	vec_each(hook, hooks)
		shell_release(&hook->script);
	vec_release(hooks);
	side_release(&hooks->up);
	side_release(&hooks->down);
}
