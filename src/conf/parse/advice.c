// SPDX-License-Identifier: GPL-2.0-or-later
// What to write instead of a wrong line.
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/conf/hook/shell.h"
#include "wgq/conf/parse/keys.h"

/* Why a key that exists is not taken here. */
static void misplaced_key(struct parser *p, const struct scan_line *line, enum key_id id)
{
	const struct conf_key *name = &conf_keys()[id];
	bool here = (p->section == SECTION_PEER) == (key_section(id) == SECTION_PEER);
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
	for (const struct conf_key *key = conf_keys(); key->name; key++) {
		if (strcmp(key->section, name) != 0 || key->owner == KEY_OF_WGQ)
			continue;
		buf_addf(ret, "%s%s", separator, key->name);
		separator = ", ";
	}
	buf_str(ret, "; wgq.conf(5) has more");
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
	const char *key = conf_keys()[p->hook_id].name;
	_cleanup_buf_ struct buf hint = {0};

	if (!p->hook_end || line->number != p->hook_end + 1 ||
	    key_meant(line->key, NULL) < KEY_COUNT ||
	    (!p->hook_goes_on && !indented && !is_unfinished(p->hook)))
		return false;
	if (!p->hook_goes_on) {
		buf_str(&hint, "write it all in ");
		sources_name_line(&p->conf->sources, p->hook_end, line->number, &hint);
		buf_addf(&hint, " with ; between the commands, or %s = in front of each", key);
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
	enum key_id id = key_find_squeezed(line->key), near = key_meant(line->key, &advice);
	struct slice word = key_first_word(line->key);
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
		buf_addf(&hint, "write %s = and the value", conf_keys()[id].name);
		parse_error(p, line->key, buf_text(&hint), "no = right after %s",
			    conf_keys()[id].name);
		return;
	}
	if (near < KEY_COUNT) {
		const struct conf_key *name = &conf_keys()[near];
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
	bool word_only = near < KEY_COUNT && line_is_secret(line);
	struct slice name = !word_only               ? shown(p, line->key)
			    : key_is_name(line->key) ? line->key
						     : word;
	parse_error(p, line->key, buf_text(&hint), "unknown key \"%.*s\"", SLICE_ARG(name));
}

void advice_unknown_section(struct parser *p, const struct scan_line *line)
{
	enum scan_section near = section_meant(line->key);
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
	enum key_id id = key_meant(line->key, NULL);
	_cleanup_buf_ struct buf hint = {0};

	if (told_foreign(p, line) || continues_hook(p, line))
		return;
	if (line->key.at[0] == ';') {
		parse_error(p, line->key, "write # where a comment begins",
			    "; does not begin a comment");
		return;
	}
	if (id < KEY_COUNT)
		buf_addf(&hint, "write %s = and the value", conf_keys()[id].name);
	else
		buf_str(&hint, "write KEY = VALUE, or # in front of a comment");
	parse_error(p, line->key, buf_text(&hint), "no = in this line");
}
