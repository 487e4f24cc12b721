// SPDX-License-Identifier: GPL-2.0-or-later
// What calls of iptables(8), ip(8) and nft(8) add and delete, in words that compare.
#include "check_effects.h"

#include <string.h>
#include <sys/socket.h>

#include "wgq/base/buf.h"

static const char *word_at(const struct effect_reader *r, size_t i)
{
	return i < r->command->words.len ? r->command->words.at[i].text : NULL;
}

static bool is(const char *word, const char *a, const char *b)
{
	return word && (strcmp(word, a) == 0 || strcmp(word, b) == 0);
}

static bool is_number(const char *word)
{
	return word && *word && word[strspn(word, "0123456789")] == '\0';
}

/* As iproute2 takes abbreviations. */
static bool begins(const char *word, const char *whole, size_t least)
{
	size_t n = word ? strlen(word) : 0;

	return n >= least && n <= strlen(whole) && strncmp(word, whole, n) == 0;
}

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

	for (; (word = word_at(r, *i)); (*i)++) {
		bool option = word[0] == '-' && !is_number(word + 1);

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

	for (size_t i = first; (word = word_at(r, i)); i++) {
		word = short_option(word);
		if (is(word, "-A", "-I") || is(word, "-D", "-D"))
			return word;
		/* Flushing a chain may undo anything. */
		if (is(word, "-F", "-X") || is(word, "-R", "-R"))
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
	for (size_t i = first; (word = word_at(r, i));) {
		word = short_option(word);
		if (strcmp(word, action) == 0 && word_at(r, i + 1)) {
			effect_word(r, e, "chain %s", word_at(r, i + 1));
			i += 2;
			/* -I takes a position; what -D deletes by its number is not known. */
			if (is_number(word_at(r, i))) {
				r->side->opaque |= action[1] == 'D';
				i++;
			}
		} else if (strcmp(word, "-t") == 0 && word_at(r, i + 1)) {
			table = word_at(r, i + 1);
			i += 2;
		} else if (strcmp(word, "-m") == 0) {
			i += 2; /* what it matches follows */
		} else if (is(word, "-w", "-W")) {
			i += is_number(word_at(r, i + 1)) ? 2 : 1;
		} else {
			iptables_match(r, e, &i);
		}
	}
	effect_word(r, e, "table %s", table);
}

/* ---- ip: rules, and routes that do not go away with the interface ---- */

/* One name for what has several; NULL: no keyword with a value. */
static const char *ip_keyword(const char *word)
{
	static const char *const keywords[] = {"from",    "to",       "fwmark",
					       "iif",     "oif",      "uidrange",
					       "ipproto", "sport",    "dport",
					       "tos",     "protocol", "via",
					       "metric",  "proto",    "src",
					       "mtu",     "scope",    "goto",
					       "table",   "pref",     "suppress_prefixlength",
					       NULL};

	if (is(word, "lookup", "table") || strcmp(word, "t") == 0)
		return "table";
	if (is(word, "priority", "preference") || is(word, "order", "prio"))
		return "pref";
	for (const char *const *keyword = keywords; *keyword; keyword++)
		if (strcmp(word, *keyword) == 0)
			return *keyword;
	return NULL;
}

static void ip_words(struct effect_reader *r, struct effect *e, size_t i)
{
	const char *word;

	for (; (word = word_at(r, i)); i++) {
		const char *value = word_at(r, i + 1), *keyword = ip_keyword(word);

		e->ipv6 |= strchr(word, ':') || (value && strchr(value, ':'));
		if (e->kind == EFFECT_RULE && strcmp(word, "dev") == 0)
			keyword = "iif";
		if (!keyword && strcmp(word, "dev") == 0)
			keyword = "dev";
		if (!keyword || !value) {
			effect_word(r, e, "%s", word);
			continue;
		}
		i++;
		if (strcmp(keyword, "from") != 0 || strcmp(value, "all") != 0)
			effect_word(r, e, "%s %s", keyword, value);
	}
}

/* The kernel deletes a link's routes with the link. */
static bool goes_with_link(const struct effect_reader *r, size_t i)
{
	const char *word, *value;

	for (; (word = word_at(r, i)) && (value = word_at(r, i + 1)); i++) {
		struct prefix gateway = {0};

		if (strcmp(word, "dev") == 0 && is(value, "%i", r->conf->ifname))
			return true;
		/* A variable may have the name of any. */
		if (is(word, "dev", "via") && !r->command->words.at[i + 1].plain)
			return true;
		if (strcmp(word, "via") != 0 || addr_parse(value, strlen(value), &gateway.addr) < 0)
			continue;
		gateway.len = addr_bits(&gateway.addr);
		vec_each(a, &r->conf->addresses)
			if (prefix_covers(&a->prefix, &gateway))
				return true;
	}
	return false;
}

void effect_ip(struct effect_reader *r, size_t first)
{
	bool ipv6 = false;
	const char *word;
	size_t i = first;

	for (; (word = word_at(r, i)) && word[0] == '-'; i++) {
		ipv6 |= strcmp(word, "-6") == 0;
		if (begins(word, "-family", 2)) {
			const char *family = word_at(r, ++i);

			ipv6 |= is(family, "inet6", "inet6");
		} else if (begins(word, "-netns", 2) || begins(word, "-batch", 2)) {
			r->side->opaque = true;
			return;
		}
	}
	bool rule = begins(word, "rule", 2), route = begins(word, "route", 1);
	const char *action = word_at(r, i + 1);
	if ((!rule && !route) || !action)
		return;
	r->side->opaque |= begins(action, "flush", 1) || begins(action, "restore", 4);
	bool add = begins(action, "add", 1) || (route && is(action, "replace", "append"));
	if (!add && !begins(action, "delete", 1))
		return;
	if (route && goes_with_link(r, i + 2))
		return;

	struct effect *e = effect_add(r, rule ? EFFECT_RULE : EFFECT_ROUTE, add);
	if (!e)
		return;
	e->ipv6 = ipv6;
	ip_words(r, e, i + 2);
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

static bool is_nft_family(const char *word)
{
	return is(word, "ip", "ip6") || is(word, "inet", "arp") || is(word, "bridge", "netdev");
}

static void nft_command(struct effect_reader *r, const char *at)
{
	char action[64], object[64], family[64], table[64] = "";

	if (!nft_word(&at, action, sizeof(action)))
		return;
	bool add = is(action, "add", "create") || is(action, "insert", "insert");
	bool delete = is(action, "delete", "destroy") || is(action, "flush", "reset");
	if ((!add && !delete) || !nft_word(&at, object, sizeof(object)) ||
	    strcmp(object, "ruleset") == 0 || !nft_word(&at, family, sizeof(family))) {
		/* Includes, definitions, flush ruleset: it may be anything. */
		r->side->opaque |= !is(action, "list", "monitor");
		return;
	}
	bool named = is_nft_family(family);
	if (named && !nft_word(&at, table, sizeof(table)))
		return;
	struct effect *e = effect_add(r, EFFECT_NFT, add);
	if (!e)
		return;
	e->whole = strcmp(object, "table") == 0;
	e->tolerated |= is(action, "destroy", "flush");
	effect_word(r, e, "%s %s", named ? family : "ip", named ? table : family);
}

void effect_nft(struct effect_reader *r, size_t first)
{
	_cleanup_buf_ struct buf text = {.secret = true};
	const char *word;
	int depth = 0;

	for (size_t i = first; (word = word_at(r, i)); i++) {
		if (word[0] == '-' && !text.len) {
			if (is(word, "-f", "--file") || is(word, "-i", "--interactive") ||
			    is(word, "-c", "--check")) {
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
