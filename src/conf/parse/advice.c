// SPDX-License-Identifier: GPL-2.0-or-later
// What the writer of a wrong line may have meant, and what of it may be shown.
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/base/spelling.h"
#include "wgq/conf/hook/shell.h"
#include "wgq/conf/parse/keys.h"

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

/* The key as far as it looks like one: up to a blank, colon or the like. None where it goes on like
 * the letters at the beginning of a secret. */
static struct slice first_word(struct slice key)
{
	size_t n = 0;

	while (n < key.len && (key.at[n] | 0x20) >= 'a' && (key.at[n] | 0x20) <= 'z')
		n++;
	if (n < key.len && (base64_char(key.at[n]) || is_part_of_name(key.at[n])))
		n = 0;
	return (struct slice){key.at, n};
}

/* Which key is meant by a word, KEY_COUNT: none. *advice: where it is no key, what to do; NULL:
 * nothing is known of it. What others call a key has to be spelt better. */
static enum key_id nearest_to(struct slice word, const char **advice)
{
	const struct letters have = letters_of(word);
	enum key_id best = KEY_COUNT;
	int best_distance = SPELLING_MAX;

	*advice = NULL;
	for (enum key_id id = 0; id < KEY_COUNT; id++) {
		int distance = likeness(&have, conf_key_names()[id].name);

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

static enum key_id nearest_key(struct slice key, const char **advice)
{
	const struct slice word = first_word(key);
	enum key_id id = nearest_to(key, advice);

	return id < KEY_COUNT || *advice || word.len == key.len ? id : nearest_to(word, advice);
}

enum key_id advice_key(struct slice key)
{
	const char *unused;

	return nearest_key(key, &unused);
}

enum scan_section advice_section(struct slice header)
{
	const char *end = memchr(header.at, ']', header.len);

	if (end)
		header.len = (size_t)(end - header.at);
	const struct letters have = letters_of(header);
	if (likeness(&have, "Interface") >= 0)
		return SECTION_INTERFACE;
	return likeness(&have, "Peer") >= 0 ? SECTION_PEER : SECTION_OTHER;
}

static bool is_name(struct slice s)
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

bool advice_secret(const struct scan_line *line)
{
	enum key_id id = advice_key(line->key);

	return id == KEY_PRIVATE_KEY || id == KEY_PRESHARED_KEY || holds_key(line->text);
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

/* Whether the first lines show whose file it is, which is then the last word. */
static bool told_foreign(struct parser *p, const struct scan_line *line)
{
	const struct foreign_file *file = p->begun ? NULL : foreign_file(line->text);

	if (!file)
		return false;
	parse_error(p, line->key, file->hint, "%s", file->name);
	p->told_foreign = true;
	return true;
}

static bool told_amneziawg(struct parser *p, const struct scan_line *line)
{
	if (!foreign_is_amneziawg(line->key))
		return false;
	if (!p->told_amneziawg)
		parse_error(
			p, line->key,
			"awg-quick, of amneziawg-tools, takes this file; without Jc, Jmin, Jmax, "
			"S1 to S4, H1 to H4 and I1 to I5 it would be one of WireGuard",
			"this is a file of AmneziaWG, which WireGuard cannot speak with");
	p->told_amneziawg = true;
	return true;
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

/* Whether the shell, or whoever wrote it, waits for more: a command, a bracket, the next line. */
static bool is_unfinished(struct slice hook)
{
	_cleanup_free_ char *text = mem_strndup(hook.at, hook.len);
	struct shell_script script = {0};

	if (!hook.len || strchr("\\;", hook.at[hook.len - 1]))
		return true;
	bool unfinished = text && shell_cut(text, &script) == 0 && script.error.unfinished;
	shell_release(&script);
	return unfinished;
}

/* A line that was meant to be part of the hook above it; all of these are one error. */
static bool continues_hook(struct parser *p, const struct scan_line *line)
{
	bool indented = line->text.len && strchr(" \t", line->text.at[0]) &&
			memchr(line->key.at, ' ', line->key.len);
	const char *key = conf_key_names()[p->hook_id].name;
	_cleanup_buf_ struct buf hint = {0};

	if (!p->hook_end || line->number != p->hook_end + 1 || advice_key(line->key) < KEY_COUNT ||
	    (!p->hook_goes_on && !indented && !is_unfinished(p->hook)))
		return false;
	if (!p->hook_goes_on) {
		buf_addf(&hint,
			 "write it all in line %u with ; between the commands, or %s = in front of "
			 "each",
			 p->hook_end, key);
		parse_error(p, line->key, buf_text(&hint),
			    "this is no part of the %s above: a hook is one line", key);
	}
	p->hook_goes_on = true;
	p->hook_end++;
	return true;
}

void advice_unknown_key(struct parser *p, const struct scan_line *line)
{
	const char *advice;
	enum key_id id = key_find_squeezed(line->key), near = nearest_key(line->key, &advice);
	struct slice word = first_word(line->key);
	_cleanup_buf_ struct buf hint = {0};

	if (told_foreign(p, line) || told_amneziawg(p, line))
		return;
	if (id < KEY_COUNT) {
		misplaced_key(p, line, id);
		return;
	}
	if (continues_hook(p, line))
		return;
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
	} else if (advice) {
		buf_str(&hint, advice);
	} else {
		list_keys(p->section, &hint);
	}
	/* Of a line with a secret not even the key can be trusted; but of `PrivatKey KEY=` the
	 * first word can, or the whole of it where it has the form of a name. */
	bool word_only = near < KEY_COUNT && advice_secret(line);
	struct slice name = !word_only           ? shown(p, line->key)
			    : is_name(line->key) ? line->key
						 : word;
	parse_error(p, line->key, buf_text(&hint), "unknown key \"%.*s\"", SLICE_ARG(name));
}

void advice_unknown_section(struct parser *p, const struct scan_line *line)
{
	enum scan_section near = advice_section(line->key);
	struct slice name = shown(p, line->key);
	const char *hint = near == SECTION_INTERFACE ? "did you mean [Interface]?"
			   : near == SECTION_PEER    ? "did you mean [Peer]?"
						     : "there are [Interface] and [Peer]";

	if (told_foreign(p, line))
		return;
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

	if (told_foreign(p, line) || continues_hook(p, line))
		return;
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
