/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one comment says: the grammar of wgq.conf(5), NAMES OF PEERS, line by line. Which peer it is
 * about, peer_comments.h knows. */
#pragma once

#include <stdbool.h>

#include "wgq/conf/parse/line.h"

enum comment_kind {
	COMMENT_NOTE,    /* nothing that names a peer: `#`, `# Created: 2024-05-01` */
	COMMENT_HEADING, /* `#### BERLIN ####`, `# ------` */
	COMMENT_SECTION, /* commented out: [Peer] */
	COMMENT_SETTING, /* commented out: a key of the format */
	COMMENT_BEGIN,   /* `# BEGIN_PEER laptop`, `### begin laptop ###` */
	COMMENT_END,
	COMMENT_TEXT, /* `# laptop` */
	COMMENT_NAME, /* `# Name = laptop` */
};

struct comment {
	enum comment_kind kind;
	struct slice name; /* as the file has it; empty: none, for it holds a key */
	struct slice mark; /* of COMMENT_BEGIN and COMMENT_END: equal for the two of a pair */
	bool is_json;      /* the name is the inside of a JSON string */
	struct slice line; /* that was commented out: without what comments it out */
};

/* s begins with the # of the comment. */
void comment_read(struct slice s, struct comment *ret);
