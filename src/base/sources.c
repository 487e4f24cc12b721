// SPDX-License-Identifier: GPL-2.0-or-later
// The files of a configuration, and the place that a line number means.
#include "wgq/base/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t count_newlines(const char *text, size_t n)
{
	const char *end = text + n;
	size_t count = 0;

	for (; n && (text = memchr(text, '\n', n)); n = (size_t)(end - ++text))
		count++;
	return count;
}

static bool source_copy(struct source *ret, const char *path, const char *real)
{
	ret->path = mem_strndup(path, strlen(path));
	ret->real = real ? mem_strndup(real, strlen(real)) : NULL;
	return ret->path && (ret->real || !real);
}

int sources_add(struct sources *sources, const char *path, const char *real, const char *text,
		size_t n)
{
	const size_t between = strlen(SOURCES_BETWEEN);
	const struct source *last = vec_last(sources);
	size_t at = last ? last->at + last->len + between : 0;
	uint32_t first = last ? last->first + last->lines : 1;
	size_t lines = count_newlines(text + at, n - at) + between;

	if (lines > UINT32_MAX - first)
		return -EFBIG;
	struct source *source = vec_push(sources);
	if (!source || !source_copy(source, path, real))
		return -ENOMEM;
	source->at = at;
	source->len = n - at;
	source->first = first;
	source->lines = (uint32_t)lines;
	return 0;
}

int sources_copy(const struct sources *from, struct sources *ret)
{
	vec_each(source, from) {
		struct source *copy = vec_push(ret);

		if (!copy)
			return -ENOMEM;
		*copy = *source;
		if (!source_copy(copy, source->path, source->real))
			return -ENOMEM;
	}
	return 0;
}

const struct source *sources_find(const struct sources *sources, uint32_t line)
{
	if (!sources || !sources->len)
		return NULL;
	size_t n = vec_before(source, sources, source->first <= line);
	return &sources->at[n ? n - 1 : 0];
}

struct place sources_place(const struct sources *sources, uint32_t line)
{
	const struct source *source = sources_find(sources, line);

	return (struct place){
		.file = source ? source->path : NULL,
		.line = source && line ? line - source->first + 1 : 0,
		.order = line,
	};
}

void sources_name_line(const struct sources *sources, uint32_t line, uint32_t beside,
		       struct buf *ret_text)
{
	const struct place place = sources_place(sources, line);

	buf_addf(ret_text, "line %u", place.line);
	if (sources_find(sources, line) != sources_find(sources, beside))
		buf_addf(ret_text, " of %s", place.file);
}

void sources_note_asked(const struct sources *sources, uint32_t line, struct diag *d)
{
	const struct place place = sources_place(sources, line);

	if (place.line)
		diag_note(d, "asked for by %s:%u", place.file, place.line);
}

void sources_release(struct sources *sources)
{
	vec_each(source, sources) {
		free(source->path);
		free(source->real);
	}
	vec_release(sources);
}

bool config_text_is_same(const struct config_text *a, const struct config_text *b)
{
	if (a->files.len != b->files.len || a->text.len != b->text.len ||
	    memcmp(buf_text(&a->text), buf_text(&b->text), a->text.len) != 0)
		return false;
	for (size_t i = 0; i < a->files.len; i++)
		if (strcmp(a->files.at[i].path, b->files.at[i].path) != 0 ||
		    a->files.at[i].len != b->files.at[i].len)
			return false;
	return true;
}

void config_text_release(struct config_text *text)
{
	buf_release(&text->text);
	sources_release(&text->files);
}
