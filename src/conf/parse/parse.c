// SPDX-License-Identifier: GPL-2.0-or-later
// From lines to the configuration: which key in which section, by whose grammar.
#include "wgq/conf/parse/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

enum {
	SHOWN_MAX = 100,      /* errors, and warnings: a broken list may have a million items */
	SHOWN_VALUE_MAX = 60, /* bytes of a value in a message */
};

static const struct conf_key_name names[KEY_COUNT + 1] = {
	[KEY_ADDRESS] = {"Address", "Interface"},
	[KEY_DNS] = {"DNS", "Interface"},
	[KEY_MTU] = {"MTU", "Interface"},
	[KEY_TABLE] = {"Table", "Interface"},
	[KEY_SAVE_CONFIG] = {"SaveConfig", "Interface"},
	[KEY_PRE_UP] = {"PreUp", "Interface"},
	[KEY_POST_UP] = {"PostUp", "Interface"},
	[KEY_PRE_DOWN] = {"PreDown", "Interface"},
	[KEY_POST_DOWN] = {"PostDown", "Interface"},
	[KEY_PRIVATE_KEY] = {"PrivateKey", "Interface"},
	[KEY_LISTEN_PORT] = {"ListenPort", "Interface"},
	[KEY_FWMARK] = {"FwMark", "Interface"},
	[KEY_PUBLIC_KEY] = {"PublicKey", "Peer"},
	[KEY_PRESHARED_KEY] = {"PresharedKey", "Peer"},
	[KEY_ALLOWED_IPS] = {"AllowedIPs", "Peer"},
	[KEY_ENDPOINT] = {"Endpoint", "Peer"},
	[KEY_KEEPALIVE] = {"PersistentKeepalive", "Peer"},
};

static key_reader *const readers[KEY_COUNT] = {
	[KEY_ADDRESS] = quick_address,
	[KEY_DNS] = quick_dns,
	[KEY_MTU] = quick_mtu,
	[KEY_TABLE] = quick_table,
	[KEY_SAVE_CONFIG] = quick_save_config,
	[KEY_PRE_UP] = quick_hook,
	[KEY_POST_UP] = quick_hook,
	[KEY_PRE_DOWN] = quick_hook,
	[KEY_POST_DOWN] = quick_hook,
	[KEY_PRIVATE_KEY] = wg_key,
	[KEY_LISTEN_PORT] = wg_listen_port,
	[KEY_FWMARK] = wg_fwmark,
	[KEY_PUBLIC_KEY] = wg_key,
	[KEY_PRESHARED_KEY] = wg_key,
	[KEY_ALLOWED_IPS] = wg_allowed_ips,
	[KEY_ENDPOINT] = wg_endpoint,
	[KEY_KEEPALIVE] = wg_keepalive,
};

const struct conf_key_name *conf_key_names(void)
{
	return names;
}

enum key_id key_find(struct slice key)
{
	char first = key.len ? (char)(key.at[0] | 0x20) : '\0';

	/* The names begin with letters, so that this passes over none. */
	for (enum key_id id = 0; id < KEY_COUNT; id++)
		if (first == (names[id].name[0] | 0x20) && slice_is(key, names[id].name))
			return id;
	return KEY_COUNT;
}

enum key_id key_find_squeezed(struct slice key)
{
	enum key_id id = key_find(key);

	if (id != KEY_COUNT)
		return id;
	for (id = 0; id < KEY_COUNT; id++)
		if (slice_squeezed_is(key, names[id].name))
			return id;
	return KEY_COUNT;
}

bool key_is_quick(enum key_id id)
{
	return id <= KEY_POST_DOWN;
}

static enum scan_section key_section(enum key_id id)
{
	return id >= KEY_PUBLIC_KEY ? SECTION_PEER : SECTION_INTERFACE;
}

/* What messages about a line need to know of it; found once, since the line may be 20 MB long. */
static struct line_facts *facts_of(struct parser *p)
{
	struct line_facts *facts = &p->facts;
	struct slice text = p->line->text;

	if (facts->line == p->line->number)
		return facts;
	const char *comment = memchr(text.at, '#', text.len);
	if (comment)
		text.len = (size_t)(comment - text.at);
	facts->line = p->line->number;
	facts->secret = advice_secret(p->line);
	facts->odd_said = false;
	facts->odd = odd_find(text, p->line->value, &facts->odd_at);
	return facts;
}

struct slice shown(struct parser *p, struct slice s)
{
	static const char hidden[] = "(not shown)";

	if (facts_of(p)->secret)
		return (struct slice){hidden, sizeof(hidden) - 1};
	return (struct slice){s.at, s.len < SHOWN_VALUE_MAX ? s.len : SHOWN_VALUE_MAX};
}

static struct place place_of(struct parser *p, struct slice at)
{
	const struct slice text = p->line->text;

	return (struct place){
		.file = p->file,
		.text = facts_of(p)->secret ? NULL : text.at,
		.text_len = text.len,
		.line = p->line->number,
		.col = (uint32_t)(at.at - text.at) + 1,
		.len = (uint32_t)at.len,
	};
}

static bool is_quoted(const struct scan_line *line, struct slice at)
{
	return line->value.len && at.len && at.at >= line->value.at && strchr("\"'`", at.at[0]);
}

void parse_error(struct parser *p, struct slice at, const char *hint, const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0};
	va_list args;

	/* Whatever seems wrong, this explains it, once: whose file it is, or what is odd in the
	 * line. */
	if (p->told_foreign || (p->facts.line == p->line->number && p->facts.odd_said))
		return;
	if (++p->errors > SHOWN_MAX)
		return;
	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);

	struct line_facts *facts = facts_of(p);
	if (facts->odd) {
		facts->odd_said = true;
		at = facts->odd_at;
		hint = facts->odd->hint;
		buf_clear(&message);
		buf_str(&message, facts->odd->name);
	} else if (is_quoted(p->line, at)) {
		hint = "delete the quotes: a value has none";
	}
	const struct place place = place_of(p, at);
	diag_fail_at(p->d, &place, hint, "%s", buf_text(&message));
}

void parse_not(struct parser *p, struct slice at, const char *what, const char *hint)
{
	struct slice value = shown(p, at);

	parse_error(p, at, hint, "\"%.*s\" is not %s", SLICE_ARG(value), what);
}

void parse_warning(struct parser *p, struct slice at, const char *id, const char *hint,
		   const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0};
	va_list args;

	if (p->told_foreign || ++p->warnings > SHOWN_MAX)
		return;
	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);
	const struct place place = place_of(p, at);
	diag_warn_at(p->d, &place, hint, "%s", buf_text(&message));
	diag_id(p->d, id);
}

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
		p->section = advice_section(line->key);
	}
	p->begun = p->begun || p->section != SECTION_OTHER;
	if (p->section != SECTION_PEER)
		return 0;

	p->peer = wg_device_add_peer(&p->conf->wg);
	if (!p->peer)
		return diag_no_memory(p->d);
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
		p->peer_has_key = advice_key(line->key) == KEY_PUBLIC_KEY;
	if (p->errors < SHOWN_MAX)
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

static int read_key(struct parser *p, const struct scan_line *line)
{
	if (p->section == SECTION_OTHER)
		return 0; /* it is reported; what its keys mean is anybody's guess */

	bool guessed = line->wg_section == SECTION_OTHER && p->section == SECTION_INTERFACE;
	enum key_id id = KEY_COUNT;
	if (line->quick_interface || guessed)
		id = key_find(line->key);
	if (id < KEY_COUNT && key_is_quick(id))
		return readers[id](p, id, line);

	/* Everything else is wg(8)'s business: [Peer] PreUp = x is its error (linux.bash:73). */
	id = find_key(p, line->key);
	if (id == KEY_COUNT || key_is_quick(id) || key_section(id) != p->section) {
		refuse_line(p, line, advice_unknown_key);
		return 0;
	}
	if (id == KEY_PUBLIC_KEY)
		p->peer_has_key = true;
	if (!line->value.len) {
		parse_error(p, line->key, "write the value after the =, or delete the line",
			    "%s has no value", names[id].name);
		return 0;
	}
	return readers[id](p, id, line);
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

static void count_hidden(const struct parser *p)
{
	const struct place whole = {.file = p->file};

	if (p->warnings > SHOWN_MAX)
		diag_warn_at(p->d, &whole, NULL, "%zu more warnings are not shown",
			     p->warnings - SHOWN_MAX);
	if (p->errors > SHOWN_MAX)
		diag_fail_at(p->d, &whole, NULL, "%zu more errors are not shown",
			     p->errors - SHOWN_MAX);
}

static int read_save_config(void *context, const struct scan_line *line, struct diag *d)
{
	struct parser *p = context;

	(void)d;
	p->line = line;
	if (!line->quick_interface || key_find(line->key) != KEY_SAVE_CONFIG)
		return 0;
	return quick_save_config(p, KEY_SAVE_CONFIG, line);
}

int conf_parse_save_config(const char *file, const char *text, size_t n, struct diag *d)
{
	struct conf conf = {0};
	struct parser p = {.file = file, .conf = &conf, .d = d};

	scan(file, text, n, read_save_config, &p, NULL);
	count_hidden(&p);
	return p.errors ? -EINVAL : 0;
}

int conf_parse(const char *file, const char *ifname, const char *text, size_t n, struct conf *ret,
	       struct diag *d)
{
	struct parser p = {.file = file, .conf = ret, .d = d};
	size_t ifname_len = strlen(ifname);

	if (ifname_len >= sizeof(ret->ifname))
		return diag_refuse(d, EINVAL, "%s: an interface name has 15 characters at most",
				   ifname);
	memcpy(ret->ifname, ifname, ifname_len + 1);
	ret->path = mem_strndup(file, strlen(file));
	if (!ret->path)
		return diag_no_memory(d);

	int r = scan(file, text, n, read_line, &p, d);
	if (r == -ENOMEM || r == -EPROTO)
		return r;
	end_peer(&p);
	if (mixed_keys(&p) < 0)
		return -ENOMEM;
	count_hidden(&p);
	if (hooks_read(ret) < 0)
		return diag_no_memory(d);
	return r < 0 || p.errors ? -EINVAL : 0;
}
