// SPDX-License-Identifier: GPL-2.0-or-later
// The names of keys and sections, and which of them the writer of a wrong one may have meant.
#include "wgq/conf/parse/keys.h"

#include <string.h>

#include "wgq/base/spelling.h"

enum { KEY_HAS_ONE = false, KEY_HAS_LIST = true };
#define KEY_ROW(id, name, section, owner, count, reader)                                           \
	[KEY_##id] = {name, #section, KEY_OF_##owner, KEY_HAS_##count},
static const struct conf_key keys[KEY_COUNT + 1] = {CONF_KEYS(KEY_ROW)};

const struct conf_key *conf_keys(void)
{
	return keys;
}

enum scan_section key_section(enum key_id id)
{
	return keys[id].section[0] == 'P' ? SECTION_PEER : SECTION_INTERFACE;
}

bool key_is_quick(enum key_id id)
{
	return id < KEY_COUNT && keys[id].owner == KEY_OF_WG_QUICK;
}

bool key_is_own(enum key_id id)
{
	return id < KEY_COUNT && keys[id].owner == KEY_OF_WGQ;
}

enum key_id key_find(struct slice key)
{
	char first = key.len ? (char)(key.at[0] | 0x20) : '\0';

	/* The names begin with letters, so that this passes over none. */
	for (enum key_id id = 0; id < KEY_COUNT; id++)
		if (first == (keys[id].name[0] | 0x20) && slice_is(key, keys[id].name))
			return id;
	return KEY_COUNT;
}

enum key_id key_find_squeezed(struct slice key)
{
	enum key_id id = key_find(key);

	if (id != KEY_COUNT)
		return id;
	for (id = 0; id < KEY_COUNT; id++)
		if (slice_squeezed_is(key, keys[id].name))
			return id;
	return KEY_COUNT;
}

/* A word without all that is no letter, in lower case. */
struct letters {
	char at[SPELLING_MAX];
	size_t len; /* SPELLING_MAX + 1: too many for any word */
};

static struct letters letters_of(struct slice s)
{
	struct letters ret = {.len = 0};

	for (size_t i = 0; i < s.len; i++) {
		char c = (char)(s.at[i] | 0x20);

		if (c < 'a' || c > 'z')
			continue;
		if (ret.len == SPELLING_MAX)
			return (struct letters){.len = SPELLING_MAX + 1};
		ret.at[ret.len++] = c;
	}
	return ret;
}

/* How far the two words are apart; more than most: -1. */
static int distance_of(const struct letters *a, const char *b, size_t b_len, size_t most)
{
	/* A long list may have the same wrong key a million times. */
	if (!a->len || a->len > b_len + most || b_len > a->len + most)
		return -1;
	size_t distance = spelling_distance(a->at, a->len, b, b_len);
	return distance <= most ? (int)distance : -1;
}

static int likeness(const struct letters *have, const char *name)
{
	const struct letters want = letters_of((struct slice){name, strlen(name)});

	return distance_of(have, want.at, want.len, (want.len + 2) / 4);
}

static bool is_part_of_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
	       c == '_';
}

static bool base64_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' ||
	       c == '/';
}

struct slice key_first_word(struct slice key)
{
	size_t n = 0;

	while (n < key.len && (key.at[n] | 0x20) >= 'a' && (key.at[n] | 0x20) <= 'z')
		n++;
	if (n < key.len && (base64_char(key.at[n]) || is_part_of_name(key.at[n])))
		n = 0;
	return (struct slice){key.at, n};
}

/* What others call a key has to be spelt better. */
static enum key_id nearest_to(struct slice word, const char **advice)
{
	const struct letters have = letters_of(word);
	enum key_id best = KEY_COUNT;
	int best_distance = SPELLING_MAX;

	*advice = NULL;
	for (enum key_id id = 0; id < KEY_COUNT; id++) {
		int distance = likeness(&have, keys[id].name);

		if (distance >= 0 && distance < best_distance) {
			best = id;
			best_distance = distance;
		}
	}
	for (const struct foreign_word *f = foreign_words(); f->word; f++) {
		size_t n = strlen(f->word);
		int distance = distance_of(&have, f->word, n, n / 6);

		if (distance >= 0 && distance < best_distance) {
			best = f->id;
			best_distance = distance;
			*advice = f->advice;
		}
	}
	return best;
}

enum key_id key_meant(struct slice key, const char **ret_advice)
{
	const struct slice word = key_first_word(key);
	const char *advice;
	enum key_id id = nearest_to(key, &advice);

	if (id == KEY_COUNT && !advice && word.len < key.len)
		id = nearest_to(word, &advice);
	if (ret_advice)
		*ret_advice = advice;
	return id;
}

enum scan_section section_meant(struct slice header)
{
	const char *end = memchr(header.at, ']', header.len);

	if (end)
		header.len = (size_t)(end - header.at);
	const struct letters have = letters_of(header);
	if (likeness(&have, "Interface") >= 0)
		return SECTION_INTERFACE;
	return likeness(&have, "Peer") >= 0 ? SECTION_PEER : SECTION_OTHER;
}

bool key_is_name(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_part_of_name(s.at[n]))
		n++;
	return n == s.len && n <= SPELLING_MAX;
}

/* Whether there could be a key in s, if only one that lacks a character or has a wrong one: 40
 * characters in a row of which at most 3 are not of base64. */
static bool holds_key(struct slice s)
{
	enum { ROW = 40, ODD_MAX = 3 };
	size_t start = 0, odd = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (space(c) || c == ',' || c == '=') {
			start = i + 1;
			odd = 0;
			continue;
		}
		odd += !base64_char(c);
		if (i >= start + ROW)
			odd -= !base64_char(s.at[i - ROW]);
		if (i >= start + ROW - 1 && odd <= ODD_MAX)
			return true;
	}
	return false;
}

bool line_is_secret(const struct scan_line *line)
{
	enum key_id id = key_meant(line->key, NULL);

	return id == KEY_PRIVATE_KEY || id == KEY_PRESHARED_KEY || holds_key(line->text);
}
