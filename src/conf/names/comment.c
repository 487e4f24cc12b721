// SPDX-License-Identifier: GPL-2.0-or-later
// What a comment says, as people and programs write them.
#include "wgq/conf/names/comment.h"

#include <string.h>

#include "wgq/conf/parse/parse.h"
#include "wgq/net/key.h"

static struct slice skip(struct slice s, size_t n)
{
	return slice_trim((struct slice){s.at + n, s.len - n});
}

static bool is_frame(char c)
{
	return c == '#' || c == '-' || c == '=' || c == '*' || c == ';' || c == '~';
}

/* Without what stands around it; *ret_left and *ret_right: how much that was, without blanks. A
 * single = at the end is a key's, or a value is missing. */
static struct slice unframe(struct slice s, size_t *ret_left, size_t *ret_right)
{
	*ret_left = *ret_right = 0;
	for (; s.len && (is_frame(s.at[0]) || space(s.at[0])); s.at++, s.len--)
		*ret_left += is_frame(s.at[0]);
	s = slice_trim(s);

	struct slice whole = s;
	for (; s.len && (is_frame(s.at[s.len - 1]) || space(s.at[s.len - 1])); s.len--)
		*ret_right += is_frame(s.at[s.len - 1]);
	if (*ret_right != 1 || whole.at[whole.len - 1] != '=')
		return s;
	*ret_right = 0;
	return whole;
}

/* Any run of characters that reads as a key: it may be a private one. */
static bool holds_key(struct slice s)
{
	struct key key;
	bool found = false;

	for (size_t i = 0; i + KEY_BASE64_LEN <= s.len && !found; i++)
		found = key_from_base64(s.at + i, KEY_BASE64_LEN, &key) == 0;
	key_wipe(&key);
	return found;
}

static bool is_setting(struct slice s)
{
	struct line line;

	line_cut(s, &line);
	for (const struct conf_key *key = conf_keys(); line.has_value && key->name; key++)
		if (slice_is(line.key, key->name))
			return true;
	return false;
}

static bool is_section(struct slice s)
{
	struct line line;

	line_cut(s, &line);
	return slice_squeezed_is(line.stripped, "[Peer]") ||
	       slice_squeezed_is(line.stripped, "[Interface]");
}

/* `label = value` and `label: value`. */
static bool take_label(struct slice *s, const char *label)
{
	if (!slice_begins(*s, label))
		return false;
	struct slice rest = skip(*s, strlen(label));

	if (!rest.len || (rest.at[0] != '=' && rest.at[0] != ':'))
		return false;
	*s = skip(rest, 1);
	return true;
}

static bool take_any_label(struct slice *s, const char *const *labels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (take_label(s, labels[i]))
			return true;
	return false;
}

/* The next "string" of *s, without its quotes; what stands before it is skipped. */
static bool next_string(struct slice *s, struct slice *ret)
{
	const char *quote = s->len ? memchr(s->at, '"', s->len) : NULL;
	size_t n = 0;

	if (!quote)
		return false;
	*s = (struct slice){quote + 1, s->len - (size_t)(quote + 1 - s->at)};
	while (n < s->len && s->at[n] != '"')
		n += s->at[n] == '\\' ? 2 : 1;
	if (n >= s->len)
		return false;
	*ret = (struct slice){s->at, n};
	*s = skip(*s, n + 1);
	return true;
}

/* {"id": 7, "name": "laptop"}. Strings that are not keys of the object are skipped. */
static bool take_json_name(struct slice s, struct slice *ret)
{
	static const char *const keys[] = {"name", "username", "user_name"};
	struct slice key;

	while (next_string(&s, &key)) {
		if (!s.len || (s.at[0] != ':' && s.at[0] != '='))
			continue;
		s = skip(s, 1);
		if (!s.len || s.at[0] != '"')
			continue;
		if (!next_string(&s, ret))
			return false;
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (slice_is(key, keys[i]))
				return true;
	}
	return false;
}

/* BEGIN and END as words of their own: before a blank, or as in BEGIN_PEER. */
static bool is_mark(struct slice s, const char *word)
{
	size_t n = strlen(word);

	return slice_begins(s, word) && (s.len == n || space(s.at[n]) || s.at[n] == '_');
}

/* A UUID, as wg-easy puts it behind the name: `laptop (6f9619ff-8b86-d011-b42d-00cf4fc964ff)`. */
static struct slice without_uuid(struct slice s)
{
	enum { LENGTH = 36 };
	size_t n = s.len >= LENGTH + 2 ? s.len - LENGTH - 2 : 0;

	if (!n || s.at[n] != '(' || s.at[s.len - 1] != ')')
		return s;
	for (size_t i = n + 1; i < s.len - 1; i++)
		if (!strchr("0123456789abcdefABCDEF-", s.at[i]))
			return s;
	return slice_trim((struct slice){s.at, n});
}

/* A title such as `Peer` is left out, unless it is the whole name, the beginning of a longer word,
 * or has a number behind it: `peer 7`. */
static struct slice without_title(struct slice s)
{
	static const char *const titles[] = {"_peer", "_client", "client", "peer"};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		size_t n = strlen(titles[i]);

		if (!slice_begins(s, titles[i]) || s.len <= n + 1 ||
		    (s.at[n] != ':' && !space(s.at[n])))
			continue;
		struct slice rest = skip(s, n + 1);
		if (!rest.len || (rest.at[0] >= '0' && rest.at[0] <= '9' && titles[i][0] != '_'))
			return s;
		return without_uuid(rest);
	}
	return s;
}

/* The notes of wg-portal begin with -WGP-; only the names in them are used. */
static void read_portal(struct slice s, struct comment *ret)
{
	const char *end;

	if (take_label(&s, "Display name")) {
		*ret = (struct comment){.kind = COMMENT_NAME, .name = s};
	} else if (take_label(&s, "Peer") && (end = memmem(s.at, s.len, " / ", 3))) {
		*ret = (struct comment){.kind = COMMENT_TEXT, .name = {s.at, (size_t)(end - s.at)}};
	}
}

static void read_mark(struct slice s, struct comment *ret)
{
	static const char managed[] = "ANSIBLE MANAGED BLOCK";

	ret->mark = ret->name = skip(s, strlen(ret->kind == COMMENT_BEGIN ? "begin" : "end"));
	if (slice_begins(ret->name, managed))
		ret->name = skip(ret->name, strlen(managed));
	ret->name = without_title(ret->name);
}

static void read_text(struct slice s, struct comment *ret)
{
	static const char *const names[] = {
		"name",      "friendly_name", "friendly name", "display name", "client name",
		"peer name", "user name",     "username",      "user",
	};
	static const char *const notes[] = {
		"id",         "email",     "created",      "created at", "updated",
		"updated at", "update at", "last updated", "expires",    "added",
	};

	if (take_any_label(&s, names, sizeof(names) / sizeof(names[0])))
		*ret = (struct comment){.kind = COMMENT_NAME, .name = s};
	else if (slice_begins(s, "WGP-"))
		read_portal(skip(s, strlen("WGP-")), ret);
	else if (take_label(&s, "friendly_json") || (s.len && s.at[0] == '{'))
		*ret = take_json_name(s, &ret->name)
			       ? (struct comment){COMMENT_NAME, .name = ret->name, .is_json = true}
			       : (struct comment){0};
	else if (!take_any_label(&s, notes, sizeof(notes) / sizeof(notes[0])))
		*ret = (struct comment){.kind = COMMENT_TEXT, .name = without_title(s)};
}

void comment_read(struct slice s, struct comment *ret)
{
	static const char disabled[] = "[disabled]"; /* PiVPN, before each line of a peer */
	size_t left, right;

	*ret = (struct comment){0};
	s = unframe(s, &left, &right);
	while (slice_begins(s, disabled)) {
		size_t more;

		s = unframe(skip(s, strlen(disabled)), &more, &right);
	}
	if (is_section(s) || is_setting(s)) {
		ret->kind = is_section(s) ? COMMENT_SECTION : COMMENT_SETTING;
		ret->line = s;
	} else if (is_mark(s, "begin") || is_mark(s, "end")) {
		ret->kind = is_mark(s, "begin") ? COMMENT_BEGIN : COMMENT_END;
		read_mark(s, ret);
	} else if ((!s.len && left > 2) || (s.len && left > 1 && right > 1)) {
		ret->kind = COMMENT_HEADING;
	} else if (s.len) {
		read_text(s, ret);
	}
	if (holds_key(ret->name))
		ret->name = (struct slice){0};
	if (!ret->name.len && ret->kind >= COMMENT_TEXT)
		ret->kind = COMMENT_NOTE;
}
