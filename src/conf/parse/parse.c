// SPDX-License-Identifier: GPL-2.0-or-later
// From lines to the configuration: which key in which section, by whose grammar.
#include "wgq/conf/parse/parse.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

/* Each reads the value of p->line, whose key is p->id. */
#define KEY_ENTRY(id, name, section, owner, count, reader) [KEY_##id] = reader,
static int (*const readers[KEY_COUNT])(struct parser *p) = {CONF_KEYS(KEY_ENTRY)};

static void end_peer(struct parser *p)
{
	if (p->peer && !p->peer_has_key) {
		const struct scan_line *line = p->line;

		p->line = &p->peer_header;
		parse_error(p, p->line->key,
			    "write PublicKey = and what `wg show` prints as public key on the peer",
			    "this peer has no PublicKey");
		p->line = line;
	}
	p->peer = NULL;
	p->peer_has_key = false;
}

static int open_section(struct parser *p, const struct scan_line *line)
{
	end_peer(p);
	p->section = line->wg_section;
	if (p->section == SECTION_OTHER) {
		advice_unknown_section(p, line);
		p->section = section_meant(line->key);
	}
	p->begun = p->begun || p->section != SECTION_OTHER;
	if (p->section != SECTION_PEER)
		return 0;

	for (enum key_id id = 0; id < KEY_COUNT; id++)
		if (key_section(id) == SECTION_PEER)
			p->seen[id] = 0;
	p->peer = wg_device_add_peer(&p->conf->wg);
	struct peer_facts *facts = vec_push(&p->peers);
	if (!p->peer || !facts)
		return diag_no_memory(p->d);
	facts->file = p->file;
	p->peer->line = line->number;
	p->peer->replace_allowed_ips = true; /* config.c:461 */
	p->peer_header = *line;
	return 0;
}

/* What was meant is looked for while errors are shown: a million lines may be wrong. */
static void refuse_line(struct parser *p, const struct scan_line *line,
			void (*advise)(struct parser *p, const struct scan_line *line))
{
	/* A misspelled PublicKey is one error, not a missing one as well. */
	if (p->peer && !p->peer_has_key)
		p->peer_has_key = key_meant(line->key, NULL) == KEY_PUBLIC_KEY;
	if (p->errors < PARSE_SHOWN_MAX)
		advise(p, line);
	else
		p->errors++;
}

/* key_find_squeezed(). A list with a line an item has the same key again and again. */
static enum key_id find_key(struct parser *p, struct slice key)
{
	if (!key.len || key.len != p->last_key.len ||
	    memcmp(key.at, p->last_key.at, key.len) != 0) {
		p->last_key = key;
		p->last_id = key_find_squeezed(key);
	}
	return p->last_id;
}

static int read_value(struct parser *p, enum key_id id, const struct scan_line *line)
{
	const struct conf_key *key = &conf_keys()[id];
	uint32_t former = p->seen[id];

	p->id = id;
	p->seen[id] = line->number;
	if (former && !key->is_list) {
		struct conf_repeat *repeat = vec_push(&p->conf->repeats);

		if (!repeat)
			return diag_no_memory(p->d);
		*repeat = (struct conf_repeat){.key = key->name,
					       .former = former,
					       .line = line->number,
					       .is_public_key = id == KEY_PUBLIC_KEY};
	}
	int r = key_is_own(id) ? parse_own(p, false) : 0;
	return r == 0 ? readers[id](p) : r;
}

static int read_key(struct parser *p, const struct scan_line *line)
{
	if (p->section == SECTION_OTHER)
		return 0; /* it is reported; what its keys mean is anybody's guess */

	bool guessed = line->wg_section == SECTION_OTHER && p->section == SECTION_INTERFACE;
	enum key_id id = KEY_COUNT;
	if (line->quick_interface || guessed)
		id = key_find(line->key);
	if (key_is_quick(id))
		return read_value(p, id, line);

	/* Everything else is wg(8)'s business: [Peer] PreUp = x is its error (linux.bash:73). */
	id = find_key(p, line->key);
	if (id == KEY_COUNT || key_is_quick(id) || key_section(id) != p->section) {
		refuse_line(p, line, advice_unknown_key);
		return 0;
	}
	if (id == KEY_PUBLIC_KEY)
		p->peer_has_key = true;
	if (!line->value.len && !(conf_keys()[id].is_list && p->file > 0)) {
		parse_error(p, line->key, "write the value after the =, or delete the line",
			    "%s has no value", conf_keys()[id].name);
		return 0;
	}
	return read_value(p, id, line);
}

static int read_line(void *context, const struct scan_line *line, struct diag *d)
{
	struct parser *p = context;

	(void)d;
	p->line = line;
	switch (line->kind) {
	case SCAN_SECTION:
		return open_section(p, line);
	case SCAN_KEY:
		return read_key(p, line);
	case SCAN_JUNK:
		if (line->key.len && line->key.at[0] == '[')
			return open_section(p, line);
		refuse_line(p, line, advice_no_value);
		return 0;
	}
	return 0;
}

static int read_save_config(void *context, const struct scan_line *line, struct diag *d)
{
	struct parser *p = context;

	(void)d;
	p->line = line;
	if (!line->quick_interface || key_find(line->key) != KEY_SAVE_CONFIG)
		return 0;
	return quick_save_config(p);
}

int conf_parse_save_config(const char *file, const char *text, size_t n, struct diag *d)
{
	_cleanup_conf_ struct conf conf = {0};
	struct parser p = {.conf = &conf, .d = d};

	if (sources_add(&conf.sources, file, NULL, text, n) < 0)
		return diag_no_memory(d);
	scan(file, 1, text, n, read_save_config, &p, NULL);
	parse_count_hidden(&p);
	return p.errors ? -EINVAL : 0;
}

/* Nothing of one file reaches into the next but what it has set. */
static int read_file(struct parser *p, const struct source *file, const char *text)
{
	p->file = (uint32_t)(file - p->conf->sources.at);
	p->section = SECTION_NONE;
	p->begun = p->told_foreign = p->told_amneziawg = false;
	p->hook_end = 0;
	memset(p->seen, 0, sizeof(p->seen));
	int r = scan(file->path, file->first, text + file->at, file->len, read_line, p, p->d);
	if (r != -ENOMEM && r != -EPROTO)
		end_peer(p);
	return r;
}

static int read_files(struct parser *p, const char *text, bool merge)
{
	int r = 0;

	vec_each(file, &p->conf->sources) {
		int of_file = read_file(p, file, text);

		if (of_file == -ENOMEM || of_file == -EPROTO)
			return of_file;
		r = r < 0 ? r : of_file;
	}
	int merged = merge ? merge_peers(p) : merge_mark(p);
	if (merged < 0)
		return merged;
	if (mixed_keys(p) < 0)
		return -ENOMEM;
	parse_count_hidden(p);
	if (hooks_read(p->conf) < 0)
		return diag_no_memory(p->d);
	return r < 0 || p->errors ? -EINVAL : 0;
}

static int parse(const struct sources *files, const char *ifname, const char *text, bool merge,
		 struct conf *ret, struct diag *d)
{
	struct parser p = {.conf = ret, .d = d};
	size_t ifname_len = strlen(ifname);

	if (ifname_len >= sizeof(ret->ifname))
		return diag_refuse(d, EINVAL, "%s: an interface name has 15 characters at most",
				   ifname);
	memcpy(ret->ifname, ifname, ifname_len + 1);
	if (sources_copy(files, &ret->sources) < 0)
		return diag_no_memory(d);
	ret->path = ret->sources.at[0].path;
	int r = read_files(&p, text, merge);
	vec_release(&p.peers);
	return r;
}

int conf_parse_files(const struct sources *files, const char *ifname, const char *text,
		     struct conf *ret, struct diag *d)
{
	return parse(files, ifname, text, true, ret, d);
}

int conf_parse_apart(const struct sources *files, const char *ifname, const char *text,
		     struct conf *ret, struct diag *d)
{
	return parse(files, ifname, text, false, ret, d);
}

int conf_parse(const char *file, const char *ifname, const char *text, size_t n, struct conf *ret,
	       struct diag *d)
{
	_cleanup_sources_ struct sources files = {0};

	if (sources_add(&files, file, NULL, text, n) < 0)
		return diag_no_memory(d);
	return parse(&files, ifname, text, true, ret, d);
}
