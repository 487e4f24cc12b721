// SPDX-License-Identifier: GPL-2.0-or-later
// The names of peers, from the comments of a configuration.
#include "wgq/conf/names/peer_names.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/json.h"
#include "wgq/base/mem.h"
#include "wgq/conf/names/peer_comments.h"

static int compare(const void *a, const void *b)
{
	const struct peer_name *x = a, *y = b;
	int order = key_compare(&x->key, &y->key);

	return order ? order : strcmp(x->name, y->name);
}

/* A key that comes twice keeps one name. */
static void drop_repeated(struct peer_names *names)
{
	size_t kept = 0;

	vec_each(name, names) {
		if (kept && key_equal(&names->at[kept - 1].key, &name->key))
			free(name->name);
		else
			names->at[kept++] = *name;
	}
	names->len = kept;
}

static char *copy_name(const struct peer_comment *peer)
{
	_cleanup_buf_ struct buf text = {0};

	if (!peer->is_json)
		return mem_strndup(peer->name.at, peer->name.len);
	json_unescape(&text, peer->name.at, peer->name.len);
	return buf_steal(&text);
}

static const char *find(const struct peer_names *names, size_t count, const struct key *key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = key_compare(key, &names->at[middle].key);

		if (order == 0)
			return names->at[middle].name;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Leaves out keys that have a name already; names is sorted. */
static int add_names(const struct peer_comments *comments, struct peer_names *names)
{
	size_t known = names->len;

	vec_each(peer, &comments->peers) {
		if (!peer->name.len || key_is_zero(&peer->key) || find(names, known, &peer->key))
			continue;
		struct peer_name *name = vec_push(names);
		if (!name)
			return -ENOMEM;
		name->key = peer->key;
		name->name = copy_name(peer);
		if (!name->name)
			return -ENOMEM;
	}
	return 0;
}

/* A text that has only what was commented out, and no longer is. */
struct commented_out {
	struct buf text;
	bool is_open; /* the last section was commented out */
	bool has_any;
};

/* Keys other than PublicKey, which may be secrets, are replaced by an empty line with a key. */
static void add_line(struct commented_out *out, struct slice raw)
{
	struct comment comment = {0};
	struct line line;

	line_cut(raw, &line);
	if (line.read.len && line.read.at[0] == '#')
		comment_read(line.read, &comment);
	if (comment.line.len)
		line_cut(comment.line, &line);
	if (comment.kind == COMMENT_SECTION) {
		out->is_open = out->has_any = true;
	} else if (comment.kind == COMMENT_SETTING) {
		if (!slice_squeezed_is(line.key, "PublicKey"))
			line.read = (struct slice){"=", 1};
	} else if (line.stripped.len) {
		static const char section[] = "[Peer]";

		/* A key that is not commented out does not belong to that peer. */
		if (line.stripped.at[0] == '[')
			line.read = line.stripped;
		else
			line.read = out->is_open ? (struct slice){section, strlen(section)}
						 : (struct slice){"=", 1};
		out->is_open = false;
	}
	buf_mem(&out->text, line.read.at, line.read.len);
	buf_char(&out->text, '\n');
}

/* Peers that were commented out have names as well, until they are removed. */
static int read_commented_out(const char *text, size_t n, struct peer_names *names)
{
	_cleanup_peer_comments_ struct peer_comments comments = {0};
	struct commented_out out = {.text.secret = true};
	struct slice rest = {text, n}, raw;

	while (line_next(&rest, &raw))
		add_line(&out, raw);
	int r = buf_status(&out.text);
	if (r == 0 && out.has_any)
		r = peer_comments_read(buf_text(&out.text), out.text.len, &comments);
	if (r == 0)
		r = add_names(&comments, names);
	buf_release(&out.text);
	return r;
}

static void sort(struct peer_names *names)
{
	if (names->len)
		qsort(names->at, names->len, sizeof(names->at[0]), compare);
	drop_repeated(names);
}

int peer_names_read(const char *text, size_t n, struct peer_names *ret, struct diag *d)
{
	_cleanup_peer_comments_ struct peer_comments comments = {0};
	int r = peer_comments_read(text, n, &comments);

	if (r == 0)
		r = add_names(&comments, ret);
	sort(ret);
	if (r == 0)
		r = read_commented_out(text, n, ret);
	sort(ret);
	if (r < 0) {
		peer_names_release(ret);
		return diag_no_memory(d);
	}
	return 0;
}

const char *peer_names_find(const struct peer_names *names, const struct key *key)
{
	return find(names, names->len, key);
}

void peer_names_release(struct peer_names *names)
{
	if (!names)
		return;
	vec_each(name, names)
		free(name->name);
	vec_release(names);
}
