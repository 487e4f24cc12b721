// SPDX-License-Identifier: GPL-2.0-or-later
// Whether hooks have made something.
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/conf/hook/hooks.h"

/* What is looked for, in one of these forms. */
struct wanted {
	const struct prefix *prefix;
	bool any_length;     /* of the prefix, whose address counts */
	uint32_t number;     /* without prefix and text */
	const char *text;    /* a whole word */
	const char *keyword; /* a number counts only behind this one; NULL: anywhere */
};

/* ---- values ---- */

/* The digits that iproute2 lets people leave out of an IPv4 prefix: 10/8. */
static bool parse_short(const char *s, size_t n, struct prefix *ret)
{
	char text[PREFIX_TEXT_MAX];
	size_t addr = 0, dots = 0;

	for (; addr < n && s[addr] != '/'; addr++)
		dots += s[addr] == '.';
	if (!addr || dots >= 3 || strspn(s, "0123456789./") < n || n > 20)
		return false;
	int length = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)addr, s, &".0.0.0"[2 * dots],
			      (int)(n - addr), s + addr);
	return prefix_parse(text, (size_t)length, ret) == 0;
}

bool effect_prefix(const struct effect *e, const char *keyword, struct prefix *ret)
{
	const char *s = effect_value(e, keyword);
	size_t n = s ? strlen(s) : 0;

	if (!s)
		return false;
	if ((n == 7 && memcmp(s, "default", n) == 0) ||
	    (n == 3 && (memcmp(s, "any", n) == 0 || memcmp(s, "all", n) == 0))) {
		*ret = (struct prefix){.addr.family = e->ipv6 ? AF_INET6 : AF_INET};
		return true;
	}
	return prefix_parse(s, n, ret) == 0 || parse_short(s, n, ret);
}

static bool is_prefix(const struct wanted *wanted, const struct prefix *found)
{
	struct prefix network = *found;

	if (wanted->any_length)
		return addr_compare(&wanted->prefix->addr, &found->addr) == 0;
	prefix_mask(&network);
	return prefix_equal(wanted->prefix, &network);
}

static bool is_number(const char *text, uint32_t number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	return *text >= '0' && *text <= '9' && value == number && (!*end || *end == '/');
}

/* ---- words that may mean anything ---- */

static bool is_whole(const struct wanted *wanted, const char *word)
{
	size_t n = strlen(wanted->text), length = strlen(word);

	/* As in --table or --key=VALUE. */
	if (length > n && word[length - n - 1] == '=' &&
	    strcmp(word + length - n, wanted->text) == 0)
		return true;
	return strcmp(word + strspn(word, "-"), wanted->text) == 0;
}

/* The addresses in a word, whatever is around them. */
static bool word_has_prefix(const struct wanted *wanted, const char *word)
{
	static const char chars[] = "0123456789abcdefABCDEF.:/";
	struct prefix found;

	if (wanted->prefix->len == 0 && strcmp(word, "default") == 0)
		return true;
	while (*word) {
		size_t n = strspn(word, chars), whole = n;

		while (n && strchr(".:/", word[n - 1]) && !(n > 1 && word[n - 2] == ':'))
			n--;
		if (n && prefix_parse(word, n, &found) == 0 && is_prefix(wanted, &found))
			return true;
		word += whole;
		word += strcspn(word, chars);
	}
	return false;
}

static bool word_has_number(const struct wanted *wanted, const char *word)
{
	for (; *word; word += strcspn(word, "0123456789"))
		if (is_number(word, wanted->number))
			return true;
		else
			word += strspn(word, "0123456789xabcdefABCDEF");
	return false;
}

static bool names(const struct effect *e, const struct wanted *wanted)
{
	const char *before = "";

	vec_each(word, &e->words) {
		bool follows = !wanted->keyword || strcmp(before, wanted->keyword) == 0;

		if (wanted->prefix ? word_has_prefix(wanted, *word)
		    : wanted->text ? is_whole(wanted, *word)
				   : follows && word_has_number(wanted, *word))
			return true;
		before = *word;
	}
	return false;
}

/* ---- effects ---- */

static bool counts(const struct hooks *hooks, const struct effect *e, enum hooks_when when)
{
	return when == HOOKS_AT_ALL || hooks->at[e->hook].early;
}

/* A command of the hook of this kind takes its values from elsewhere. */
static bool is_open(const struct hooks *hooks, size_t hook, enum effect_kind kind)
{
	return vec_find(e, &hooks->up,
			e->hook == hook && e->add &&
				(e->kind == EFFECT_UNKNOWN || (e->kind == kind && e->open)));
}

/* Whether a program that is not known, or a command of the kind that has it from a variable, may
 * have made it. */
static bool may_make(const struct hooks *hooks, enum hooks_when when, enum effect_kind kind,
		     const struct wanted *wanted)
{
	return vec_find(e, &hooks->up,
			(e->kind == EFFECT_UNKNOWN || e->kind == EFFECT_VALUES) &&
				counts(hooks, e, when) && names(e, wanted) &&
				(e->kind == EFFECT_UNKNOWN || is_open(hooks, e->hook, kind)));
}

/* Not of another link by its name. */
static bool may_be_own(const struct effect *e)
{
	return e->own || !effect_value(e, "dev");
}

bool hooks_add_addr(const struct hooks *hooks, enum hooks_when when, const struct addr *addr)
{
	const struct prefix prefix = {.addr = *addr, .len = addr_bits(addr)};
	const struct wanted wanted = {.prefix = &prefix, .any_length = true};

	vec_each(e, &hooks->up) {
		struct prefix found;

		if (e->kind == EFFECT_ADDRESS && e->add && may_be_own(e) &&
		    counts(hooks, e, when) && effect_prefix(e, "local", &found) &&
		    is_prefix(&wanted, &found))
			return true;
	}
	return may_make(hooks, when, EFFECT_ADDRESS, &wanted);
}

/* The table that a command is about; a name that is not known may be that of any but these. */
static bool may_be_table(const struct effect *e, uint32_t table)
{
	static const struct {
		const char *name;
		uint32_t number;
	} built_in[] = {
		{"default", RT_TABLE_DEFAULT}, {"main", RT_TABLE_MAIN}, {"local", RT_TABLE_LOCAL}};
	const char *name = effect_value(e, "table");

	if (!name)
		return effect_value(e, "vrf") ? table != RT_TABLE_MAIN : table == RT_TABLE_MAIN;
	if (*name >= '0' && *name <= '9')
		return is_number(name, table);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (strcmp(name, built_in[i].name) == 0)
			return built_in[i].number == table;
	return table != RT_TABLE_MAIN;
}

static bool adds_route(const struct hooks *hooks, const struct effect *e, enum hooks_when when,
		       uint32_t table)
{
	return e->kind == EFFECT_ROUTE && e->add && may_be_own(e) && counts(hooks, e, when) &&
	       may_be_table(e, table);
}

bool hooks_add_route(const struct hooks *hooks, enum hooks_when when, uint32_t table,
		     const struct prefix *prefix)
{
	const struct wanted wanted = {.prefix = prefix};

	vec_each(e, &hooks->up) {
		struct prefix found;

		if (adds_route(hooks, e, when, table) && effect_prefix(e, "to", &found) &&
		    is_prefix(&wanted, &found))
			return true;
	}
	return may_make(hooks, when, EFFECT_ROUTE, &wanted);
}

bool hooks_fill_table(const struct hooks *hooks, uint32_t table)
{
	const struct wanted wanted = {.text = "table"}, number = {.number = table};

	if (table == RT_TABLE_MAIN)
		return false;
	vec_each(e, &hooks->up)
		if (adds_route(hooks, e, HOOKS_AT_ALL, table))
			return true;
	return may_make(hooks, HOOKS_AT_ALL, EFFECT_ROUTE, &wanted) ||
	       may_make(hooks, HOOKS_AT_ALL, EFFECT_ROUTE, &number);
}

bool hooks_add_rule(const struct hooks *hooks, uint32_t mark)
{
	const struct wanted wanted = {.number = mark};

	vec_each(e, &hooks->up) {
		const char *of = effect_value(e, "fwmark");

		if (e->kind == EFFECT_RULE && e->add && of && is_number(of, mark) &&
		    effect_has(e, "not") && may_be_table(e, mark))
			return true;
	}
	return may_make(hooks, HOOKS_AT_ALL, EFFECT_RULE, &wanted);
}

bool hooks_set_mtu(const struct hooks *hooks, uint32_t mtu)
{
	const struct wanted wanted = {.number = mtu, .keyword = "mtu"};

	vec_each(e, &hooks->up) {
		const char *set = effect_value(e, "mtu");

		if (e->kind == EFFECT_LINK && set && may_be_own(e) && is_number(set, mtu))
			return true;
	}
	return may_make(hooks, HOOKS_AT_ALL, EFFECT_LINK, &wanted);
}

bool hooks_set_multicast(const struct hooks *hooks)
{
	const struct wanted wanted = {.text = "multicast"};

	vec_each(e, &hooks->up)
		if (e->kind == EFFECT_LINK && effect_value(e, "multicast") && may_be_own(e))
			return true;
	return may_make(hooks, HOOKS_AT_ALL, EFFECT_LINK, &wanted);
}

bool hooks_load(const struct hooks *hooks)
{
	return vec_find(e, &hooks->up,
			e->kind == EFFECT_WG && e->own &&
				(effect_has(e, "addconf") || effect_has(e, "setconf") ||
				 effect_has(e, "syncconf")));
}

bool hooks_add_peer(const struct hooks *hooks, const struct key *public_key)
{
	char text[sizeof("peer ") + KEY_BASE64_LEN] = "peer ";
	const struct wanted wanted = {.text = text + sizeof("peer ") - 1};

	if (!hooks->up.len)
		return false;
	key_to_base64(public_key, text + sizeof("peer ") - 1);
	vec_each(e, &hooks->up)
		if (e->kind == EFFECT_WG && e->own && effect_has(e, text))
			return true;
	return hooks_load(hooks) || may_make(hooks, HOOKS_AT_ALL, EFFECT_WG, &wanted);
}

/* Its words are in order: what follows a peer is of that peer, until the next one. */
static bool sets(const struct effect *e, const char *peer, const char *parameter)
{
	size_t n = strlen(parameter);
	bool here = !peer;

	vec_each(word, &e->words) {
		if (strncmp(*word, "peer ", 5) == 0)
			here = peer && (strchr(*word, '$') || strchr(*word, '`') ||
					strcmp(*word + 5, peer) == 0);
		else if (here && strncmp(*word, parameter, n) == 0 && (*word)[n] == ' ')
			return true;
	}
	return false;
}

bool hooks_set(const struct hooks *hooks, const struct key *peer, const char *parameter)
{
	const struct wanted wanted = {.text = parameter};
	char text[KEY_BASE64_LEN + 1];

	if (!hooks->up.len)
		return false;
	if (peer)
		key_to_base64(peer, text);
	vec_each(e, &hooks->up)
		if (e->kind == EFFECT_WG && e->own && sets(e, peer ? text : NULL, parameter))
			return true;
	return may_make(hooks, HOOKS_AT_ALL, EFFECT_WG, &wanted);
}
