/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside conf_save(): where the text has what (layout.c), the changes to it (edit.c), and who
 * finds them: save.c for [Interface], match.c, peers.c, peer.c and allowed.c for peers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/conf/parse/keys.h"
#include "wgq/conf/save/save.h"

/* Offsets are of 32 bits, since scan() takes no more than 2 GiB. A line with a key: */
struct save_line {
	uint32_t at, end; /* the whole line, its newline included */
	uint32_t value, value_len;
	uint32_t number;
	enum key_id id;
};

/* A file's part of the text. */
struct save_file {
	uint32_t at, end;
	const char *newline; /* as its first line ends */
};

struct save_section {
	enum scan_section kind;
	bool quick;        /* wg-quick takes its keys from here */
	uint32_t at;       /* of the header's line */
	uint32_t keys_end; /* behind its last key, or behind the header */
	size_t first_line, line_count;
};

struct save_layout {
	const char *text;
	struct {
		VEC(struct save_file);
	} files;
	struct {
		VEC(struct save_line);
	} lines;
	struct {
		VEC(struct save_section);
	} sections;
	struct {
		VEC(uint32_t);
	} peers; /* the sections of conf->wg.peers */
};

int layout_init(struct save_layout *layout, const struct config_text *text, const struct conf *conf,
		struct diag *d);
void layout_release(struct save_layout *layout);

/* The file that an offset is in, or that ends there. */
const struct save_file *layout_file(const struct save_layout *layout, uint32_t at);
/* The last line of the section with this key, the one that counts; NULL: none. */
const struct save_line *layout_last(const struct save_layout *layout,
				    const struct save_section *section, enum key_id id);
/* Where the # of the line's comment is; 0: it has none. */
uint32_t layout_comment(const struct save_layout *layout, const struct save_line *line);
/* Makes a part of a file that is deleted take along the blank lines that parted it from the next
 * one, unless it was not parted from what is above; where all from tail on is deleted, those before
 * it. */
void layout_widen(const struct save_layout *layout, uint32_t tail, uint32_t *from, uint32_t *to);

/* What has to precede a new text. */
enum edit_start {
	EDIT_ANYWHERE,
	EDIT_NEW_LINE,
	EDIT_NEW_PARAGRAPH,
};

struct edit {
	uint32_t at, drop;
	uint32_t order; /* of edits at one place */
	enum edit_start start;
	size_t added, added_len; /* in editor.added */
};

/* Out of memory is found by edit_apply(). */
struct editor {
	const struct save_layout *layout;
	VEC(struct edit);
	struct buf added; /* secret */
	bool failed;
};

void edit_replace(struct editor *e, uint32_t at, uint32_t drop, const struct buf *with);
void edit_value(struct editor *e, const struct save_line *line, const struct buf *with);
/* Deletes a line; its comment stays. */
void edit_drop_line(struct editor *e, const struct save_line *line);
/* Whole lines, ended by \n, which become the file's own line ends. */
void edit_insert(struct editor *e, uint32_t at, enum edit_start start, const struct buf *lines);
/* files: of the text, in the same order as layout->files. */
int edit_apply(struct editor *e, const struct sources *files, struct config_text *ret,
	       struct diag *d);
void edit_release(struct editor *e);

/* Adds ", " and the prefix. */
void edit_add_prefix(struct buf *list, const struct prefix *prefix);
/* Whether the next item of a list is to be kept. */
typedef bool save_keeps(void *context);
/* Replaces the list of a line: those items that stay, and what is added, ", " between all. */
void edit_list(struct editor *e, const struct save_line *line, save_keeps *keeps, void *context,
	       const struct buf *added);

struct saver {
	const struct conf *conf;
	const struct save_state *now;
	struct save_layout layout;
	struct editor edit;
	struct diag *d;
};

int save_peers(struct saver *s);
/* Those of the file that are NO_PEER, with their names, and nothing that is not theirs. */
int save_drop_peers(struct saver *s, const uint32_t *device_of);

/* Who is who: NO_PEER stands for none. */
enum { NO_PEER = UINT32_MAX };
struct save_match {
	uint32_t *device_of; /* by peer of the file: of the device; NO_PEER: it was removed */
	uint32_t *last_of;   /* by peer of the device: its last section; NO_PEER: it is new */
	uint32_t *earlier;   /* by peer of the file: the section before of the same peer */
	bool *void_ips;      /* by peer of the file: a later section replaces its allowed IPs */
};
int save_match_init(struct save_match *match, const struct conf *conf,
		    const struct wg_device *device, struct diag *d);
void save_match_release(struct save_match *match);

/* Which allowed IPs are to go and to come. */
struct save_moved {
	struct prefix prefix;
	uint32_t peer; /* of the device */
};
struct save_allowed {
	bool *drop; /* by allowed IP of the file, in its order */
	struct {
		VEC(struct save_moved);
	} added; /* by peer */
};
int save_allowed_find(const struct conf *conf, const struct wg_device *device,
		      const struct save_match *match, struct save_allowed *ret, struct diag *d);
void save_allowed_release(struct save_allowed *allowed);

/* The peers on their way into the text. */
struct peer_saver {
	struct saver *s;
	struct save_match match;
	struct save_allowed allowed;
	size_t *first_added;     /* by peer of the device: index into allowed.added */
	uint32_t *endpoint_name; /* by peer of the file: index into conf->endpoints; NO_PEER */
};

/* Of a peer of the file. */
const struct save_section *save_section_of(const struct peer_saver *p, uint32_t i);
/* Writes what has changed of a peer of the device that the file has; its lines with AllowedIPs are
 * peers.c's. */
void save_peer(struct peer_saver *p, uint32_t i);
/* Adds what a peer of the device has and its sections do not say. */
void save_list_added(const struct peer_saver *p, uint32_t peer, struct buf *list);
void save_add_preshared_key(struct buf *keys, const struct key *key);
/* The scope of a link-local address by its name: numbers change. */
bool save_has_endpoint(const struct wg_peer *peer);
void save_add_endpoint(const struct saver *s, const union endpoint *e, struct buf *text);
