// SPDX-License-Identifier: GPL-2.0-or-later
// Which of what hooks add others of them delete.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

#include "internal.h"

/* More than this on one side is not written by hand, and is not compared in part. */
enum { PARTS_MAX = 1000 };

/* An effect that needs its opposite, with its words sorted. */
struct side {
	const struct effect *effect;
	bool *settled;
	size_t order;
	char **words;
};
struct sides {
	VEC(struct side);
};

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What they are about; then in their order. */
static int compare_sides(const void *a, const void *b)
{
	const struct side *x = a, *y = b;
	size_t n = x->effect->words.len;
	int order = (x->effect->kind > y->effect->kind) - (x->effect->kind < y->effect->kind);

	if (!order)
		order = x->effect->ipv6 - y->effect->ipv6;
	if (!order)
		order = (n > y->effect->words.len) - (n < y->effect->words.len);
	for (size_t i = 0; !order && i < n; i++)
		order = strcmp(x->words[i], y->words[i]);
	return order;
}

static int compare_in_order(const void *a, const void *b)
{
	const struct side *x = a, *y = b;
	int order = compare_sides(a, b);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Those of one side, up or down, which add or delete; all others are settled. */
static int list_side(const struct hook_side *effects, bool add, bool *settled, struct sides *ret)
{
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *e = &effects->at[i];
		bool pairs = e->kind == EFFECT_IPTABLES || e->kind == EFFECT_NFT ||
			     e->kind == EFFECT_RULE || (e->kind == EFFECT_ROUTE && !e->own);

		settled[i] = !pairs || e->add != add || !e->words.len;
		struct side *side = settled[i] ? NULL : vec_push(ret);
		if (settled[i])
			continue;
		if (!side)
			return -ENOMEM;
		*side = (struct side){e, &settled[i], i, mem_calloc(e->words.len, sizeof(char *))};
		if (!side->words)
			return -ENOMEM;
		memcpy(side->words, e->words.at, e->words.len * sizeof(char *));
		qsort(side->words, e->words.len, sizeof(char *), compare_words);
	}
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(ret->at[0]), compare_in_order);
	return 0;
}

/* A table of nftables is deleted with all that was added to it; of one that is not, the first
 * finding is enough. */
static void pair_alike(struct sides *up, struct sides *down)
{
	for (size_t i = 0, j = 0; i < up->len && j < down->len;) {
		int order = compare_sides(&up->at[i], &down->at[j]);
		bool nft = up->at[i].effect->kind == EFFECT_NFT;

		if (order == 0)
			*up->at[i].settled = *down->at[j].settled = true;
		if (order == 0 && nft) {
			size_t next = i + 1;

			while (next < up->len && compare_sides(&up->at[next], &down->at[j]) == 0)
				*up->at[next++].settled = true;
			for (; j < down->len && compare_sides(&up->at[i], &down->at[j]) == 0; j++)
				*down->at[j].settled = true;
			i = next;
			continue;
		}
		i += order <= 0;
		j += order >= 0;
	}
}

static void keep_first_of_table(struct sides *side)
{
	for (size_t i = 1; i < side->len; i++)
		if (side->at[i].effect->kind == EFFECT_NFT &&
		    compare_sides(&side->at[i - 1], &side->at[i]) == 0)
			*side->at[i].settled = true;
}

/* ip(8) deletes the first that has what is given. */
static bool has_all(const struct side *addition, const struct side *deletion)
{
	size_t found = 0;

	if (addition->effect->kind != deletion->effect->kind ||
	    addition->effect->ipv6 != deletion->effect->ipv6)
		return false;
	for (size_t i = 0; i < addition->effect->words.len; i++)
		if (found < deletion->effect->words.len &&
		    strcmp(addition->words[i], deletion->words[found]) == 0)
			found++;
	return found == deletion->effect->words.len;
}

static bool may_be_part(const struct side *side)
{
	return !*side->settled &&
	       (side->effect->kind == EFFECT_RULE || side->effect->kind == EFFECT_ROUTE);
}

static void pair_parts(const struct sides *up, const struct sides *down)
{
	if (up->len > PARTS_MAX || down->len > PARTS_MAX)
		return;
	vec_each(addition, up)
		vec_each(deletion, down)
			if (may_be_part(addition) && may_be_part(deletion) &&
			    has_all(addition, deletion))
				*addition->settled = *deletion->settled = true;
}

static void sides_release(struct sides *sides)
{
	vec_each(side, sides)
		free(side->words);
	vec_release(sides);
}

int check_pair_effects(struct check *c)
{
	struct sides up = {0}, down = {0};

	c->settled[0] = mem_calloc(c->hooks->up.len + 1, sizeof(bool));
	c->settled[1] = mem_calloc(c->hooks->down.len + 1, sizeof(bool));
	int r = c->settled[0] && c->settled[1] ? 0 : -ENOMEM;
	if (r == 0)
		r = list_side(&c->hooks->up, true, c->settled[0], &up);
	if (r == 0)
		r = list_side(&c->hooks->down, false, c->settled[1], &down);
	if (r == 0) {
		pair_alike(&up, &down);
		pair_parts(&up, &down);
		keep_first_of_table(&up);
		keep_first_of_table(&down);
	}
	sides_release(&up);
	sides_release(&down);
	return r;
}
