// SPDX-License-Identifier: GPL-2.0-or-later
// Whose the routes are that are there and not wanted.
#include "wgq/plan/reload/suspects.h"

#include <errno.h>

static int compare_suspects(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

int suspects_list(const struct table_change_vec *changes, struct suspect_vec *ret)
{
	vec_each(change, changes) {
		vec_each(route, &change->remove) {
			struct suspect *suspect = vec_push(ret);

			if (!suspect)
				return -ENOMEM;
			suspect->prefix = route->prefix;
		}
	}
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(ret->at[0]), compare_suspects);
	return 0;
}

/* The first of the suspects that is not before a prefix. */
static struct suspect *find_first(const struct suspect_vec *suspects, const struct prefix *prefix)
{
	return suspects->at +
	       vec_before(suspect, suspects, prefix_compare(&suspect->prefix, prefix) < 0);
}

/* Those that an allowed IP reaches follow it in their order; one prefix may be in several tables.
 */
void suspects_mark(struct suspect_vec *suspects, const struct wg_peer_vec *peers,
		   bool (*reaches)(const struct prefix *, const struct prefix *),
		   enum suspect_mark how)
{
	const struct suspect *end = suspects->at + suspects->len;

	vec_each(peer, peers)
		vec_each(ip, &peer->allowed_ips)
			for (struct suspect *suspect = find_first(suspects, &ip->prefix);
			     suspect < end && reaches(&ip->prefix, &suspect->prefix); suspect++)
				suspect->marks |= how;
}

bool suspects_are_ours(const struct suspect_vec *suspects, const struct prefix *prefix)
{
	unsigned marks = find_first(suspects, prefix)->marks;

	return marks & SUSPECT_EXPLAINED || !(marks & SUSPECT_LED);
}
