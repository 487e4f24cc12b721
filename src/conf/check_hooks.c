// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the hooks: which commands they have, what these do, and what undoes what.
#include "check_hooks.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"

#include "check_effects.h"

/* More than this on one side is not written by hand; it is not compared, which takes n squared. */
enum { EFFECTS_MAX = 1000 };

size_t hook_program(const struct shell_command *command)
{
	static const char *const wrappers[] = {"sudo", "doas",  "command", "builtin", "exec",
					       "env",  "nohup", "nice",    NULL};
	size_t i = 0;

	while (i < command->words.len && shell_is_one_of(command->words.at[i].text, wrappers))
		i++;
	if (i == command->words.len)
		return i;
	const struct shell_word *word = &command->words.at[i];
	bool unknown = !word->plain || word->text[0] == '-' || word->text[0] == '\0';
	return unknown ? command->words.len : i;
}

const char *hook_program_name(const struct shell_command *command)
{
	size_t i = hook_program(command);

	if (i >= command->words.len)
		return NULL;
	const char *path = command->words.at[i].text, *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool hook_is_iptables(const char *name)
{
	static const char *const names[] = {
		"iptables",         "ip6tables", "iptables-nft", "ip6tables-nft", "iptables-legacy",
		"ip6tables-legacy", NULL};

	return shell_is_one_of(name, names);
}

struct effect *effect_add(struct effect_reader *r, enum effect_kind kind, bool add)
{
	struct effect *e = r->side->len < EFFECTS_MAX ? vec_push(r->side) : NULL;

	if (!e) {
		r->no_memory |= r->side->len < EFFECTS_MAX;
		r->side->opaque = true;
		return NULL;
	}
	e->kind = kind;
	e->add = add;
	e->tolerated = r->command->tolerated;
	e->hook = r->hook;
	e->offset = r->command->offset;
	e->len = r->command->len;
	return e;
}

void effect_word(struct effect_reader *r, struct effect *e, const char *format, ...)
{
	_cleanup_buf_ struct buf raw = {.secret = true}, word = {.secret = true};
	va_list args;

	va_start(args, format);
	buf_addv(&raw, format, args);
	va_end(args);
	conf_expand_hook(buf_text(&raw), r->conf->ifname, &word);

	char **added = buf_status(&raw) == 0 ? vec_push(&e->words) : NULL;
	if (added)
		*added = buf_steal(&word);
	r->no_memory |= !added || !*added;
}

bool effect_has(const struct effect *e, const char *word)
{
	vec_each(have, &e->words)
		if (strcmp(*have, word) == 0)
			return true;
	return false;
}

/* Commands that change nothing which would have to be undone; a setting may well stay. */
static bool is_harmless(const char *name)
{
	static const char *const names[] = {"sysctl",     "echo",
					    "printf",     "true",
					    "false",      ":",
					    "wg",         "sleep",
					    "ping",       "ping6",
					    "logger",     "date",
					    "test",       "[",
					    "tc",         "grep",
					    "cat",        "modprobe",
					    "resolvectl", "ethtool",
					    "resolvconf", "mkdir",
					    "touch",      "wait",
					    "exit",       "systemd-resolve",
					    "which",      "type",
					    "hash",       NULL};

	return shell_is_one_of(name, names);
}

static void read_command(struct effect_reader *r)
{
	const char *name = hook_program_name(r->command);
	size_t first = hook_program(r->command) + 1;

	if (!name) {
		r->side->opaque = true;
		return;
	}
	if (hook_is_iptables(name))
		effect_iptables(r, first);
	else if (strcmp(name, "ip") == 0)
		effect_ip(r, first);
	else if (strcmp(name, "nft") == 0)
		effect_nft(r, first);
	else if (!is_harmless(name))
		r->side->opaque = true;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether the sorted words of a deletion say that it is this addition. ip(8) deletes the first that
 * has what is given. */
static bool undoes(const struct effect *deletion, const struct effect *addition)
{
	bool part = deletion->kind == EFFECT_RULE || deletion->kind == EFFECT_ROUTE;
	size_t i = 0;

	if (deletion->kind != addition->kind || deletion->ipv6 != addition->ipv6)
		return false;
	vec_each(word, &addition->words) {
		if (i < deletion->words.len && strcmp(*word, deletion->words.at[i]) == 0)
			i++;
		else if (!part)
			return false;
	}
	return i == deletion->words.len;
}

/* A table of nftables is deleted with all that was added to it. */
static void match(struct hook_side *up, struct hook_side *down)
{
	vec_each(addition, up) {
		vec_each(deletion, down) {
			if (!addition->add || deletion->add || !undoes(deletion, addition))
				continue;
			if (deletion->matched && addition->kind != EFFECT_NFT)
				continue;
			deletion->matched = addition->matched = true;
			if (addition->kind != EFFECT_NFT)
				break;
		}
	}
}

static void sort_words(struct hook_side *side)
{
	vec_each(e, side)
		if (e->words.len)
			qsort(e->words.at, e->words.len, sizeof(e->words.at[0]), compare_words);
}

static int read_hook(const struct conf *conf, struct hooks *hooks, const struct conf_text *text,
		     bool up)
{
	struct hook *hook = vec_push(hooks);

	if (!hook)
		return -ENOMEM;
	*hook = (struct hook){.text = text->text, .line = text->line, .up = up};

	int r = shell_cut(text->text, &hook->script);
	if (r < 0)
		return r;
	struct effect_reader reader = {
		.conf = conf, .side = up ? &hooks->up : &hooks->down, .hook = hooks->len - 1};
	reader.side->opaque |= hook->script.opaque;
	vec_each(command, &hook->script) {
		reader.command = command;
		read_command(&reader);
	}
	return reader.no_memory ? -ENOMEM : 0;
}

int hooks_read(const struct conf *conf, struct hooks *ret)
{
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		vec_each(text, &conf->hooks[kind]) {
			bool up = kind == HOOK_PRE_UP || kind == HOOK_POST_UP;
			int r = read_hook(conf, ret, text, up);

			if (r < 0)
				return r;
		}
	}
	sort_words(&ret->up);
	sort_words(&ret->down);
	match(&ret->up, &ret->down);
	return 0;
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
