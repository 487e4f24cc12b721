// SPDX-License-Identifier: GPL-2.0-or-later
// Which allowed IPs of a running device come, go, and move from one peer to another.
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static int compare_ips(const void *a, const void *b)
{
	const struct pair_ip *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static int add_allowed_ip(struct comparison *c, size_t at, bool in_back,
			  const struct pair_ip *noted, bool remove)
{
	struct pair *pair = &c->pairs.at[at];
	int r = peers_place(c, pair);

	if (r < 0)
		return r;
	struct wg_device *device = in_back ? &c->change->back : &c->change->forth;
	struct allowed_ip *ip = vec_push(&device->peers.at[pair->place].allowed_ips);
	if (!ip)
		return -ENOMEM;
	*ip = (struct allowed_ip){.prefix = noted->prefix, .remove = remove, .line = noted->line};
	return 0;
}

static int note_ips(struct pair_ip_vec *list, const struct allowed_ip_vec *ips, size_t from,
		    size_t to, size_t pair)
{
	for (size_t i = from; i < to; i++) {
		struct pair_ip *noted = vec_push(list);

		if (!noted)
			return -ENOMEM;
		*noted = (struct pair_ip){ips->at[i].prefix, ips->at[i].line, pair};
	}
	return 0;
}

/* What is the same at both ends of both lists is left out: mostly that is all of it. */
int peers_note_ips(struct comparison *c, size_t pair)
{
	static const struct allowed_ip_vec empty;
	const struct pair *p = &c->pairs.at[pair];
	const struct allowed_ip_vec *to = p->wanted ? &p->wanted->allowed_ips : &empty;
	const struct allowed_ip_vec *from = p->running ? &p->running->allowed_ips : &empty;
	size_t to_end = to->len, from_end = from->len, head = 0;

	while (head < to_end && head < from_end &&
	       prefix_equal(&to->at[head].prefix, &from->at[head].prefix))
		head++;
	while (to_end > head && from_end > head &&
	       prefix_equal(&to->at[to_end - 1].prefix, &from->at[from_end - 1].prefix)) {
		to_end--;
		from_end--;
	}
	int r = note_ips(&c->wanted, to, head, to_end, pair);
	return r == 0 ? note_ips(&c->running, from, head, from_end, pair) : r;
}

/* A prefix that only the running device has goes, unless its peer goes, or hooks gave it. */
static int lose(struct comparison *c, const struct pair_ip *ip)
{
	const struct pair *pair = &c->pairs.at[ip->pair];

	if (!pair->wanted || pair->hooked)
		return 0;
	int r = add_allowed_ip(c, ip->pair, false, ip, true);
	return r == 0 ? add_allowed_ip(c, ip->pair, true, ip, false) : r;
}

/* from is the running owner's; NULL: there is none. On the way back a prefix returns to its
 * owner, which takes it from the other. An owner that is to be removed is there until the end. */
static int gain(struct comparison *c, const struct pair_ip *to, const struct pair_ip *from)
{
	const struct pair *gaining = &c->pairs.at[to->pair];
	bool is_new = !gaining->running;
	int r = is_new ? 0 : add_allowed_ip(c, to->pair, false, to, false);

	if (r < 0)
		return r;
	if (!from)
		return is_new ? 0 : add_allowed_ip(c, to->pair, true, to, true);
	return add_allowed_ip(c, from->pair, true, from, false);
}

int peers_compare_ips(struct comparison *c)
{
	const struct pair_ip_vec *wanted = &c->wanted, *running = &c->running;
	int r = 0;

	if (wanted->len)
		qsort(wanted->at, wanted->len, sizeof(wanted->at[0]), compare_ips);
	if (running->len)
		qsort(running->at, running->len, sizeof(running->at[0]), compare_ips);
	for (size_t i = 0, j = 0; r == 0 && (i < wanted->len || j < running->len);) {
		int order = i == wanted->len    ? 1
			    : j == running->len ? -1
						: compare_ips(&wanted->at[i], &running->at[j]);

		if (order > 0)
			r = lose(c, &running->at[j]);
		else if (order < 0)
			r = gain(c, &wanted->at[i], NULL);
		else if (wanted->at[i].pair != running->at[j].pair)
			r = gain(c, &wanted->at[i], &running->at[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}
