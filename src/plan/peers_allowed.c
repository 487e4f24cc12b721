// SPDX-License-Identifier: GPL-2.0-or-later
// Which allowed IPs of a running device come, go, and move from one peer to another.
#include <errno.h>
#include <stdlib.h>

#include "peers_internal.h"

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static int add_allowed_ip(struct comparison *c, size_t at, bool in_back, const struct claim *claim,
			  bool remove)
{
	struct pair *pair = &c->pairs.at[at];
	int r = peers_place(c, pair);

	if (r < 0)
		return r;
	struct wg_device *device = in_back ? &c->change->back : &c->change->forth;
	struct allowed_ip *ip = vec_push(&device->peers.at[pair->place].allowed_ips);
	if (!ip)
		return -ENOMEM;
	*ip = (struct allowed_ip){.prefix = claim->prefix, .remove = remove, .line = claim->line};
	return 0;
}

static int add_claims(struct claim_vec *claims, const struct allowed_ip_vec *ips, size_t from,
		      size_t to, size_t pair)
{
	for (size_t i = from; i < to; i++) {
		struct claim *claim = vec_push(claims);

		if (!claim)
			return -ENOMEM;
		*claim = (struct claim){ips->at[i].prefix, ips->at[i].line, pair};
	}
	return 0;
}

/* What is the same at both ends of both lists is left out: mostly that is all of it. */
int peers_claim(struct comparison *c, size_t pair)
{
	static const struct allowed_ip_vec empty;
	const struct wg_peer *wanted = c->pairs.at[pair].wanted;
	const struct wg_peer *running = c->pairs.at[pair].running;
	const struct allowed_ip_vec *w = wanted ? &wanted->allowed_ips : &empty;
	const struct allowed_ip_vec *r = running ? &running->allowed_ips : &empty;
	size_t head = 0, tail = 0;

	while (head < w->len && head < r->len &&
	       prefix_equal(&w->at[head].prefix, &r->at[head].prefix))
		head++;
	while (tail < w->len - head && tail < r->len - head &&
	       prefix_equal(&w->at[w->len - 1 - tail].prefix, &r->at[r->len - 1 - tail].prefix))
		tail++;
	int error = add_claims(&c->wanted, w, head, w->len - tail, pair);
	return error == 0 ? add_claims(&c->running, r, head, r->len - tail, pair) : error;
}

/* A prefix that only the running device has goes, unless its peer goes, or hooks gave it. */
static int lose_claim(struct comparison *c, const struct claim *claim)
{
	const struct pair *pair = &c->pairs.at[claim->pair];

	if (!pair->wanted || pair->hooked)
		return 0;
	int r = add_allowed_ip(c, claim->pair, false, claim, true);
	return r == 0 ? add_allowed_ip(c, claim->pair, true, claim, false) : r;
}

/* from is the running owner's claim; NULL: there is none. On the way back a prefix returns to its
 * owner, which takes it from the other; a removed owner has it again by then. */
static int gain_claim(struct comparison *c, const struct claim *to, const struct claim *from)
{
	const struct pair *gaining = &c->pairs.at[to->pair];
	bool is_new = !gaining->running;
	int r = is_new ? 0 : add_allowed_ip(c, to->pair, false, to, false);

	if (r < 0)
		return r;
	if (!from)
		return is_new ? 0 : add_allowed_ip(c, to->pair, true, to, true);
	const struct pair *losing = &c->pairs.at[from->pair];
	return losing->wanted || losing->hooked ? add_allowed_ip(c, from->pair, true, from, false)
						: 0;
}

int peers_compare_claims(struct comparison *c)
{
	const struct claim_vec *wanted = &c->wanted, *running = &c->running;
	int r = 0;

	if (wanted->len)
		qsort(wanted->at, wanted->len, sizeof(wanted->at[0]), compare_claims);
	if (running->len)
		qsort(running->at, running->len, sizeof(running->at[0]), compare_claims);
	for (size_t i = 0, j = 0; r == 0 && (i < wanted->len || j < running->len);) {
		int order = i == wanted->len    ? 1
			    : j == running->len ? -1
						: compare_claims(&wanted->at[i], &running->at[j]);

		if (order > 0)
			r = lose_claim(c, &running->at[j]);
		else if (order < 0)
			r = gain_claim(c, &wanted->at[i], NULL);
		else if (wanted->at[i].pair != running->at[j].pair)
			r = gain_claim(c, &wanted->at[i], &running->at[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}
