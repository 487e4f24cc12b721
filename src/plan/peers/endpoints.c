// SPDX-License-Identifier: GPL-2.0-or-later
// Which endpoints reload sets, and which it leaves to peers that have roamed.
#include <errno.h>

#include "internal.h"

struct doubt_vec {
	VEC(struct endpoint_doubt);
};

/* Some userspace implementations do not tell the link of a link-local address. */
static bool has_endpoint(const struct snap *snap, const struct wg_peer *running,
			 const union endpoint *wanted)
{
	struct addr addr = endpoint_addr(&running->endpoint);
	union endpoint told = running->endpoint;

	if (snap->is_userspace && addr_is_link_local(&addr) && !endpoint_scope(&told))
		told = endpoint_make(&addr, endpoint_port(&told), endpoint_scope(wanted));
	return running->has_endpoint && endpoint_equal(wanted, &told);
}

static bool differs(const struct snap *snap, const struct pair *pair)
{
	const struct wg_peer *wanted = pair->wanted, *running = pair->running;

	return wanted && running && wanted->has_endpoint && endpoint_size(&wanted->endpoint) &&
	       !has_endpoint(snap, running, &wanted->endpoint);
}

/* What a peer may have added to the note, other than it adds now; 0: nothing. */
static uint32_t doubt_of(const struct snap *snap, const struct pair *pair, uint32_t sum)
{
	if (!pair->running)
		return sum;
	if (!pair->wanted)
		return endpoints_sum_running(pair->running);
	/* A name that cannot be looked up may be new. */
	return sum && (differs(snap, pair) || !pair->wanted->has_endpoint)
		       ? sum ^ endpoints_sum_running(pair->running)
		       : 0;
}

/* A doubt for each pair that gives cause, in their order; judged. */
static int find_doubts(struct comparison *c, const struct endpoint_sums *sums,
		       struct doubt_vec *ret)
{
	uint32_t now = endpoints_note(sums);

	vec_each(pair, &c->pairs) {
		const struct wg_peer *known = pair->wanted ? pair->wanted : pair->running;
		uint32_t sum = endpoints_sum_of(sums, &known->public_key);
		uint32_t difference = doubt_of(c->snap, pair, sum);

		if (!pair->running)
			now ^= sum;
		if (!difference && !differs(c->snap, pair))
			continue;
		struct endpoint_doubt *doubt = vec_push(ret);
		if (!doubt)
			return -ENOMEM;
		doubt->difference = difference;
		doubt->pair = (size_t)(pair - c->pairs.at);
	}
	endpoints_judge(c->snap->tag, now, ret->at, ret->len);
	return 0;
}

static int decide(struct comparison *c, struct pair *pair, enum endpoint_change change)
{
	if (!differs(c->snap, pair))
		return 0;
	/* The endpoint that a session has by now works. */
	int64_t last = pair->running->last_handshake;
	bool works = last && c->snap->now - last < WG_SESSION_SECONDS;

	pair->sets_endpoint = !works || c->change->sets_endpoints || change == ENDPOINT_EDITED;
	if (pair->sets_endpoint)
		return 0;
	struct kept_endpoint *kept = vec_push(&c->change->kept);
	if (!kept)
		return -ENOMEM;
	*kept = (struct kept_endpoint){pair->wanted, pair->running, change};
	/* Of a peer whose endpoint is in doubt, the doubt is kept. */
	if (change == ENDPOINT_UNKNOWN)
		c->change->note = 0;
	return 0;
}

int peers_compare_endpoints(struct comparison *c)
{
	struct endpoint_sums sums = {0};
	struct doubt_vec doubts = {0};
	int r = endpoints_sum(c->want->conf, &sums);

	if (r == 0)
		r = find_doubts(c, &sums, &doubts);
	if (r == 0 && endpoints_can_note(c->snap->tag) && (sums.len || c->snap->tag))
		c->change->note = endpoints_note(&sums);
	vec_each(doubt, &doubts)
		if (r == 0)
			r = decide(c, &c->pairs.at[doubt->pair], doubt->change);
	vec_release(&sums);
	vec_release(&doubts);
	return r;
}
