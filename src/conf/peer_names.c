// SPDX-License-Identifier: GPL-2.0-or-later
// The names of peers, from the comments of a configuration.
#include "wgq/conf/peer_names.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/line.h"
#include "wgq/conf/parse.h"

/* Where a name was found: the greater wins. */
enum rank { RANK_NONE, RANK_KEY_LINE, RANK_BELOW, RANK_SECTION_LINE, RANK_ABOVE, RANK_SAID };

struct candidate {
	struct slice name;
	enum rank rank;
};

struct reader {
	struct peer_names *names;
	struct candidate above; /* for a [Peer] that follows at once */
	struct candidate name;  /* of the block at hand */
	struct key key;         /* zero: none yet */
	bool in_peer;
	bool fresh; /* nothing came after [Peer] yet */
};

/* What programs and people write before a name: PiVPN `### begin laptop ###`, wireguard-install
 * `### Client laptop`, wg-easy `# Client: laptop (id)`. */
static const char *const titles[] = {"begin", "client", "peer"};
static const char *const said[] = {"name", "friendly_name", "friendly name"};

static bool begins_with(struct slice s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && slice_is((struct slice){s.at, n}, word);
}

static struct slice skip(struct slice s, size_t n)
{
	return slice_trim((struct slice){s.at + n, s.len - n});
}

static bool is_frame(char c)
{
	return c == '#' || c == '-' || c == '=' || c == '*' || c == ';' || space(c);
}

static struct slice unframe(struct slice s)
{
	while (s.len && is_frame(s.at[0]))
		s = (struct slice){s.at + 1, s.len - 1};
	while (s.len && is_frame(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* A title stands for itself where nothing follows, is part of a word where no blank does, and part
 * of the name where a number follows: `peer 7`. */
static struct slice without_title(struct slice s)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		size_t n = strlen(titles[i]);

		if (!begins_with(s, titles[i]) || s.len <= n + 1 ||
		    (s.at[n] != ':' && !space(s.at[n])))
			continue;
		struct slice rest = skip(s, n + 1);
		return rest.len && (rest.at[0] < '0' || rest.at[0] > '9') ? rest : s;
	}
	return s;
}

/* `Name = laptop` */
static bool take_said(struct slice *s)
{
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (!begins_with(*s, said[i]))
			continue;
		struct slice rest = skip(*s, strlen(said[i]));

		if (rest.len > 1 && (rest.at[0] == '=' || rest.at[0] == ':')) {
			*s = skip(rest, 1);
			return true;
		}
	}
	return false;
}

/* A key of the format before the first `=`, or a section. */
static bool is_setting(struct slice s)
{
	struct line line;

	line_cut(s, &line);
	if (line.stripped.len && line.stripped.at[0] == '[')
		return true;
	if (!line.has_value)
		return false;
	for (const struct conf_key_name *key = conf_key_names(); key->name; key++)
		if (slice_is(line.key, key->name))
			return true;
	return false;
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

static void consider(struct candidate *best, struct slice comment, enum rank rank)
{
	struct slice name = unframe(comment);

	if (!name.len || is_setting(name) || holds_key(comment))
		return;
	if (take_said(&name))
		rank = RANK_SAID;
	else
		name = without_title(name);
	/* Of those above the block the last one counts, elsewhere the first. */
	if (rank > best->rank || (rank == best->rank && rank == RANK_ABOVE))
		*best = (struct candidate){name, rank};
}

static int end_block(struct reader *reader)
{
	struct peer_name *name;

	if (!reader->in_peer || !reader->name.rank || key_is_zero(&reader->key))
		return 0;
	name = vec_push(reader->names);
	if (!name)
		return -ENOMEM;
	name->key = reader->key;
	name->name = mem_strndup(reader->name.name.at, reader->name.name.len);
	return name->name ? 0 : -ENOMEM;
}

/* The comment of a line that has more before it. */
static struct slice comment_of(const struct line *line)
{
	const char *hash = line->read.len ? memchr(line->read.at, '#', line->read.len) : NULL;

	return hash ? skip(line->read, (size_t)(hash - line->read.at)) : (struct slice){0};
}

static int begin_block(struct reader *reader, const struct line *line)
{
	int r = end_block(reader);

	reader->in_peer = reader->fresh = slice_squeezed_is(line->stripped, "[Peer]");
	reader->name = reader->in_peer ? reader->above : (struct candidate){0};
	reader->above = (struct candidate){0};
	reader->key = (struct key){0};
	consider(&reader->name, comment_of(line), RANK_SECTION_LINE);
	return r;
}

/* A comment in a block may as well be the one above the next. */
static void take_comment(struct reader *reader, const struct line *line)
{
	struct candidate inside = reader->name;

	consider(&reader->above, line->read, RANK_ABOVE);
	if (!reader->in_peer)
		return;
	consider(&inside, line->read, RANK_BELOW);
	if (reader->fresh || inside.rank == RANK_SAID)
		reader->name = inside;
	reader->fresh = false;
}

static int take_line(struct reader *reader, struct slice raw)
{
	struct line line;

	line_cut(raw, &line);
	if (line.stripped.len && line.stripped.at[0] == '[')
		return begin_block(reader, &line);
	if (line.read.len && line.read.at[0] == '#') {
		take_comment(reader, &line);
		return 0;
	}
	reader->above = (struct candidate){0};
	reader->fresh = reader->fresh && !line.read.len;
	if (reader->in_peer && line.has_value && slice_squeezed_is(line.key, "PublicKey") &&
	    key_from_base64(line.value.at, line.value.len, &reader->key) == 0)
		consider(&reader->name, comment_of(&line), RANK_KEY_LINE);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct peer_name *x = a, *y = b;
	int order = key_compare(&x->key, &y->key);

	return order ? order : strcmp(x->name, y->name);
}

/* Of a key that comes twice one name stays. */
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

int peer_names_read(const char *text, size_t n, struct peer_names *ret, struct diag *d)
{
	struct reader reader = {.names = ret};
	struct slice rest = {text, n}, raw;
	int r = 0;

	while (r == 0 && line_next(&rest, &raw))
		r = take_line(&reader, raw);
	if (r == 0)
		r = end_block(&reader);
	if (r < 0) {
		peer_names_release(ret);
		return diag_no_memory(d);
	}
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(ret->at[0]), compare);
	drop_repeated(ret);
	return 0;
}

const char *peer_names_find(const struct peer_names *names, const struct key *key)
{
	size_t low = 0, high = names->len;

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

void peer_names_release(struct peer_names *names)
{
	if (!names)
		return;
	vec_each(name, names)
		free(name->name);
	vec_release(names);
}
