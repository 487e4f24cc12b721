// SPDX-License-Identifier: GPL-2.0-or-later
// What the writer of a wrong line may have meant, and what of it may be shown.
#include <stdlib.h>
#include <string.h>

#include "wgq/base/spelling.h"
#include "wgq/conf/keys.h"

/* The letters of s in lower case; how many, SPELLING_MAX + 1: too many for any word. */
static size_t letters(struct slice s, char ret[SPELLING_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = (char)(s.at[i] | 0x20);

		if (c < 'a' || c > 'z')
			continue;
		if (n == SPELLING_MAX)
			return SPELLING_MAX + 1;
		ret[n++] = c;
	}
	return n;
}

/* The distance of s from a word, -1: they are not alike. */
static int likeness(struct slice s, const char *word)
{
	char have[SPELLING_MAX], want[SPELLING_MAX];
	size_t n = letters(s, have);
	size_t word_len = letters((struct slice){word, strlen(word)}, want);

	if (!n || n > SPELLING_MAX)
		return -1;
	int distance = (int)spelling_distance(have, n, want, word_len);
	return distance <= (int)(word_len + 2) / 4 ? distance : -1;
}

/* The key as far as it looks like one: up to a blank, colon or the like. */
static struct slice first_word(struct slice key)
{
	size_t n = 0;

	while (n < key.len && (key.at[n] | 0x20) >= 'a' && (key.at[n] | 0x20) <= 'z')
		n++;
	return (struct slice){key.at, n};
}

static enum key_id nearest_key(struct slice key)
{
	enum key_id best = KEY_COUNT;
	int best_distance = SPELLING_MAX;

	for (enum key_id id = 0; id < KEY_COUNT; id++) {
		int distance = likeness(key, conf_key_names()[id].name);

		if (distance >= 0 && distance < best_distance) {
			best = id;
			best_distance = distance;
		}
	}
	return best;
}

enum key_id advice_key(struct slice key)
{
	enum key_id id = nearest_key(key);

	return id < KEY_COUNT ? id : nearest_key(first_word(key));
}

enum scan_section advice_section(struct slice header)
{
	const char *end = memchr(header.at, ']', header.len);

	if (end)
		header.len = (size_t)(end - header.at);
	if (likeness(header, "Interface") >= 0)
		return SECTION_INTERFACE;
	return likeness(header, "Peer") >= 0 ? SECTION_PEER : SECTION_OTHER;
}

static bool base64_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' ||
	       c == '/';
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

bool advice_secret(const struct scan_line *line)
{
	enum key_id id = advice_key(line->key);

	return id == KEY_PRIVATE_KEY || id == KEY_PRESHARED_KEY || holds_key(line->text);
}

static const struct odd_text *find_odd(const struct odd_text *odd, struct slice s,
				       struct slice *ret_at)
{
	for (; odd->bytes; odd++) {
		size_t n = strlen(odd->bytes);
		const char *found = s.len ? memmem(s.at, s.len, odd->bytes, n) : NULL;

		if (found) {
			*ret_at = (struct slice){found, n};
			return odd;
		}
	}
	return NULL;
}

const struct odd_text *advice_odd(struct slice line, struct slice value, struct slice *ret_at)
{
	static const char blank[] = "delete it, and type a blank if there has to be one";
#define LOOKS_BLANK ", which looks like a blank or like nothing"
	static const char quote[] = "delete it: a value has no quotes";
	static const char dash[] = "type a hyphen: -";
	static const char wide[] = "type the plain one, of ASCII";
	static const struct odd_text unseen[] = {
		{"\xc2\xa0", "a no-break space (U+00A0)" LOOKS_BLANK, blank},
		{"\xe2\x80\xaf", "a narrow no-break space (U+202F)" LOOKS_BLANK, blank},
		{"\xe3\x80\x80", "an ideographic space (U+3000)" LOOKS_BLANK, blank},
		{"\xe2\x80\x8b", "a zero-width space (U+200B)" LOOKS_BLANK, blank},
		{"\xef\xbb\xbf", "a byte order mark (U+FEFF)" LOOKS_BLANK, blank},
		{"\r", "a carriage return in the middle of a line",
		 "end lines by a newline, as in Unix"},
		{"\\n", "a backslash and an n, where a line should end",
		 "write each section and each key on a line of its own"},
		{"\xef\xbc\x8c", "a full-width comma (U+FF0C)", wide},
		{"\xef\xbc\x9a", "a full-width colon (U+FF1A)", wide},
		{"\xef\xbc\x9d", "a full-width equals sign (U+FF1D)", wide},
		{0},
	};
#undef LOOKS_BLANK
	/* Prose has them, too. */
	static const struct odd_text in_values[] = {
		{"\xe2\x80\x98", "a typographic quote (U+2018)", quote},
		{"\xe2\x80\x99", "a typographic quote (U+2019)", quote},
		{"\xe2\x80\x9a", "a typographic quote (U+201A)", quote},
		{"\xe2\x80\x9c", "a typographic quote (U+201C)", quote},
		{"\xe2\x80\x9d", "a typographic quote (U+201D)", quote},
		{"\xe2\x80\x9e", "a typographic quote (U+201E)", quote},
		{"\xc2\xab", "a typographic quote (U+00AB)", quote},
		{"\xc2\xbb", "a typographic quote (U+00BB)", quote},
		{"\xe2\x80\x90", "a typographic hyphen (U+2010)", dash},
		{"\xe2\x80\x91", "a no-break hyphen (U+2011)", dash},
		{"\xe2\x80\x93", "a dash (U+2013), which looks like a hyphen", dash},
		{"\xe2\x80\x94", "a dash (U+2014), which looks like a hyphen", dash},
		{"\xe2\x88\x92", "a minus sign (U+2212), which looks like a hyphen", dash},
		{0},
	};
	const struct odd_text *odd = find_odd(unseen, line, ret_at);

	return odd ? odd : find_odd(in_values, value, ret_at);
}

/* Why a key that exists is not taken here. */
static void misplaced_key(struct parser *p, const struct scan_line *line, enum key_id id)
{
	const struct conf_key_name *name = &conf_key_names()[id];
	bool here = (p->section == SECTION_PEER) == (id >= KEY_PUBLIC_KEY);
	_cleanup_buf_ struct buf hint = {0};

	if (p->section == SECTION_NONE) {
		buf_addf(&hint, "write [%s] above it", name->section);
		parse_error(p, line->key, buf_text(&hint), "%s is in no section", name->name);
	} else if (!here) {
		buf_addf(&hint, "%s belongs in [%s]", name->name, name->section);
		parse_error(p, line->key, buf_text(&hint), "%s is in the wrong section",
			    name->name);
	} else if (slice_is(line->key, name->name)) {
		parse_error(p, line->key, "write [Interface] with no blank inside the brackets",
			    "%s is not in wg-quick's [Interface]", name->name);
	} else {
		buf_addf(&hint, "write %s", name->name);
		parse_error(p, line->key, buf_text(&hint), "a blank inside the key %s", name->name);
	}
}

static void list_keys(enum scan_section section, struct buf *ret)
{
	const char *name = section == SECTION_PEER ? "Peer" : "Interface";
	const char *separator = ": ";

	buf_addf(ret, "the keys of [%s]", name);
	for (const struct conf_key_name *key = conf_key_names(); key->name; key++) {
		if (strcmp(key->section, name) != 0)
			continue;
		buf_addf(ret, "%s%s", separator, key->name);
		separator = ", ";
	}
}

void advice_unknown_key(struct parser *p, const struct scan_line *line)
{
	enum key_id id = key_find_squeezed(line->key), near = advice_key(line->key);
	struct slice word = first_word(line->key);
	_cleanup_buf_ struct buf hint = {0};

	if (id < KEY_COUNT) {
		misplaced_key(p, line, id);
		return;
	}
	if (!line->key.len) {
		parse_error(p, line->text, NULL, "no key before the =");
		return;
	}
	if (line->key.at[0] == ';') {
		parse_error(p, line->key, "write # where a comment begins",
			    "; does not begin a comment");
		return;
	}
	id = key_find(word);
	if (id < KEY_COUNT && word.len < line->key.len) {
		buf_addf(&hint, "write %s = and the value", conf_key_names()[id].name);
		parse_error(p, line->key, buf_text(&hint), "no = right after %s",
			    conf_key_names()[id].name);
		return;
	}
	if (near < KEY_COUNT) {
		const struct conf_key_name *name = &conf_key_names()[near];
		const char *section = p->section == SECTION_PEER ? "Peer" : "Interface";

		buf_addf(&hint, "did you mean %s", name->name);
		if (strcmp(name->section, section) != 0)
			buf_addf(&hint, ", in [%s]", name->section);
		buf_char(&hint, '?');
	} else {
		list_keys(p->section, &hint);
	}
	/* Of a line with a secret not even the key can be trusted; but of `PrivatKey KEY=` the
	 * first word can. */
	bool word_only = near < KEY_COUNT && advice_secret(line);
	struct slice name = word_only ? word : shown(p, line->key);
	parse_error(p, line->key, buf_text(&hint), "unknown key \"%.*s\"", SLICE_ARG(name));
}

void advice_unknown_section(struct parser *p, const struct scan_line *line)
{
	enum scan_section near = advice_section(line->key);
	struct slice name = shown(p, line->key);
	const char *hint = near == SECTION_INTERFACE ? "did you mean [Interface]?"
			   : near == SECTION_PEER    ? "did you mean [Peer]?"
						     : "there are [Interface] and [Peer]";

	if (line->kind == SCAN_JUNK)
		parse_error(p, line->key, hint,
			    "a section is one name in brackets, and nothing after it");
	else
		parse_error(p, line->key, hint, "unknown section \"%.*s\"", SLICE_ARG(name));
}

void advice_no_value(struct parser *p, const struct scan_line *line)
{
	enum key_id id = advice_key(line->key);
	_cleanup_buf_ struct buf hint = {0};

	if (line->key.at[0] == ';') {
		parse_error(p, line->key, "write # where a comment begins",
			    "; does not begin a comment");
		return;
	}
	if (id < KEY_COUNT)
		buf_addf(&hint, "write %s = and the value", conf_key_names()[id].name);
	else
		buf_str(&hint, "write KEY = VALUE, or # in front of a comment");
	parse_error(p, line->key, buf_text(&hint), "no = in this line");
}
