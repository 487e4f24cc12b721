// SPDX-License-Identifier: GPL-2.0-or-later
// What calls of ip(8) and wg(8) do.
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/conf/conf.h"

#include "hooks_internal.h"

/* As iproute2 takes abbreviations. */
static bool begins(const char *word, const char *whole, size_t least)
{
	size_t n = word ? strlen(word) : 0;

	return n >= least && n <= strlen(whole) && strncmp(word, whole, n) == 0;
}

/* What is not a keyword in its place is the object's own name. */
struct grammar {
	enum effect_kind kind;
	const char *object;          /* the keyword that may be left out */
	const char *const *keywords; /* with a value */
	const char *const *flags;
	const char *const *adding; /* actions that add something, or set it */
};

static const char *const rule_keywords[] = {"from",
					    "to",
					    "fwmark",
					    "iif",
					    "oif",
					    "uidrange",
					    "ipproto",
					    "sport",
					    "dport",
					    "tos",
					    "protocol",
					    "goto",
					    "table",
					    "pref",
					    "realms",
					    "nat",
					    "suppress_prefixlength",
					    "suppress_ifgroup",
					    NULL};
static const char *const rule_flags[] = {"not",         "l3mdev",   "blackhole",
					 "unreachable", "prohibit", NULL};
static const char *const route_keywords[] = {
	"to",      "via",      "metric",  "proto",  "src",      "mtu",      "scope",
	"table",   "dev",      "vrf",     "tos",    "advmss",   "window",   "rtt",
	"rttvar",  "realms",   "nhid",    "pref",   "initcwnd", "initrwnd", "quickack",
	"congctl", "hoplimit", "expires", "weight", NULL};
static const char *const route_flags[] = {
	"unicast", "local", "broadcast", "multicast", "unreachable", "prohibit", "blackhole",
	"anycast", "throw", "nat",       "onlink",    "pervasive",   "nexthop",  "lock",
	"inet",    "inet6", "encap",     "not",       NULL};
static const char *const address_keywords[] = {"local",     "peer",          "broadcast", "anycast",
					       "scope",     "dev",           "label",     "metric",
					       "valid_lft", "preferred_lft", "proto",     NULL};
static const char *const address_flags[] = {"home",          "mngtmpaddr", "nodad", "optimistic",
					    "noprefixroute", "autojoin",   NULL};
static const char *const link_keywords[] = {
	"dev",     "mtu",     "txqueuelen",  "multicast", "arp",   "address", "broadcast",
	"name",    "alias",   "netns",       "master",    "group", "promisc", "allmulticast",
	"dynamic", "altname", "addrgenmode", "type",      NULL};
static const char *const link_flags[] = {"up", "down", "nomaster", NULL};

static const char *const rule_adding[] = {"add", NULL};
static const char *const route_adding[] = {"add",    "append", "prepend", "replace",
					   "change", "chg",    NULL};
static const char *const address_adding[] = {"add", "replace", "change", "chg", NULL};
static const char *const link_adding[] = {"set", "change", NULL};

static const struct grammar grammars[] = {
	{EFFECT_RULE, NULL, rule_keywords, rule_flags, rule_adding},
	{EFFECT_ROUTE, "to", route_keywords, route_flags, route_adding},
	{EFFECT_ADDRESS, "local", address_keywords, address_flags, address_adding},
	{EFFECT_LINK, "dev", link_keywords, link_flags, link_adding},
};

/* One name for what has several; NULL: no keyword with a value. */
static const char *keyword_of(const struct grammar *grammar, const char *word)
{
	static const struct {
		enum effect_kind kind;
		const char *name, *keyword;
	} others[] = {
		{EFFECT_RULE, "lookup", "table"},
		{EFFECT_RULE, "t", "table"},
		{EFFECT_RULE, "priority", "pref"},
		{EFFECT_RULE, "preference", "pref"},
		{EFFECT_RULE, "order", "pref"},
		{EFFECT_RULE, "prio", "pref"},
		{EFFECT_RULE, "dev", "iif"},
		{EFFECT_RULE, "dsfield", "tos"},
		{EFFECT_ROUTE, "lookup", "table"},
		{EFFECT_ROUTE, "t", "table"},
		{EFFECT_ROUTE, "priority", "metric"},
		{EFFECT_ROUTE, "preference", "metric"},
		{EFFECT_ROUTE, "protocol", "proto"},
		{EFFECT_ROUTE, "oif", "dev"},
		{EFFECT_ROUTE, "dsfield", "tos"},
		{EFFECT_ADDRESS, "remote", "peer"},
		{EFFECT_ADDRESS, "brd", "broadcast"},
		{EFFECT_ADDRESS, "priority", "metric"},
		{EFFECT_ADDRESS, "preference", "metric"},
		{EFFECT_LINK, "qlen", "txqueuelen"},
		{EFFECT_LINK, "txqlen", "txqueuelen"},
		{EFFECT_LINK, "vrf", "master"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].kind == grammar->kind && strcmp(word, others[i].name) == 0)
			return others[i].keyword;
	for (const char *const *keyword = grammar->keywords; *keyword; keyword++)
		if (strcmp(word, *keyword) == 0)
			return *keyword;
	return NULL;
}

/* Numbers as decimal ones, so that they compare; a mark may have a mask. */
static void add_value(struct effect_reader *r, struct effect *e, const char *keyword,
		      const char *value)
{
	static const char *const numeric[] = {"fwmark", "table", "pref", "metric", "mtu", NULL};
	unsigned long number, mask;
	char *end;

	if (!shell_is_one_of(keyword, numeric) || *value < '0' || *value > '9') {
		effect_word(r, e, "%s %s", keyword, value);
		return;
	}
	number = strtoul(value, &end, 0);
	mask = *end == '/' ? strtoul(end + 1, &end, 0) : UINT32_MAX;
	if (*end)
		effect_word(r, e, "%s %s", keyword, value);
	else if (mask == UINT32_MAX)
		effect_word(r, e, "%s %lu", keyword, number);
	else
		effect_word(r, e, "%s %lu/%lu", keyword, number, mask);
}

static void read_words(struct effect_reader *r, struct effect *e, const struct grammar *grammar,
		       size_t i)
{
	const char *word, *value;

	for (; (word = effect_word_at(r, i)); i++) {
		const char *keyword = keyword_of(grammar, word);

		e->open |= !r->command->words.at[i].plain;
		value = effect_word_at(r, i + 1);
		if (keyword && value) {
			i++;
		} else if (grammar->object && !shell_is_one_of(word, grammar->flags) &&
			   !effect_value(e, grammar->object)) {
			keyword = grammar->object;
			value = word;
		} else {
			effect_word(r, e, "%s", word);
			continue;
		}
		e->open |= !r->command->words.at[i].plain;
		e->ipv6 |= strchr(value, ':') && strcmp(keyword, "dev") != 0;
		if (strcmp(keyword, "dev") == 0)
			e->own = effect_is_own_name(r, i);
		if (strcmp(keyword, "from") != 0 || strcmp(value, "all") != 0)
			add_value(r, e, keyword, value);
	}
}

/* The kernel deletes a link's routes with the link, those through its networks among them. */
static bool leads_out(const struct effect_reader *r, const struct effect *e)
{
	const char *via = effect_value(e, "via");
	struct prefix gateway = {0};

	if (!via || effect_value(e, "dev"))
		return false;
	if (strchr(via, '$') || strchr(via, '`'))
		return true;
	if (addr_parse(via, strlen(via), &gateway.addr) < 0)
		return false;
	gateway.len = addr_bits(&gateway.addr);
	vec_each(a, &r->conf->addresses)
		if (prefix_covers(&a->prefix, &gateway))
			return true;
	return false;
}

static bool begins_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (begins(word, *list, 1))
			return true;
	return false;
}

/* In the order in which ip(8) looks for what a word abbreviates. */
static const struct grammar *grammar_of(const char *object)
{
	enum effect_kind kind = begins(object, "address", 1) ? EFFECT_ADDRESS
				: begins(object, "route", 1) ? EFFECT_ROUTE
				: begins(object, "rule", 1)  ? EFFECT_RULE
				: begins(object, "link", 1)  ? EFFECT_LINK
							     : EFFECT_UNKNOWN;

	for (size_t i = 0; i < sizeof(grammars) / sizeof(grammars[0]); i++)
		if (grammars[i].kind == kind)
			return &grammars[i];
	return NULL;
}

void effect_ip(struct effect_reader *r, size_t first)
{
	bool ipv6 = false;
	const char *word;
	size_t i = first;

	for (; (word = effect_word_at(r, i)) && word[0] == '-'; i++) {
		ipv6 |= strcmp(word, "-6") == 0;
		if (begins(word, "-family", 2)) {
			const char *family = effect_word_at(r, ++i);

			ipv6 |= effect_is(family, "inet6", "inet6");
		} else if (begins(word, "-netns", 2) || begins(word, "-batch", 2)) {
			r->side->opaque = true;
			/* A batch may do anything here, and another namespace is elsewhere. */
			if (word[1] == 'b')
				effect_add(r, EFFECT_UNKNOWN, true);
			return;
		}
	}
	const struct grammar *grammar = grammar_of(word);
	const char *action = effect_word_at(r, word ? i + 1 : i);
	if (!grammar || !action)
		return;
	if (grammar->kind == EFFECT_RULE || grammar->kind == EFFECT_ROUTE)
		r->side->opaque |= begins(action, "flush", 1) || begins(action, "restore", 4);
	bool add = begins_one_of(action, grammar->adding);
	struct effect *e =
		add || begins(action, "delete", 1) ? effect_add(r, grammar->kind, add) : NULL;
	if (!e)
		return;
	e->ipv6 = ipv6;
	read_words(r, e, grammar, i + 2);
	e->own |= e->kind == EFFECT_ROUTE && leads_out(r, e);
}

static void read_parameters(struct effect_reader *r, struct effect *e, size_t i)
{
	const char *word, *value;

	for (; (word = effect_word_at(r, i)); i++) {
		e->open |= !r->command->words.at[i].plain;
		value = effect_word_at(r, i + 1);
		if (!value || strcmp(word, "remove") == 0) {
			effect_word(r, e, "%s", word);
			continue;
		}
		e->open |= !r->command->words.at[++i].plain;
		effect_word(r, e, "%s %s", word, value);
	}
}

void effect_wg(struct effect_reader *r, size_t first)
{
	const char *verb = effect_word_at(r, first);
	bool loads =
		effect_is(verb, "addconf", "setconf") || effect_is(verb, "syncconf", "syncconf");
	struct effect *e =
		loads || effect_is(verb, "set", "set") ? effect_add(r, EFFECT_WG, true) : NULL;

	if (!e || !effect_word_at(r, first + 1))
		return;
	e->own = effect_is_own_name(r, first + 1);
	effect_word(r, e, "dev %s", effect_word_at(r, first + 1));
	if (loads)
		effect_word(r, e, "%s", verb);
	else
		read_parameters(r, e, first + 2);
}
