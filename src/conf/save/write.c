// SPDX-License-Identifier: GPL-2.0-or-later
// Configurations as text: what `wg-quick strip` prints.
#include "wgq/conf/save/write.h"

#include <string.h>

#include "wgq/conf/parse/keys.h"
#include "wgq/conf/parse/line.h"

/* bash's read drops NUL bytes. */
static void drop_nuls(struct slice text, struct buf *ret)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i])
			buf_char(ret, text.at[i]);
}

static void strip(struct slice text, struct buf *ret_text)
{
	bool inside = false;
	struct slice raw;

	while (line_next(&text, &raw)) {
		struct line line;

		line_cut(raw, &line);
		/* An unfinished last line counts if anything is left of it (linux.bash:50). */
		if (!text.len && !line.read.len && raw.at + raw.len == text.at)
			break;
		inside = line_in_interface(&line, inside);
		enum key_id id = key_find(line.key);

		if ((inside && key_is_quick(id)) || key_is_own(id))
			continue;
		buf_mem(ret_text, line.read.at, line.read.len);
		buf_char(ret_text, '\n');
	}
	/* echo's own newline, after that of the last line (linux.bash:362). */
	buf_char(ret_text, '\n');
}

void conf_strip(const char *text, size_t n, struct buf *ret_text)
{
	_cleanup_buf_ struct buf clean = {.secret = true};
	struct slice all = {text, n};

	if (n && memchr(text, '\0', n)) {
		drop_nuls(all, &clean);
		if (buf_status(&clean) < 0) {
			ret_text->failed = true;
			return;
		}
		all = (struct slice){clean.data, clean.len};
	}
	strip(all, ret_text);
}
