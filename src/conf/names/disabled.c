// SPDX-License-Identifier: GPL-2.0-or-later
// Peers that were commented out line by line.
#include "wgq/conf/names/disabled.h"

#include <string.h>

bool disabled_line(struct slice line, struct slice *ret)
{
	static const char mark[] = DISABLED_MARK;
	/* An editor may have taken the blank off the end of an empty line. */
	size_t n = strlen(mark) - (line.len == strlen(mark) - 1);

	if (line.len < n || memcmp(line.at, mark, n) != 0)
		return false;
	*ret = (struct slice){line.at + n, line.len - n};
	return true;
}

int disabled_view(const struct config_text *text, struct config_text *ret, struct diag *d)
{
	ret->text.secret = true;
	vec_each(file, &text->files) {
		struct slice rest = {buf_text(&text->text) + file->at, file->len}, line, was;

		if (ret->files.len)
			buf_str(&ret->text, SOURCES_BETWEEN);
		while (line_next(&rest, &line)) {
			if (disabled_line(line, &was))
				buf_mem(&ret->text, was.at, was.len);
			buf_char(&ret->text, '\n');
		}
		/* Counted as in the text: a last line may have no end. */
		if (file->len && buf_text(&text->text)[file->at + file->len - 1] != '\n')
			buf_cut(&ret->text, ret->text.len - 1);
		if (buf_status(&ret->text) < 0 ||
		    sources_add(&ret->files, file->path, file->real, buf_text(&ret->text),
				ret->text.len) < 0)
			return diag_no_memory(d);
	}
	return 0;
}
