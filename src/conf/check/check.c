// SPDX-License-Identifier: GPL-2.0-or-later
// Finds what is legal but wrong: how the checks run.
#include "wgq/conf/check/check.h"

#include <errno.h>

#include "wgq/base/mem.h"

#include "internal.h"

static int find_lines(struct check *c, const char *text, size_t n)
{
	struct slice rest = {text, n}, line;

	while (line_next(&rest, &line)) {
		struct slice *added = vec_push(&c->lines);

		if (!added)
			return -ENOMEM;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		*added = line;
	}
	return 0;
}

/* By files and lines; they are few, and in order but for the checks that they are from. */
static void sort_by_line(struct diag *d)
{
	for (size_t i = 1; i < d->len; i++) {
		struct diag_item item = d->at[i];
		size_t to = i;

		for (; to && d->at[to - 1].order > item.order; to--)
			d->at[to] = d->at[to - 1];
		d->at[to] = item;
	}
}

static void find_own_key(struct check *c)
{
	const struct wg_device *wg = &c->conf->wg;

	c->has_own_key = wg->has_private_key && !key_is_zero(&wg->private_key);
	if (c->has_own_key)
		key_public(&wg->private_key, &c->own_key);
}

static int prepare(struct check *c, const char *text, size_t n)
{
	int r = find_lines(c, text, n);

	if (r == 0)
		r = check_find_claims(c);
	if (r == 0)
		r = check_pair_effects(c);
	find_own_key(c);
	return r;
}

static void run(struct check *c, const struct named_check *list)
{
	for (; list->id; list++) {
		c->id = list->id;
		c->level = list->level;
		c->found = 0;
		list->check(c);
		check_count_hidden(c);
	}
}

int check_conf(const struct conf *conf, const char *text, size_t n, const struct check_facts *facts,
	       struct diag *d)
{
	struct check c = {.conf = conf, .facts = facts, .d = d, .hooks = &conf->effects};
	int r = prepare(&c, text, n);

	if (r == 0) {
		run(&c, checks_of_network);
		run(&c, checks_of_peers);
		run(&c, checks_of_routes);
		run(&c, checks_of_commands);
		run(&c, checks_of_own);
		run(&c, checks_of_others);
	}
	if (r == 0 && c.no_memory)
		r = -ENOMEM;
	sort_by_line(d);
	free(c.settled[0]);
	free(c.settled[1]);
	vec_release(&c.claims);
	vec_release(&c.lines);
	buf_release(&c.line_name);
	return r < 0 ? diag_no_memory(d) : 0;
}

int check_conf_others(const struct conf *conf, const struct check_facts *facts, struct diag *d)
{
	struct check c = {.conf = conf, .facts = facts, .d = d, .hooks = &conf->effects};

	find_own_key(&c);
	run(&c, checks_of_others);
	return c.no_memory ? diag_no_memory(d) : 0;
}
