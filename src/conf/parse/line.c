// SPDX-License-Identifier: GPL-2.0-or-later
// One line of a configuration, cut up the way wg-quick does it.
#include "wgq/conf/parse/line.h"

#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline struct slice trim(struct slice s, bool (*unwanted)(char c))
{
	while (s.len && unwanted(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && unwanted(s.at[s.len - 1]))
		s.len--;
	return s;
}

struct slice slice_trim(struct slice s)
{
	return trim(s, space);
}

bool slice_is(struct slice s, const char *word)
{
	size_t i = 0;

	if (s.len != strlen(word))
		return false;
	if (s.len && memcmp(s.at, word, s.len) == 0)
		return true;
	while (i < s.len && lower(s.at[i]) == lower(word[i]))
		i++;
	return i == s.len;
}

bool slice_begins(struct slice s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && slice_is((struct slice){s.at, n}, word);
}

bool slice_squeezed_is(struct slice s, const char *word)
{
	for (size_t i = 0; i < s.len; i++) {
		if (space(s.at[i]))
			continue;
		if (!*word || lower(s.at[i]) != lower(*word++))
			return false;
	}
	return !*word;
}

/* Up to the first c, or all of it. */
static struct slice before(struct slice s, char c)
{
	const char *found = s.len ? memchr(s.at, c, s.len) : NULL;

	return found ? (struct slice){s.at, (size_t)(found - s.at)} : s;
}

/* What follows the byte at skip, or all of it where there is none. */
static struct slice behind(struct slice s, size_t skip)
{
	return skip < s.len ? (struct slice){s.at + skip + 1, s.len - skip - 1} : s;
}

void line_cut(struct slice text, struct line *ret)
{
	ret->read = trim(text, blank);

	struct slice stripped = before(ret->read, '#');
	struct slice key = before(stripped, '=');
	ret->has_value = key.len < stripped.len;
	ret->stripped = slice_trim(stripped);
	ret->key = slice_trim(key);
	ret->value = slice_trim(behind(stripped, key.len));
	ret->full_value = ret->value;
	if (stripped.len < ret->read.len)
		ret->full_value = slice_trim(behind(ret->read, before(ret->read, '=').len));
}

bool line_in_interface(const struct line *line, bool inside)
{
	if (!line->key.len || line->key.at[0] != '[')
		return inside;
	return slice_is(line->key, "[Interface]");
}

bool line_next(struct slice *rest, struct slice *ret)
{
	if (!rest->len)
		return false;
	*ret = before(*rest, '\n');

	size_t used = ret->len < rest->len ? ret->len + 1 : ret->len;
	rest->at += used;
	rest->len -= used;
	return true;
}

bool line_take_dash(struct slice *hook)
{
	if (!hook->len || hook->at[0] != '-')
		return false;
	*hook = slice_trim((struct slice){hook->at + 1, hook->len - 1});
	return true;
}
