// SPDX-License-Identifier: GPL-2.0-or-later
// The files of a configuration, and the place that a line number means.
#include "wgq/conf/sources.h"

#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

static size_t count_lines(const char *text, size_t n)
{
	const char *end = text + n;
	size_t lines = 1;

	for (; n && (text = memchr(text, '\n', n)); n = (size_t)(end - ++text))
		lines++;
	return lines;
}

struct source *sources_add(struct sources *sources, const char *path, const char *text, size_t n)
{
	const struct source *last = vec_last(sources);
	uint32_t first = last ? last->first + last->lines : 1;
	size_t lines = count_lines(text, n);
	_cleanup_free_ char *copy = mem_strndup(path, strlen(path));

	if (lines > UINT32_MAX - first)
		return NULL;
	struct source *source = copy ? vec_push(sources) : NULL;
	if (source)
		*source = (struct source){
			.path = steal(copy), .first = first, .lines = (uint32_t)lines};
	return source;
}

const struct source *sources_find(const struct sources *sources, uint32_t line)
{
	size_t from = 0, to = sources ? sources->len : 0;

	while (to > from + 1) {
		size_t middle = from + (to - from) / 2;

		if (sources->at[middle].first <= line)
			from = middle;
		else
			to = middle;
	}
	return to > from ? &sources->at[from] : NULL;
}

struct place sources_place(const struct sources *sources, uint32_t line)
{
	const struct source *source = sources_find(sources, line);

	return (struct place){
		.file = source ? source->path : NULL,
		.line = source && line ? line - source->first + 1 : 0,
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
	vec_each(source, sources)
		free(source->path);
	vec_release(sources);
}
