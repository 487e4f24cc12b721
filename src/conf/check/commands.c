// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of the hooks: programs that are missing, and what one side does and the other does not
// undo.
#include <string.h>

#include "wgq/base/buf.h"

#include "internal.h"

static const char *program_of(const struct shell_command *command)
{
	size_t i = hook_program(command);

	return i < command->words.len ? command->words.at[i].text : NULL;
}

/* `command -v nft && nft ...` and its like know that the program may be missing. */
static bool asks_for_programs(const struct hook *hook)
{
	static const char *const asking[] = {"command", "which", "type", "hash", NULL};

	vec_each(command, &hook->script) {
		const struct shell_word_vec *words = &command->words;

		if (shell_is_one_of(words->at[0].text, asking))
			return true;
		for (size_t i = 1; i < words->len; i++)
			if (strcmp(words->at[i].text, "-x") == 0)
				return true;
	}
	return false;
}

/* PATH is not searched again for the one that was there last. */
static bool is_missing(const struct check *c, const struct shell_command *command,
		       const char **there)
{
	const char *program = program_of(command);

	if (!program || command->tolerated || shell_is_builtin(program) ||
	    (*there && strcmp(program, *there) == 0))
		return false;
	*there = c->facts->has_program(program) ? program : *there;
	return *there != program;
}

static void check_programs(struct check *c)
{
	const char *there = NULL;

	if (!c->facts->has_program)
		return;
	vec_each(hook, c->hooks) {
		if (hook->script.opaque || asks_for_programs(hook))
			continue;
		vec_each(command, &hook->script) {
			if (!is_missing(c, command, &there))
				continue;
			struct where where = where_hook(c, hook, command->offset, command->len);
			check_found(c, where, "install it, or correct the hook",
				    "this host has no program %s", program_of(command));
		}
	}
}

/* Of a line that may hold a secret no part is shown. */
static void found_error(struct check *c, const struct hook *hook)
{
	const struct shell_error *error = &hook->script.error;
	size_t from = hook_place(hook, c->conf->ifname, error->offset);
	size_t to = hook_place(hook, c->conf->ifname, error->offset + error->len);

	check_found(c, where_hook(c, hook, error->offset, error->len),
		    error->unfinished ? "complete it in this line: a hook is one line"
				      : "correct the command: bash -n tells whether it is right",
		    check_may_show(c, hook->line) ? "the shell refuses this hook: `%.*s' %s"
						  : "the shell refuses this hook",
		    (int)(to - from), hook->text + from, error->message);
}

static bool ends_with_backslash(const char *text)
{
	size_t n = strlen(text), count = 0;

	while (count < n && text[n - 1 - count] == '\\')
		count++;
	return count % 2;
}

static void check_hook_syntax(struct check *c)
{
	vec_each(hook, c->hooks) {
		if (hook->script.error.message) {
			found_error(c, hook);
			continue;
		}
		if (!ends_with_backslash(hook->text))
			continue;
		struct where where = where_hook(c, hook, 0, SIZE_MAX);
		if (where.at.len)
			where.at = (struct slice){where.at.at + where.at.len - 1, 1};
		check_found(c, where, "write all of it in this line, without the backslash",
			    "this hook ends with a backslash, but it does not go on in the next "
			    "line");
	}
}

static const struct hook *first_user(const struct check *c, bool nft, bool *ret_both)
{
	const struct hook *first = NULL;

	*ret_both = false;
	vec_each(hook, c->hooks) {
		bool here = false, other = false;

		if (!hook->up)
			continue;
		vec_each(command, &hook->script) {
			const char *name = hook_program_name(command);

			here |= name && (nft ? strcmp(name, "nft") == 0 : hook_is_iptables(name));
			other |= name && (nft ? hook_is_iptables(name) : strcmp(name, "nft") == 0);
		}
		*ret_both |= here && other;
		if (here && !first)
			first = hook;
	}
	return first;
}

/* Both in one hook: the one for hosts that do not have the other. */
static void check_mixed_firewalls(struct check *c)
{
	bool both;
	const struct hook *iptables = first_user(c, false, &both),
			  *nft = first_user(c, true, &both);

	if (!iptables || !nft || both)
		return;
	const struct hook *later = nft->line > iptables->line ? nft : iptables;
	const struct hook *former = later == nft ? iptables : nft;
	check_found(c, where_hook(c, later, 0, SIZE_MAX), "write all rules for the same program",
		    "%s uses %s: each has rules of its own, and what one accepts the other "
		    "may still drop",
		    check_line(c, former->line, later->line), later == nft ? "iptables" : "nft");
}

/* The command with its action replaced, for the hint. False: it takes more than that. */
static bool reversed(const struct check *c, const struct effect *e, struct buf *ret)
{
	static const struct {
		const char *add, *delete;
	} actions[] = {
		{" -A ", " -D "},
		{" -I ", " -D "},
		{" --append ", " --delete "},
		{" --insert ", " --delete "},
		{" add ", " del "},
		{" replace ", " del "},
	};
	const struct hook *hook = &c->hooks->at[e->hook];
	size_t begin = hook_place(hook, c->conf->ifname, e->offset);
	size_t end = hook_place(hook, c->conf->ifname, e->offset + e->len), length = end - begin;
	const char *text = hook->text + begin;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		const char *from = e->add ? actions[i].add : actions[i].delete;
		const char *to = e->add ? actions[i].delete : actions[i].add;
		const char *found = memmem(text, length, from, strlen(from));

		if (!found)
			continue;
		const char *rest = found + strlen(from);
		buf_mem(ret, text, (size_t)(found - text));
		buf_str(ret, to);
		/* -I CHAIN POSITION, but -D CHAIN. */
		size_t chain = strcspn(rest, " "), gap = strspn(rest + chain, " ");
		size_t digits = strspn(rest + chain + gap, "0123456789");
		bool position = i == 1 && digits && rest[chain + gap + digits] == ' ';
		buf_mem(ret, rest, position ? chain : (size_t)(text + length - rest));
		if (position)
			buf_mem(ret, rest + chain + gap + digits,
				(size_t)(text + length - (rest + chain + gap + digits)));
		return true;
	}
	return false;
}

/* What would make a pair of it. */
static void suggest(const struct check *c, const struct effect *e, struct buf *ret)
{
	buf_str(ret, e->add ? "add PostDown = " : "delete it, or add PostUp = ");
	if (e->whole)
		buf_addf(ret, "nft %s table %s", e->add ? "delete" : "add", e->words.at[0]);
	else if (e->kind == EFFECT_NFT || !reversed(c, e, ret))
		buf_addf(ret, "and the command that %s it", e->add ? "deletes" : "adds");
}

static const char *kind_name(const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_IPTABLES:
		return "firewall rule";
	case EFFECT_RULE:
		return "routing rule";
	case EFFECT_ROUTE:
		return "route";
	case EFFECT_NFT:
		return e->whole ? "nftables table" : "part of an nftables table";
	case EFFECT_ADDRESS:
	case EFFECT_LINK:
	case EFFECT_WG:
	case EFFECT_SETTING:
	case EFFECT_VALUES:
	case EFFECT_UNKNOWN:
		break; /* these need not be undone */
	}
	return "";
}

/* Nothing is shown of a line that holds a secret, as far as can be seen. */
static void found_unpaired(struct check *c, const struct effect *e, const char *before,
			   const char *after)
{
	_cleanup_buf_ struct buf hint = {.secret = true};
	const struct hook *hook = &c->hooks->at[e->hook];

	if (c->found < CHECK_SHOWN_MAX && check_may_show(c, hook->line))
		suggest(c, e, &hint);
	check_found(c, where_hook(c, hook, e->offset, e->len), hint.data, "%s %s%s", before,
		    kind_name(e), after);
}

static void check_not_undone(struct check *c)
{
	const struct hook_side *up = &c->hooks->up;

	if (c->hooks->down.opaque)
		return;
	for (size_t i = 0; i < up->len; i++)
		if (!c->settled[0][i])
			found_unpaired(c, &up->at[i], "this",
				       " stays when the interface goes down: no PreDown or "
				       "PostDown deletes it");
}

/* Routes are another matter: those of the interface are gone by themselves, and a default route may
 * be taken away and put back. */
static void check_not_done(struct check *c)
{
	const struct hook_side *down = &c->hooks->down;

	if (c->hooks->up.opaque)
		return;
	for (size_t i = 0; i < down->len; i++)
		if (!c->settled[1][i] && !down->at[i].tolerated && down->at[i].kind != EFFECT_ROUTE)
			found_unpaired(c, &down->at[i], "no PreUp or PostUp adds this",
				       ", so deleting it fails, and down with it");
}

const struct named_check checks_of_commands[] = {
	{"hook-syntax", DIAG_WARNING, check_hook_syntax},
	{"missing-program", DIAG_WARNING, check_programs},
	{"mixed-firewalls", DIAG_WARNING, check_mixed_firewalls},
	{"not-undone", DIAG_WARNING, check_not_undone},
	{"not-done", DIAG_WARNING, check_not_done},
	{0},
};
