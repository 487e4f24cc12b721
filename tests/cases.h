/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases in folders: texts that are read, and texts that are compared with what is expected. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/sources.h"

static inline int case_read(const char *path, struct buf *ret)
{
	char part[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_mem(ret, part, n);
	fclose(f);
	return buf_status(ret);
}

static inline int case_add_file(const char *folder, const char *name, struct config_text *ret)
{
	_cleanup_buf_ struct buf path = {0};

	buf_addf(&path, "%s/%s", folder, name);
	buf_str(&ret->text, ret->files.len ? SOURCES_BETWEEN : "");
	int r = case_read(buf_text(&path), &ret->text);
	return r < 0 ? r
		     : sources_add(&ret->files, name, NULL, buf_text(&ret->text), ret->text.len);
}

static inline int case_is_drop_in(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* A configuration in the folder of a case, with its drop-ins. */
static inline int case_read_config(const char *folder, const char *name, struct config_text *ret)
{
	_cleanup_buf_ struct buf drop_ins = {0};
	struct dirent **entries = NULL;
	int r = case_add_file(folder, name, ret);

	buf_addf(&drop_ins, "%s/%s.d", folder, name);
	int count = r < 0 ? 0 : scandir(buf_text(&drop_ins), &entries, case_is_drop_in, alphasort);
	for (int i = 0; i < count; i++) {
		_cleanup_buf_ struct buf shown = {0};

		buf_addf(&shown, "%s.d/%s", name, entries[i]->d_name);
		if (r == 0)
			r = case_add_file(folder, buf_text(&shown), ret);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static inline int case_write(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	size_t written = fwrite(buf_text(text), 1, text->len, f);
	return fclose(f) == 0 && written == text->len ? 0 : -EIO;
}

/* Whether the result is what the folder's `expect` says; with update it becomes that. Says what
 * differs. */
static inline bool case_is_as_expected(const char *folder, const struct buf *result, bool update)
{
	_cleanup_buf_ struct buf path = {0}, expect = {0};

	buf_addf(&path, "%s/expect", folder);
	if (update)
		return case_write(buf_text(&path), result) == 0;
	if (case_read(buf_text(&path), &expect) == 0 && expect.len == result->len &&
	    strcmp(buf_text(&expect), buf_text(result)) == 0)
		return true;
	printf("FAIL %s\n---- expected:\n%s---- got:\n%s\n", folder, buf_text(&expect),
	       buf_text(result));
	return false;
}
