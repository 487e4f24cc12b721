// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of the hooks: programs that are missing, and what one side does and the other does not
// undo.
#include <string.h>

#include "wgq/base/buf.h"

#include "check_internal.h"

static const char *program_of(const struct shell_command *command)
{
	size_t i = hook_program(command);

	return i < command->words.len ? command->words.at[i].text : NULL;
}

/* `command -v nft && nft ...` and its like know that the program may be missing. */
static bool asks_for_programs(const struct hook *hook)
{
	return strstr(hook->text, "command -v") || strstr(hook->text, "which ") ||
	       strstr(hook->text, "type ") || strstr(hook->text, "hash ") ||
	       strstr(hook->text, " -x ");
}

static bool is_missing(const struct check *c, const struct shell_command *command)
{
	const char *program = program_of(command);

	return program && !command->tolerated && !shell_is_builtin(program) &&
	       !strstr(program, "%i") && !c->facts->has_program(program);
}

void check_programs(struct check *c)
{
	if (!c->facts->has_program)
		return;
	vec_each(hook, &c->hooks) {
		if (hook->script.opaque || asks_for_programs(hook))
			continue;
		vec_each(command, &hook->script) {
			if (!is_missing(c, command))
				continue;
			struct where where =
				where_hook(c, hook->line, command->offset, command->len);
			check_found(c, where, "install it, or correct the hook",
				    "this host has no program %s", program_of(command));
		}
	}
}

static const struct hook *first_user(const struct check *c, bool nft, bool *ret_both)
{
	const struct hook *first = NULL;

	*ret_both = false;
	vec_each(hook, &c->hooks) {
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
void check_mixed_firewalls(struct check *c)
{
	bool both;
	const struct hook *iptables = first_user(c, false, &both),
			  *nft = first_user(c, true, &both);

	if (!iptables || !nft || both)
		return;
	const struct hook *later = nft->line > iptables->line ? nft : iptables;
	check_found(c, where_hook(c, later->line, 0, strlen(later->text)),
		    "write all rules for the same program",
		    "line %u uses %s: each has rules of its own, and what one accepts the other "
		    "may still drop",
		    later == nft ? iptables->line : nft->line, later == nft ? "iptables" : "nft");
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
	const char *text = c->hooks.at[e->hook].text + e->offset;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		const char *from = e->add ? actions[i].add : actions[i].delete;
		const char *to = e->add ? actions[i].delete : actions[i].add;
		const char *found = memmem(text, e->len, from, strlen(from));

		if (!found)
			continue;
		const char *rest = found + strlen(from);
		buf_mem(ret, text, (size_t)(found - text));
		buf_str(ret, to);
		/* -I CHAIN POSITION, but -D CHAIN. */
		size_t chain = strcspn(rest, " "), gap = strspn(rest + chain, " ");
		size_t digits = strspn(rest + chain + gap, "0123456789");
		bool position = i == 1 && digits && rest[chain + gap + digits] == ' ';
		buf_mem(ret, rest, position ? chain : (size_t)(text + e->len - rest));
		if (position)
			buf_mem(ret, rest + chain + gap + digits,
				(size_t)(text + e->len - (rest + chain + gap + digits)));
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
	}
	return "";
}

/* Nothing is shown of a line that holds a secret, as far as can be seen. */
static void found_unpaired(struct check *c, const struct effect *e, const char *before,
			   const char *after)
{
	_cleanup_buf_ struct buf hint = {.secret = true};
	const struct hook *hook = &c->hooks.at[e->hook];

	suggest(c, e, &hint);
	check_found(c, where_hook(c, hook->line, e->offset, e->len),
		    check_may_show(c, hook->line) ? buf_text(&hint) : NULL, "%s %s%s", before,
		    kind_name(e), after);
}

/* One finding a table. */
static bool was_found(const struct hook_side *side, const struct effect *e)
{
	vec_each(before, side) {
		if (before == e)
			return false;
		if (e->kind == EFFECT_NFT && before->kind == EFFECT_NFT && before->add == e->add &&
		    !before->matched && strcmp(before->words.at[0], e->words.at[0]) == 0)
			return true;
	}
	return false;
}

void check_not_undone(struct check *c)
{
	const struct hook_side *up = &c->hooks.up;

	if (c->hooks.down.opaque)
		return;
	vec_each(e, up)
		if (e->add && !e->matched && !was_found(up, e))
			found_unpaired(c, e, "this",
				       " stays when the interface goes down: no PreDown or "
				       "PostDown deletes it");
}

/* Routes are another matter: those of the interface are gone by themselves, and a default route may
 * be taken away and put back. */
void check_not_done(struct check *c)
{
	const struct hook_side *down = &c->hooks.down;

	if (c->hooks.up.opaque)
		return;
	vec_each(e, down)
		if (!e->add && !e->matched && !e->tolerated && e->kind != EFFECT_ROUTE &&
		    !was_found(down, e))
			found_unpaired(c, e, "no PreUp or PostUp adds this",
				       ", so deleting it fails, and down with it");
}
