// SPDX-License-Identifier: GPL-2.0-or-later
// Name servers and search domains, compared.
#include "wgq/plan/servers.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "wgq/base/mem.h"
#include "wgq/net/addr.h"

int servers_split(const struct buf *lines, struct conf_text_vec *ret)
{
	for (const char *line = buf_text(lines); *line; line += strcspn(line, "\n") + 1) {
		struct conf_text *item = vec_push(ret);

		if (!item)
			return -ENOMEM;
		item->text = mem_strndup(line, strcspn(line, "\n"));
		if (!item->text)
			return -ENOMEM;
	}
	return 0;
}

bool servers_same_address(const char *a, const char *b)
{
	struct addr x, y;

	if (addr_parse(a, strlen(a), &x) == 0 && addr_parse(b, strlen(b), &y) == 0)
		return addr_compare(&x, &y) == 0;
	return strcmp(a, b) == 0;
}

bool servers_same_domain(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n && a[n - 1] == '.';
	m -= m && b[m - 1] == '.';
	return n == m && strncasecmp(a, b, n) == 0;
}

/* Moves *i on to the next element that counts; NULL: there is none. */
static const char *next(const struct conf_text_vec *list, size_t *i)
{
	while (*i < list->len && strcmp(list->at[*i].text, "~.") == 0)
		++*i;
	return *i < list->len ? list->at[(*i)++].text : NULL;
}

bool servers_equal(const struct conf_text_vec *a, const struct conf_text_vec *b, servers_same *same)
{
	size_t i = 0, j = 0;
	const char *x, *y;

	do {
		x = next(a, &i);
		y = next(b, &j);
	} while (x && y && same(x, y));
	return !x && !y;
}

int servers_missing(const struct conf_text_vec *wanted, const struct buf *lines, servers_same *same,
		    struct buf *ret_text)
{
	struct conf_text_vec there = {0};
	int r = servers_split(lines, &there);
	size_t i = 0;

	for (const char *text; r == 0 && (text = next(wanted, &i));)
		if (!vec_find(item, &there, same(item->text, text))) {
			buf_str(ret_text, ret_text->len ? ", " : "");
			buf_printable(ret_text, text, strlen(text));
		}
	conf_texts_release(&there);
	return r < 0 ? r : buf_status(ret_text);
}
