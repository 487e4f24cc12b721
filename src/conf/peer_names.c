// SPDX-License-Identifier: GPL-2.0-or-later
// The names of peers, from the comments of a configuration.
#include "wgq/conf/peer_names.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/json.h"
#include "wgq/base/mem.h"
#include "wgq/conf/peer_comments.h"

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

static char *copy_name(const struct peer_comment *peer)
{
	_cleanup_buf_ struct buf text = {0};

	if (!peer->is_json)
		return mem_strndup(peer->name.at, peer->name.len);
	json_unescape(&text, peer->name.at, peer->name.len);
	return buf_steal(&text);
}

static int add_names(const struct peer_comments *comments, struct peer_names *names)
{
	vec_each(peer, &comments->peers) {
		if (!peer->name.len || key_is_zero(&peer->key))
			continue;
		struct peer_name *name = vec_push(names);
		if (!name)
			return -ENOMEM;
		name->key = peer->key;
		name->name = copy_name(peer);
		if (!name->name)
			return -ENOMEM;
	}
	return 0;
}

int peer_names_read(const char *text, size_t n, struct peer_names *ret, struct diag *d)
{
	_cleanup_peer_comments_ struct peer_comments comments = {0};
	int r = peer_comments_read(text, n, &comments);

	if (r == 0)
		r = add_names(&comments, ret);
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
