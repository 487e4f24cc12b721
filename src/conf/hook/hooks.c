// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the hooks: which commands they have, and which programs these run.
#include "wgq/conf/hook/hooks.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/conf/conf.h"

#include "hooks_internal.h"

static int read_text(struct effect_reader *r, const char *text);

/* Commands that change nothing which would have to be undone. */
static bool is_harmless(const char *name)
{
	static const char *const names[] = {
		"echo",       "printf", "true",   "false",    ":",          "sleep",
		"ping",       "ping6",  "logger", "date",     "test",       "[",
		"tc",         "grep",   "cat",    "modprobe", "resolvectl", "ethtool",
		"resolvconf", "mkdir",  "touch",  "wait",     "exit",       "systemd-resolve",
		"which",      "type",   "hash",   NULL};

	return shell_is_one_of(name, names);
}

/* All words from the first one on. */
static void add_words(struct effect_reader *r, enum effect_kind kind, size_t first)
{
	struct effect *e = effect_add(r, kind, true);

	for (size_t i = first; e && i < r->command->words.len; i++)
		effect_word(r, e, "%s", r->command->words.at[i].text);
}

/* `eval WORDS' or `sh -c TEXT'; false: it is neither. */
static bool read_inner_shell(struct effect_reader *r, const char *name, size_t first)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", NULL};
	const struct shell_word_vec *words = &r->command->words;
	size_t from = first, to = words->len;
	_cleanup_buf_ struct buf text = {.secret = true};

	if (shell_is_one_of(name, shells)) {
		while (from < to && words->at[from].text[0] == '-' &&
		       !strchr(words->at[from].text, 'c'))
			from++;
		if (from + 1 >= to || words->at[from].text[0] != '-')
			return false;
		to = ++from + 1;
	} else if (strcmp(name, "eval") != 0) {
		return false;
	}
	for (size_t i = from; i < to; i++)
		buf_addf(&text, "%s ", words->at[i].text);
	r->no_memory |= buf_status(&text) < 0 || read_text(r, buf_text(&text)) < 0;
	return true;
}

static void read_command(struct effect_reader *r)
{
	const char *name = hook_program_name(r->command);
	size_t program = hook_program(r->command), first = program + 1;

	if (!name) {
		r->side->opaque = true;
		add_words(r, EFFECT_UNKNOWN, 0);
	} else if (hook_is_iptables(name)) {
		effect_iptables(r, first);
	} else if (strcmp(name, "ip") == 0) {
		effect_ip(r, first);
	} else if (strcmp(name, "nft") == 0) {
		effect_nft(r, first);
	} else if (strcmp(name, "wg") == 0) {
		effect_wg(r, first);
	} else if (strcmp(name, "sysctl") == 0) {
		add_words(r, EFFECT_SETTING, first);
	} else if (!is_harmless(name)) {
		r->side->opaque = true;
		if (!read_inner_shell(r, name, first))
			add_words(r, EFFECT_UNKNOWN, program);
	} else if (r->command->feeds) {
		add_words(r, EFFECT_VALUES, first);
	}
}

static void read_script(struct effect_reader *r, const struct shell_script *script)
{
	struct effect *values = script->values.len ? effect_add(r, EFFECT_VALUES, true) : NULL;

	vec_each(word, &script->values)
		if (values)
			effect_word(r, values, "%s", word->text);
	r->side->opaque |= script->opaque;
	vec_each(command, script) {
		r->command = command;
		read_command(r);
	}
}

/* A text that a command of the hook runs: all of it is in the command's place. */
static int read_text(struct effect_reader *r, const char *text)
{
	const struct shell_command *outer = r->command;
	struct shell_script script = {0};
	int error = r->depth < 8 ? shell_cut(text, &script) : 0;

	vec_each(command, &script) {
		command->offset = outer->offset;
		command->len = outer->len;
		command->tolerated |= outer->tolerated;
	}
	r->depth++;
	read_script(r, &script);
	r->depth--;
	r->command = outer;
	shell_release(&script);
	return error;
}

void hook_expand(const char *hook, const char *ifname, struct buf *ret_text)
{
	const char *mark;

	for (; (mark = strstr(hook, "%i")); hook = mark + 2) {
		buf_mem(ret_text, hook, (size_t)(mark - hook));
		buf_str(ret_text, ifname);
	}
	buf_str(ret_text, hook);
}

size_t hook_place(const struct hook *hook, const char *ifname, size_t offset)
{
	size_t place = 0, seen = 0, n = strlen(ifname);

	while (hook->text[place] && seen < offset) {
		bool name = hook->text[place] == '%' && hook->text[place + 1] == 'i';

		if (name && seen + n > offset)
			break;
		seen += name ? n : 1;
		place += name ? 2 : 1;
	}
	return place;
}

static int read_hook(struct conf *conf, const struct conf_text *text, enum conf_hook_kind kind)
{
	bool up = kind == HOOK_PRE_UP || kind == HOOK_POST_UP;
	struct hooks *hooks = &conf->effects;
	struct hook *hook = vec_push(hooks);
	_cleanup_buf_ struct buf expanded = {.secret = true};

	if (!hook)
		return -ENOMEM;
	*hook = (struct hook){
		.text = text->text, .line = text->line, .up = up, .early = kind == HOOK_PRE_UP};
	hook_expand(text->text, conf->ifname, &expanded);

	int r = buf_status(&expanded);
	if (r == 0)
		r = shell_cut(buf_text(&expanded), &hook->script);
	if (r < 0)
		return r;
	struct effect_reader reader = {
		.conf = conf, .side = up ? &hooks->up : &hooks->down, .hook = hooks->len - 1};
	read_script(&reader, &hook->script);
	return reader.no_memory ? -ENOMEM : 0;
}

int hooks_read(struct conf *conf)
{
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		vec_each(text, &conf->hooks[kind]) {
			int r = read_hook(conf, text, (enum conf_hook_kind)kind);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int hooks_name_tables(struct hooks *hooks,
		      int (*lookup)(const char *name, uint32_t *ret, struct diag *d))
{
	vec_each(e, &hooks->up) {
		vec_each(word, &e->words) {
			_cleanup_buf_ struct buf named = {0};
			uint32_t number;

			if ((e->kind != EFFECT_ROUTE && e->kind != EFFECT_RULE) ||
			    strncmp(*word, "table ", 6) != 0 || effect_is_number(*word + 6) ||
			    lookup(*word + 6, &number, NULL) < 0)
				continue;
			buf_addf(&named, "table %u", number);
			char *text = buf_steal(&named);
			if (!text)
				return -ENOMEM;
			free(*word);
			*word = text;
		}
	}
	return 0;
}
