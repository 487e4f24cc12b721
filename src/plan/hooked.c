// SPDX-License-Identifier: GPL-2.0-or-later
// Which parts of an interface its hooks speak of.
#include "wgq/plan/hooked.h"

#include <stdio.h>
#include <string.h>

/* A character that would make a longer word of an address: 10.0.0.1 is not in 110.0.0.12. */
static bool is_address_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == '.' || c == ':';
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || !is_address_char(at[-1])) && !is_address_char(at[n]))
			return true;
	return false;
}

static bool has_text(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* Perhaps `ip r', perhaps a script with it; but no `ip rule' alone. */
static bool may_route(const char *text, const char *word)
{
	return has_word(text, word) && (has_text(text, "route") || !has_text(text, "rule"));
}

static bool any_hook(const struct conf *conf, enum hooked_by by,
		     bool (*test)(const char *text, const char *word), const char *word)
{
	vec_each(hook, &conf->hooks[HOOK_PRE_UP])
		if (test(hook->text, word))
			return true;
	if (by == HOOKED_AT_ALL)
		vec_each(hook, &conf->hooks[HOOK_POST_UP])
			if (test(hook->text, word))
				return true;
	return false;
}

bool hooked_addr(const struct conf *conf, enum hooked_by by, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	return any_hook(conf, by, has_word, text);
}

bool hooked_route(const struct conf *conf, enum hooked_by by, const struct prefix *prefix)
{
	/* To stay, a prefix need but be named, if by a rule; to cover others, as a route. */
	bool (*names)(const char *, const char *) = by == HOOKED_BEFORE ? may_route : has_word;
	char text[PREFIX_TEXT_MAX];

	if (!hooked_any(conf))
		return false;
	if (prefix->len == addr_bits(&prefix->addr))
		addr_format(&prefix->addr, text);
	else
		prefix_format(prefix, text);
	return any_hook(conf, by, names, text) ||
	       (prefix->len == 0 && any_hook(conf, by, names, "default"));
}

bool hooked_tables(const struct conf *conf)
{
	return any_hook(conf, HOOKED_AT_ALL, has_text, "table");
}

bool hooked_peer(const struct conf *conf, const struct key *public_key)
{
	static const char *const loaders[] = {"addconf", "setconf", "syncconf"};
	char text[KEY_BASE64_LEN + 1];

	if (!hooked_any(conf))
		return false;
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (any_hook(conf, HOOKED_AT_ALL, has_text, loaders[i]))
			return true;
	key_to_base64(public_key, text);
	return any_hook(conf, HOOKED_AT_ALL, has_text, text);
}

bool hooked_mtu(const struct conf *conf, uint32_t mtu)
{
	char text[sizeof("mtu 4294967295")];

	snprintf(text, sizeof(text), "mtu %u", mtu);
	return any_hook(conf, HOOKED_AT_ALL, has_word, text);
}

bool hooked_rule(const struct conf *conf, uint32_t mark)
{
	char decimal[sizeof("4294967295")], hex[sizeof("0xffffffff")];

	if (conf->table_kind != TABLE_AUTO)
		return hooked_any(conf);
	snprintf(decimal, sizeof(decimal), "%u", mark);
	snprintf(hex, sizeof(hex), "0x%x", mark);
	return any_hook(conf, HOOKED_AT_ALL, has_text, "rule") &&
	       (any_hook(conf, HOOKED_AT_ALL, has_word, decimal) ||
		any_hook(conf, HOOKED_AT_ALL, has_word, hex));
}

bool hooked_any(const struct conf *conf)
{
	return conf->hooks[HOOK_PRE_UP].len || conf->hooks[HOOK_POST_UP].len;
}
