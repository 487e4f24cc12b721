// SPDX-License-Identifier: GPL-2.0-or-later
// One peer of a configuration's text: put in, taken out, renamed, disabled and enabled.
#include "wgq/conf/save/peer_edit.h"

#include <errno.h>
#include <string.h>

#include "internal.h"
#include "wgq/base/date.h"
#include "wgq/base/mem.h"
#include "wgq/conf/names/disabled.h"
#include "wgq/conf/names/peer_comments.h"
#include "wgq/conf/parse/parse.h"

enum { NAME_MAX_LEN = 64 };

/* An edit of a text: saver has its layout, and collects. */
static int begin(struct saver *s, const struct config_text *text, const char *ifname,
		 struct conf *conf, struct diag *d)
{
	_cleanup_diag_ struct diag unused = {0};
	int r = conf_parse_apart(&text->files, ifname, buf_text(&text->text), conf, &unused);

	if (r < 0) {
		diag_move(d, &unused);
		return r;
	}
	*s = (struct saver){.conf = conf, .d = d, .edit.layout = &s->layout};
	return layout_init(&s->layout, text, conf, d);
}

static int end(struct saver *s, int r, const struct config_text *text, struct config_text *ret)
{
	ret->text.secret = true;
	if (r == 0)
		r = edit_apply(&s->edit, &text->files, ret, s->d);
	edit_release(&s->edit);
	layout_release(&s->layout);
	return r;
}

/* ---- names ---- */

static void add_name(const char *label, const char *name, struct buf *out)
{
	buf_addf(out, "# %s%s\n", label, name);
}

/* Some words are read as something else, unless it is said that they are a name. */
static const char *label_of(const char *name)
{
	static const char *const labels[] = {"", "Name = "};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		_cleanup_buf_ struct buf line = {0};
		struct comment comment;

		add_name(labels[i], name, &line);
		comment_read((struct slice){buf_text(&line), line.len - 1}, &comment);
		if (comment.kind >= COMMENT_TEXT && comment.name.len == strlen(name) &&
		    memcmp(comment.name.at, name, comment.name.len) == 0)
			return labels[i];
	}
	return NULL;
}

int peer_name_check(const char *name, struct diag *d)
{
	size_t n = strlen(name);
	_cleanup_buf_ struct buf printable = {0};
	struct key key;

	buf_printable(&printable, name, n);
	if (buf_status(&printable) < 0)
		return diag_no_memory(d);
	if (n && n <= NAME_MAX_LEN && strcmp(buf_text(&printable), name) == 0 &&
	    key_from_base64(name, n, &key) < 0 && label_of(name))
		return 0;
	diag_refuse(d, EINVAL, "`%s' cannot be the name of a peer", name);
	diag_hint(d, "a name is a word or a few, such as `laptop of Ann', of %d bytes at most",
		  NAME_MAX_LEN);
	return -EINVAL;
}

/* ---- put in ---- */

/* How the file writes a key: with what around its =, and names above or below [Peer]. */
struct style {
	char equals[8];
	bool is_name_below;
};

static void find_style(const struct saver *s, struct style *ret)
{
	const struct save_layout *layout = &s->layout;
	_cleanup_peer_comments_ struct peer_comments comments = {0};
	const struct save_line *line = vec_last(&layout->lines);
	const struct save_file *file = &layout->files.at[0];

	*ret = (struct style){.equals = " = "};
	if (line && line->value_len) {
		const char *value = layout->text + line->value, *from = value;

		while (from > layout->text + line->at && (space(from[-1]) || from[-1] == '='))
			from--;
		size_t n = (size_t)(value - from);
		if (n < sizeof(ret->equals) && !memchr(from, '\t', n)) {
			memcpy(ret->equals, from, n);
			ret->equals[n] = '\0';
		}
	}
	if (peer_comments_read(layout->text + file->at, file->end - file->at, &comments) == 0 &&
	    comments.peers.len && comments.peers.len <= layout->peers.len) {
		size_t last = comments.peers.len - 1;
		const char *name = comments.peers.at[last].name.at;

		ret->is_name_below =
			name &&
			name > layout->text + layout->sections.at[layout->peers.at[last]].at;
	}
}

static void add_section(const struct peer_new *new, const struct style *style, struct buf *out)
{
	_cleanup_buf_ struct buf allowed = {0}, name = {0};
	const struct wg_peer *peer = new->peer;
	const char *is = style->equals;
	char key[KEY_BASE64_LEN + 1];

	add_name(label_of(new->name), new->name, &name);
	buf_addf(out, "%s[Peer]\n%s", style->is_name_below ? "" : buf_text(&name),
		 style->is_name_below ? buf_text(&name) : "");
	key_to_base64(&peer->public_key, key);
	buf_addf(out, "PublicKey%s%s\n", is, key);
	if (!key_is_zero(&peer->preshared_key)) {
		key_to_base64(&peer->preshared_key, key);
		buf_addf(out, "PresharedKey%s%s\n", is, key);
		mem_wipe(key, sizeof(key));
	}
	vec_each(ip, &peer->allowed_ips)
		edit_add_prefix(&allowed, &ip->prefix);
	if (allowed.len)
		buf_addf(out, "AllowedIPs%s%s\n", is, buf_text(&allowed));
	if (new->expires) {
		buf_addf(out, "Expires%s", is);
		date_add(new->expires, out);
		buf_char(out, '\n');
	}
	out->failed |= allowed.failed || name.failed;
}

static void set_public_endpoint(struct saver *s, const char *endpoint, const struct style *style)
{
	const struct save_layout *layout = &s->layout;
	const struct save_section *home = NULL;
	const struct save_line *line = NULL;
	_cleanup_buf_ struct buf text = {0};

	vec_each(section, &layout->sections) {
		if (section->kind != SECTION_INTERFACE)
			continue;
		const struct save_line *found = layout_last(layout, section, KEY_PUBLIC_ENDPOINT);

		line = found ? found : line;
		if (!home && section->quick)
			home = section;
	}
	if (line) {
		buf_str(&text, endpoint);
		edit_value(&s->edit, line, &text);
	} else if (home) {
		buf_addf(&text, "PublicEndpoint%s%s\n", style->equals, endpoint);
		edit_insert(&s->edit, home->keys_end, EDIT_NEW_LINE, &text);
	}
}

/* The files with one more, in the order of their names. */
static int add_file(const struct config_text *text, const struct peer_new *new,
		    const struct buf *section, struct config_text *ret, struct diag *d)
{
	bool is_in = false;

	ret->text.secret = true;
	for (size_t i = 0; i <= text->files.len; i++) {
		const struct source *file = i < text->files.len ? &text->files.at[i] : NULL;
		bool is_next = !is_in && i && (!file || strcmp(new->path, file->path) < 0);

		if (!file && !is_next)
			break;
		if (ret->files.len)
			buf_str(&ret->text, SOURCES_BETWEEN);
		if (is_next)
			buf_mem(&ret->text, buf_text(section), section->len);
		else
			buf_mem(&ret->text, buf_text(&text->text) + file->at, file->len);
		if (buf_status(&ret->text) < 0 ||
		    sources_add(&ret->files, is_next ? new->path : file->path,
				is_next ? new->real : file->real, buf_text(&ret->text),
				ret->text.len) < 0)
			return diag_no_memory(d);
		i -= is_next;
		is_in |= is_next;
	}
	return 0;
}

int peer_edit_add(const struct config_text *text, const struct roster *roster,
		  const struct peer_new *new, struct config_text *ret, struct diag *d)
{
	_cleanup_config_text_ struct config_text edited = {0};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_buf_ struct buf section = {.secret = true};
	struct saver s = {0};
	struct style style;
	int r = begin(&s, text, roster->conf.ifname, &conf, d);

	if (r == 0) {
		find_style(&s, &style);
		add_section(new, &style, &section);
		/* Behind the last key, which may be where the file ends. */
		if (new->public_endpoint)
			set_public_endpoint(&s, new->public_endpoint, &style);
		if (!new->path)
			edit_insert(&s.edit, s.layout.files.at[0].end, EDIT_NEW_PARAGRAPH,
				    &section);
	}
	r = end(&s, r, text, new->path ? &edited : ret);
	if (r == 0 && new->path)
		r = buf_status(&section) < 0 ? diag_no_memory(d)
					     : add_file(&edited, new, &section, ret, d);
	return r;
}

/* ---- disabled and enabled ---- */

/* Marks lines of one file that are a peer's, or takes the mark off them. `view` is the text in
 * which the peer is a peer: the same lines, without marks where there were. */
static int switch_file(struct editor *e, const struct config_text *text,
		       const struct config_text *view, size_t index, const struct key *key,
		       bool disable)
{
	static const char mark[] = DISABLED_MARK;
	const struct source *file = &text->files.at[index], *seen = &view->files.at[index];
	const char *text_at = buf_text(&text->text), *view_at = buf_text(&view->text) + seen->at;
	struct slice rest = {text_at + file->at, file->len}, line, was;
	struct slice view_rest = {view_at, seen->len}, view_line;
	_cleanup_peer_comments_ struct peer_comments comments = {0};
	_cleanup_buf_ struct buf with = {0};

	if (peer_comments_read(view_at, seen->len, &comments) < 0)
		return -ENOMEM;
	size_t own = 0;
	vec_each(part, &comments.parts)
		if (key_equal(&comments.peers.at[part->peer].key, key))
			comments.parts.at[own++] = *part;
	buf_str(&with, disable ? mark : "");
	while (own && line_next(&rest, &line) && line_next(&view_rest, &view_line)) {
		size_t at = (size_t)(view_line.at - view_at);
		bool is_its = false;

		for (size_t i = 0; i < own; i++)
			is_its |= comments.parts.at[i].at <= at && at < comments.parts.at[i].end;
		if (!is_its || (!disable && !disabled_line(line, &was)))
			continue;
		edit_replace(e, (uint32_t)(line.at - text_at),
			     disable ? 0 : (uint32_t)(was.at - line.at), &with);
	}
	return 0;
}

int peer_edit_switch(const struct config_text *text, const struct roster_peer *peer,
		     struct config_text *ret, struct diag *d)
{
	_cleanup_config_text_ struct config_text view = {0};
	_cleanup_conf_ struct conf conf = {0};
	struct saver s = {0};
	int r = peer->is_disabled ? disabled_view(text, &view, d) : 0;

	if (r == 0)
		r = begin(&s, text, "", &conf, d);
	for (size_t i = 0; r == 0 && i < text->files.len; i++)
		if (switch_file(&s.edit, text, peer->is_disabled ? &view : text, i,
				&peer->peer->public_key, !peer->is_disabled) < 0)
			r = diag_no_memory(d);
	return end(&s, r, text, ret);
}

/* ---- taken out, renamed: as an enabled peer ---- */

/* Only drop-ins: the file itself stays, however empty. */
static bool has_settings(const char *text, size_t n)
{
	struct slice rest = {text, n}, raw;

	while (line_next(&rest, &raw)) {
		struct line line;
		struct comment comment = {0};

		line_cut(raw, &line);
		if (line.read.len && line.read.at[0] == '#')
			comment_read(line.read, &comment);
		if (line.stripped.len || comment.line.len)
			return true;
	}
	return false;
}

static int drop_empty_files(const struct config_text *before, const struct config_text *text,
			    struct config_text *ret, struct diag *d)
{
	ret->text.secret = true;
	for (size_t i = 0; i < text->files.len; i++) {
		const struct source *file = &text->files.at[i];
		bool is_changed = file->len != before->files.at[i].len;

		if (i && is_changed && !has_settings(buf_text(&text->text) + file->at, file->len))
			continue;
		if (i)
			buf_str(&ret->text, SOURCES_BETWEEN);
		buf_mem(&ret->text, buf_text(&text->text) + file->at, file->len);
		if (buf_status(&ret->text) < 0 ||
		    sources_add(&ret->files, file->path, file->real, buf_text(&ret->text),
				ret->text.len) < 0)
			return diag_no_memory(d);
	}
	return 0;
}

/* The text with the peer enabled, in *ret_own where it was not. */
static int enabled(const struct config_text *text, const struct roster_peer *peer,
		   struct config_text *ret_own, const struct config_text **ret, struct diag *d)
{
	*ret = peer->is_disabled ? ret_own : text;
	return peer->is_disabled ? peer_edit_switch(text, peer, ret_own, d) : 0;
}

int peer_edit_remove(const struct config_text *text, const struct roster *roster,
		     const struct roster_peer *peer, struct config_text *ret, struct diag *d)
{
	_cleanup_config_text_ struct config_text own = {0}, edited = {0};
	_cleanup_conf_ struct conf conf = {0};
	const struct config_text *from;
	struct saver s = {0};
	int r = enabled(text, peer, &own, &from, d);

	if (r == 0)
		r = begin(&s, from, roster->conf.ifname, &conf, d);
	_cleanup_free_ uint32_t *kept = mem_calloc(conf.wg.peers.len, sizeof(*kept));
	for (size_t i = 0; kept && i < conf.wg.peers.len; i++)
		if (key_equal(&conf.wg.peers.at[i].public_key, &peer->peer->public_key))
			kept[i] = NO_PEER;
	if (r == 0)
		r = kept ? save_drop_peers(&s, kept) : diag_no_memory(d);
	r = end(&s, r, from, &edited);
	return r == 0 ? drop_empty_files(from, &edited, ret, d) : r;
}

/* In the comment that it is read from, and in the marks around a peer of that name. */
static void replace_name(struct saver *s, const struct save_file *file,
			 const struct peer_comment *named, const char *name)
{
	const char *text = s->layout.text, *old = named->name.at;
	struct slice rest = {text + file->at, file->end - file->at}, line;
	_cleanup_buf_ struct buf with = {0};

	buf_str(&with, name);
	while (line_next(&rest, &line)) {
		const char *hash = line.len ? memchr(line.at, '#', line.len) : NULL;
		struct comment comment = {0};

		if (hash)
			comment_read((struct slice){hash, line.len - (size_t)(hash - line.at)},
				     &comment);
		bool is_here = old >= line.at && old < line.at + line.len;
		bool is_mark = (comment.kind == COMMENT_BEGIN || comment.kind == COMMENT_END) &&
			       comment.name.len == named->name.len &&
			       memcmp(comment.name.at, old, named->name.len) == 0;
		if (is_here || is_mark)
			edit_replace(&s->edit, (uint32_t)((is_here ? old : comment.name.at) - text),
				     (uint32_t)named->name.len, &with);
	}
}

static int rename_in(struct saver *s, const struct key *key, const char *name)
{
	const struct save_layout *layout = &s->layout;
	_cleanup_buf_ struct buf line = {0};
	size_t first = 0;

	add_name(label_of(name), name, &line);
	for (int pass = 0; pass < 2; pass++, first = 0) {
		vec_each(file, &layout->files) {
			_cleanup_peer_comments_ struct peer_comments comments = {0};

			if (peer_comments_read(layout->text + file->at, file->end - file->at,
					       &comments) < 0)
				return diag_no_memory(s->d);
			for (size_t i = 0; i < comments.peers.len; i++) {
				const struct peer_comment *peer = &comments.peers.at[i];

				if (!key_equal(&peer->key, key) || (!pass && !peer->name.len))
					continue;
				/* None has a name: it gets one. */
				if (pass)
					edit_insert(
						&s->edit,
						layout->sections.at[layout->peers.at[first + i]].at,
						EDIT_NEW_LINE, &line);
				else
					replace_name(s, file, peer, name);
				return 0;
			}
			first += comments.peers.len;
		}
	}
	return 0;
}

static int rename_enabled(const struct config_text *text, const struct roster *roster,
			  const struct roster_peer *peer, const char *name, struct config_text *ret,
			  struct diag *d)
{
	_cleanup_conf_ struct conf conf = {0};
	struct saver s = {0};
	int r = begin(&s, text, roster->conf.ifname, &conf, d);

	if (r == 0)
		r = rename_in(&s, &peer->peer->public_key, name);
	return end(&s, r, text, ret);
}

int peer_edit_rename(const struct config_text *text, const struct roster *roster,
		     const struct roster_peer *peer, const char *name, struct config_text *ret,
		     struct diag *d)
{
	_cleanup_config_text_ struct config_text own = {0}, renamed = {0};
	const struct config_text *from;
	int r = enabled(text, peer, &own, &from, d);

	if (r < 0 || !peer->is_disabled)
		return r < 0 ? r : rename_enabled(text, roster, peer, name, ret, d);
	struct roster_peer now = *peer;
	now.is_disabled = false;
	r = rename_enabled(from, roster, &now, name, &renamed, d);
	return r == 0 ? peer_edit_switch(&renamed, &now, ret, d) : r;
}
