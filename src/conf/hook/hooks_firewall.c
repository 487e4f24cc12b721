// SPDX-License-Identifier: GPL-2.0-or-later
// What calls of iptables(8) and nft(8) add and delete, in words that compare.
#include <string.h>

#include "wgq/base/buf.h"

#include "hooks_internal.h"

/* ---- iptables: one effect with its table, its chain, and each match as a word ---- */

static const char *short_option(const char *word)
{
	static const struct {
		const char *name, *letter;
	} options[] = {
		{"--append", "-A"},
		{"--insert", "-I"},
		{"--delete", "-D"},
		{"--table", "-t"},
		{"--match", "-m"},
		{"--jump", "-j"},
		{"--source", "-s"},
		{"--src", "-s"},
		{"--destination", "-d"},
		{"--dst", "-d"},
		{"--in-interface", "-i"},
		{"--out-interface", "-o"},
		{"--protocol", "-p"},
		{"--proto", "-p"},
		{"--wait", "-w"},
		{"--flush", "-F"},
		{"--delete-chain", "-X"},
		{"--replace", "-R"},
		{"--destination-port", "--dport"},
		{"--source-port", "--sport"},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(word, options[i].name) == 0)
			return options[i].letter;
	return word;
}

/* Adds the option at *i with its values, up to the next option; "! -o eth0" is one. */
static void iptables_match(struct effect_reader *r, struct effect *e, size_t *i)
{
	_cleanup_buf_ struct buf match = {.secret = true};
	bool value = false;
	const char *word;

	for (; (word = effect_word_at(r, *i)); (*i)++) {
		bool option = word[0] == '-' && !effect_is_number(word + 1);

		if (value && (option || strcmp(word, "!") == 0))
			break;
		value = option || value;
		buf_addf(&match, "%s%s", match.len ? " " : "", short_option(word));
	}
	effect_word(r, e, "%s", buf_text(&match));
}

/* The one of -A, -I, -D that the command has; NULL: it is about something else. */
static const char *iptables_action(struct effect_reader *r, size_t first)
{
	const char *word;

	for (size_t i = first; (word = effect_word_at(r, i)); i++) {
		word = short_option(word);
		if (effect_is(word, "-A", "-I") || effect_is(word, "-D", "-D"))
			return word;
		/* Flushing a chain may undo anything. */
		if (effect_is(word, "-F", "-X") || effect_is(word, "-R", "-R"))
			r->side->opaque = true;
	}
	return NULL;
}

void effect_iptables(struct effect_reader *r, size_t first)
{
	const char *action = iptables_action(r, first), *table = "filter", *word;
	struct effect *e = action ? effect_add(r, EFFECT_IPTABLES, action[1] != 'D') : NULL;

	if (!e)
		return;
	e->ipv6 = strncmp(hook_program_name(r->command), "ip6", 3) == 0;
	for (size_t i = first; (word = effect_word_at(r, i));) {
		word = short_option(word);
		if (strcmp(word, action) == 0 && effect_word_at(r, i + 1)) {
			effect_word(r, e, "chain %s", effect_word_at(r, i + 1));
			i += 2;
			/* -I takes a position; what -D deletes by its number is not known. */
			if (effect_is_number(effect_word_at(r, i))) {
				r->side->opaque |= action[1] == 'D';
				i++;
			}
		} else if (strcmp(word, "-t") == 0 && effect_word_at(r, i + 1)) {
			table = effect_word_at(r, i + 1);
			i += 2;
		} else if (strcmp(word, "-m") == 0) {
			i += 2; /* what it matches follows */
		} else if (effect_is(word, "-w", "-W")) {
			i += effect_is_number(effect_word_at(r, i + 1)) ? 2 : 1;
		} else {
			iptables_match(r, e, &i);
		}
	}
	effect_word(r, e, "table %s", table);
}

/* ---- nft: one effect a command, with the table that it is about ---- */

/* Takes the next word off a command, up to a blank. */
static bool nft_word(const char **at, char *ret, size_t size)
{
	size_t n;

	*at += strspn(*at, " \t");
	n = strcspn(*at, " \t;{");
	if (!n || n >= size)
		return false;
	memcpy(ret, *at, n);
	ret[n] = '\0';
	*at += n;
	return true;
}

static void nft_command(struct effect_reader *r, const char *at)
{
	char action[64], object[64], family[64], table[64] = "";

	if (!nft_word(&at, action, sizeof(action)))
		return;
	bool add = effect_is(action, "add", "create") || effect_is(action, "insert", "insert");
	bool delete = effect_is(action, "delete", "destroy") || effect_is(action, "flush", "reset");
	if ((!add && !delete) || !nft_word(&at, object, sizeof(object)) ||
	    strcmp(object, "ruleset") == 0 || !nft_word(&at, family, sizeof(family))) {
		/* Includes, definitions, flush ruleset: it may be anything. */
		r->side->opaque |= !effect_is(action, "list", "monitor");
		return;
	}
	bool named = effect_is(family, "ip", "ip6") || effect_is(family, "inet", "arp") ||
		     effect_is(family, "bridge", "netdev");
	if (named && !nft_word(&at, table, sizeof(table)))
		return;
	struct effect *e = effect_add(r, EFFECT_NFT, add);
	if (!e)
		return;
	e->whole = strcmp(object, "table") == 0;
	e->tolerated |= effect_is(action, "destroy", "flush");
	effect_word(r, e, "%s %s", named ? family : "ip", named ? table : family);
}

void effect_nft(struct effect_reader *r, size_t first)
{
	_cleanup_buf_ struct buf text = {.secret = true};
	const char *word;
	int depth = 0;

	for (size_t i = first; (word = effect_word_at(r, i)); i++) {
		if (word[0] == '-' && !text.len) {
			if (effect_is(word, "-f", "--file") ||
			    effect_is(word, "-i", "--interactive") ||
			    effect_is(word, "-c", "--check")) {
				r->side->opaque = true;
				return;
			}
			continue;
		}
		buf_addf(&text, "%s ", word);
	}
	const char *begin = buf_text(&text);
	for (char *at = text.data; at && *at; at++) {
		depth += *at == '{';
		depth -= *at == '}';
		if (*at != ';' || depth)
			continue;
		*at = '\0';
		nft_command(r, begin);
		begin = at + 1;
	}
	nft_command(r, begin);
}
