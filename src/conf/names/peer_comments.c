// SPDX-License-Identifier: GPL-2.0-or-later
// Which comment is about which peer.
//
// Theory of operation
//
// Lines are read once, from the top. Between two lines with a key or a section there is a gap:
// lines with comments, and blank lines, which cut it into runs. A run that touches the [Peer] below
// it, with no blank line in between, is about that peer; one that touches only the keys above is
// about the peer above. A `Name = laptop` whose run touches both peers, or neither, may belong to
// either. It is kept as the dispute of the lower one, and decided when all peers are known: see
// settle().
//
// Each peer keeps the best candidate for its name (enum rank), and the lines that are about it: its
// parts, which are deleted with it.
#include "wgq/conf/names/peer_comments.h"

#include <errno.h>
#include <stdint.h>

#include "wgq/base/mem.h"

enum { NOBODY = SIZE_MAX };

/* Where a name was found. The greater rank is used, and the first name of equal ranks. */
enum rank {
	RANK_NONE,
	RANK_BARE_MARK, /* `BEGIN berlin`, which may stand before several peers */
	RANK_KEY_LINE,
	RANK_BELOW,
	RANK_SECTION_LINE,
	RANK_ABOVE,
	RANK_MARK,
	RANK_SAID,
	RANK_SAID_INSIDE,
};

struct candidate {
	enum rank rank;
	struct slice name;
	bool is_json;
	size_t line; /* of the gap */
};

/* A [Peer], by the same index as in the result. */
struct block {
	struct candidate name;
	struct candidate mark;    /* of a BEGIN whose END may come after another peer */
	struct candidate dispute; /* a name that may belong to the peer above instead */
	size_t run_from, run_to;  /* in parts: of the run that the name in dispute is in */
};

struct gap_line {
	enum comment_kind kind; /* of a blank line: COMMENT_NOTE */
	size_t at, end;
};

/* A BEGIN that waits for its END. */
struct pair {
	struct slice text;
	size_t peer; /* the first one behind it */
	size_t at, end;
};
enum { PAIRS_MAX = 8 };

struct reader {
	const char *text;
	struct peer_comments *out;
	struct {
		VEC(struct block);
	} blocks;
	bool in_peer;
	bool fresh; /* no key has come since [Peer] */

	/* The gap that is being read, */
	struct {
		VEC(struct gap_line);
	} gap;
	bool touches_above;      /* no blank line has come yet */
	bool is_off;             /* it has a [Peer] that was commented out, whose name */
	size_t off_from, off_to; /* is no other peer's: these are its lines */
	struct candidate above,
		between; /* of a run that touches the keys above; that touches none */
	/* and the last run in it. */
	size_t own; /* from this line on all is about a [Peer] that may come next */
	struct candidate name, mark;

	struct pair pairs[PAIRS_MAX]; /* that are open, the innermost last */
	size_t pair_count;
	bool failed;
};

static void consider(struct candidate *best, const struct candidate *other)
{
	if (other->name.len && other->rank > best->rank)
		*best = *other;
}

static void own(struct reader *r, size_t peer, size_t at, size_t end)
{
	struct peer_part *part = vec_push(&r->out->parts);

	if (part)
		*part = (struct peer_part){.peer = peer, .at = at, .end = end};
	else
		r->failed = true;
}

/* A line of the peer, from [Peer] to its last key. Lines next to each other are one part. */
static void own_body(struct reader *r, size_t at, size_t end)
{
	struct peer_part *last = vec_last(&r->out->parts);

	if (r->out->parts.len > vec_last(&r->blocks)->run_to && last->end == at)
		last->end = end;
	else
		own(r, r->blocks.len - 1, at, end);
}

/* The peer gets lines of the gap, but for those that were commented out. */
static void own_lines(struct reader *r, size_t peer, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (r->gap.at[i].kind != COMMENT_SECTION && r->gap.at[i].kind != COMMENT_SETTING)
			own(r, peer, r->gap.at[i].at, r->gap.at[i].end);
}

/* Only what comes from this line of the gap on is about the [Peer] below. */
static void begin_own(struct reader *r, size_t line)
{
	r->name = r->mark = (struct candidate){0};
	r->own = line;
}

static void end_run(struct reader *r)
{
	if (r->name.rank == RANK_SAID && !r->is_off)
		consider(r->touches_above ? &r->above : &r->between, &r->name);
	begin_own(r, r->gap.len);
	r->touches_above = false;
}

static void begin_gap(struct reader *r)
{
	r->gap.len = 0;
	r->above = r->between = (struct candidate){0};
	r->is_off = false;
	r->off_from = r->off_to = 0;
	r->touches_above = true;
	begin_own(r, 0);
}

/* If too many are open, the outermost is forgotten. */
static void begin_pair(struct reader *r, const struct comment *comment)
{
	const struct gap_line *line = vec_last(&r->gap);

	if (r->pair_count == PAIRS_MAX)
		memmove(r->pairs, r->pairs + 1, --r->pair_count * sizeof(r->pairs[0]));
	r->pairs[r->pair_count++] =
		(struct pair){comment->mark, r->blocks.len, line->at, line->end};
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

/* A pair of marks around one peer belongs to it. One around several is a heading, and names none of
 * them. */
static void end_pair(struct reader *r, const struct comment *comment)
{
	size_t i = r->pair_count, line = r->gap.len - 1;

	while (i && !same(r->pairs[i - 1].text, comment->mark))
		i--;
	if (!i)
		return;
	r->pair_count = i - 1;

	const struct pair *pair = &r->pairs[i - 1];
	if (pair->peer + 1 == r->blocks.len && r->in_peer) {
		own(r, pair->peer, pair->at, pair->end);
		own_lines(r, pair->peer, 0, r->is_off ? r->off_from : line);
		own_lines(r, pair->peer, r->is_off ? r->off_to : line, line + 1);
	} else if (pair->peer < r->blocks.len) {
		struct candidate *mark = &r->blocks.at[pair->peer].mark;

		if (same(mark->name, comment->name))
			*mark = (struct candidate){0};
		for (i = r->out->parts.len; i-- > 0 && r->out->parts.at[i].peer >= pair->peer;)
			if (r->out->parts.at[i].at == pair->at)
				r->out->parts.at[i].peer = NOBODY;
	}
}

static void take_comment(struct reader *r, struct slice s, size_t at, size_t end)
{
	struct comment comment;
	struct gap_line *added = vec_push(&r->gap);
	size_t line = r->gap.len - 1;

	if (!added) {
		r->failed = true;
		return;
	}
	comment_read(s, &comment);
	*added = (struct gap_line){comment.kind, at, end};

	struct candidate found = {.name = comment.name, .is_json = comment.is_json, .line = line};
	/* A name below a bare BEGIN is the name; the BEGIN is then a heading. */
	if (comment.kind >= COMMENT_TEXT && r->mark.rank == RANK_BARE_MARK)
		begin_own(r, r->mark.line + 1);
	switch (comment.kind) {
	case COMMENT_NOTE:
		break;
	case COMMENT_HEADING:
		if (r->name.rank < RANK_SAID && !r->mark.rank)
			begin_own(r, line + 1);
		break;
	case COMMENT_SECTION:
		if (!r->is_off && r->off_from < r->own)
			r->off_from = r->own;
		r->is_off = true;
		r->off_to = line + 1;
		r->between = (struct candidate){0};
		begin_own(r, line + 1);
		break;
	case COMMENT_SETTING:
		if (!r->is_off)
			r->off_from = line + 1;
		if (!r->is_off || r->mark.rank)
			break;
		r->off_to = line + 1;
		begin_own(r, line + 1);
		break;
	case COMMENT_BEGIN:
		if (r->name.rank < RANK_SAID)
			begin_own(r, comment.name.len ? line : line + 1);
		found.rank = comment.name.at == comment.mark.at ? RANK_BARE_MARK : RANK_MARK;
		consider(&r->mark, &found);
		begin_pair(r, &comment);
		break;
	case COMMENT_END:
		if (r->name.rank == RANK_SAID && r->touches_above && !r->is_off)
			consider(&r->above, &r->name);
		begin_own(r, line + 1);
		end_pair(r, &comment);
		break;
	case COMMENT_TEXT:
		found.rank = RANK_ABOVE;
		consider(&r->name, &found);
		if (r->fresh && !r->is_off) {
			found.rank = RANK_BELOW;
			consider(&vec_last(&r->blocks)->name, &found);
		}
		break;
	case COMMENT_NAME:
		found.rank = RANK_SAID;
		consider(&r->name, &found);
		break;
	}
}

/* A name in the gap turns out to belong to the peer above. */
static void say_above(struct reader *r, struct candidate *said)
{
	const struct gap_line *line = &r->gap.at[said->line];

	if (!said->rank || !r->in_peer)
		return;
	own(r, r->blocks.len - 1, line->at, line->end);
	consider(&vec_last(&r->blocks)->name, said);
}

/* A comment at the end of a line with a key or a section. */
static void take_beside(struct block *block, const struct line *line, enum rank rank)
{
	const char *hash = line->read.len ? memchr(line->read.at, '#', line->read.len) : NULL;
	struct comment comment = {0};

	if (hash)
		comment_read((struct slice){hash, line->read.len - (size_t)(hash - line->read.at)},
			     &comment);
	const struct candidate found = {
		.rank = comment.kind == COMMENT_NAME ? RANK_SAID_INSIDE : rank,
		.name = comment.name,
		.is_json = comment.is_json,
	};
	consider(&block->name, &found);
}

/* The gap has ended with a [Peer]: finds what in it is about that peer. */
static void take_gap(struct reader *r, struct block *block, size_t peer, bool behind_peer)
{
	block->run_from = r->out->parts.len;
	own_lines(r, peer, r->own, r->gap.len);
	block->run_to = r->out->parts.len;
	block->mark = r->mark;
	if (r->name.rank == RANK_SAID && r->touches_above && behind_peer)
		block->dispute = r->name;
	else
		consider(&block->name, &r->name);

	if (!r->between.rank || block->name.rank == RANK_SAID || block->dispute.rank)
		return;
	block->run_from = r->out->parts.len;
	own_lines(r, peer, r->between.line, r->between.line + 1);
	block->run_to = r->out->parts.len;
	if (behind_peer)
		block->dispute = r->between;
	else
		consider(&block->name, &r->between);
}

static void begin_section(struct reader *r, const struct line *line, size_t at, size_t end)
{
	bool behind_peer = r->in_peer;
	bool is_peer = slice_squeezed_is(line->stripped, "[Peer]");

	if (!is_peer)
		end_run(r);
	say_above(r, &r->above);
	/* If the gap has two names, the first one belongs to the peer above. */
	if (!is_peer || r->name.rank == RANK_SAID)
		say_above(r, &r->between);
	r->in_peer = r->fresh = is_peer;
	if (is_peer) {
		struct block *block = vec_push(&r->blocks);

		if (!block || !vec_push(&r->out->peers)) {
			r->failed = true;
			return;
		}
		take_gap(r, block, r->blocks.len - 1, behind_peer);
		take_beside(block, line, RANK_SECTION_LINE);
		own_body(r, at, end);
	}
	begin_gap(r);
}

static void take_key(struct reader *r, const struct line *line, size_t at, size_t end)
{
	end_run(r);
	if (r->in_peer) {
		struct block *block = vec_last(&r->blocks);

		for (size_t i = 0; i < r->gap.len; i++)
			if (!r->is_off || i < r->off_from || i >= r->off_to)
				own_body(r, r->gap.at[i].at, r->gap.at[i].end);
		own_body(r, at, end);
		r->above.rank = r->above.rank ? RANK_SAID_INSIDE : RANK_NONE;
		r->between.rank = r->between.rank ? RANK_SAID_INSIDE : RANK_NONE;
		consider(&block->name, &r->above);
		consider(&block->name, &r->between);
		if (line->has_value && slice_squeezed_is(line->key, "PublicKey") &&
		    key_from_base64(line->value.at, line->value.len,
				    &vec_last(&r->out->peers)->key) == 0)
			take_beside(block, line, RANK_KEY_LINE);
	}
	r->fresh = false;
	begin_gap(r);
}

static void take_line(struct reader *r, struct slice raw, size_t end)
{
	size_t at = (size_t)(raw.at - r->text);
	struct line line;

	line_cut(raw, &line);
	if (line.stripped.len && line.stripped.at[0] == '[') {
		begin_section(r, &line, at, end);
	} else if (line.read.len && line.read.at[0] == '#') {
		take_comment(r, line.read, at, end);
	} else if (slice_trim(line.read).len) {
		take_key(r, &line, at, end);
	} else {
		struct gap_line *blank = vec_push(&r->gap);

		if (blank)
			*blank = (struct gap_line){COMMENT_NOTE, at, end};
		r->failed |= !blank;
		end_run(r);
	}
}

/* A name in dispute belongs to the lower peer. But if that one has a name among its own keys, and
 * the upper one has none, the file names its peers below their keys, and the name is the upper
 * one's. From the end on, since each decision gives the upper peer a name. */
static void settle(struct reader *r)
{
	for (size_t i = r->blocks.len; i-- > 0;) {
		struct block *block = &r->blocks.at[i], *before = i ? block - 1 : NULL;

		if (block->dispute.rank && before && block->name.rank >= RANK_SAID &&
		    !same(block->dispute.name, block->name.name) && !before->name.rank &&
		    !before->mark.rank) {
			for (size_t l = block->run_from; l < block->run_to; l++) {
				struct peer_part *part = &r->out->parts.at[l];
				const char *name = block->dispute.name.at;

				part->peer = name > r->text + part->at && name < r->text + part->end
						     ? i - 1
						     : NOBODY;
			}
			consider(&before->name, &block->dispute);
		} else {
			consider(&block->name, &block->dispute);
		}
		consider(&block->name, &block->mark);
		r->out->peers.at[i].name = block->name.name;
		r->out->peers.at[i].is_json = block->name.is_json;
	}
}

static void drop_disowned(struct peer_comments *comments)
{
	size_t kept = 0;

	vec_each(part, &comments->parts)
		if (part->peer != NOBODY)
			comments->parts.at[kept++] = *part;
	comments->parts.len = kept;
}

int peer_comments_read(const char *text, size_t n, struct peer_comments *ret)
{
	struct reader r = {.text = text, .out = ret};
	struct slice rest = {text, n}, raw;

	while (!r.failed && line_next(&rest, &raw))
		take_line(&r, raw, n - rest.len);
	if (!r.failed) {
		end_run(&r);
		say_above(&r, &r.above);
		say_above(&r, &r.between);
		settle(&r);
		drop_disowned(ret);
	}
	vec_release(&r.gap);
	vec_release(&r.blocks);
	if (!r.failed)
		return 0;
	peer_comments_release(ret);
	return -ENOMEM;
}

void peer_comments_release(struct peer_comments *comments)
{
	vec_release(&comments->peers);
	vec_release(&comments->parts);
}
