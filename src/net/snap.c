// SPDX-License-Identifier: GPL-2.0-or-later
// The contents of a snapshot.
#include "wgq/net/snap.h"

#include <assert.h>

static int compare_followed(const void *a, const void *b)
{
	const struct followed *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

void followed_sort(struct followed_vec *followed)
{
	if (followed->len)
		qsort(followed->at, followed->len, sizeof(followed->at[0]), compare_followed);
}

const struct followed *snap_followed(const struct snap *snap, const struct prefix *prefix)
{
	const struct followed like = {.prefix = *prefix};
	const struct followed *found =
		snap->followed.len ? bsearch(&like, snap->followed.at, snap->followed.len,
					     sizeof(like), compare_followed)
				   : NULL;

	return found && found->refusal == FOLLOW_GRANTED ? found : NULL;
}

bool snap_has_seen(const struct snap *snap, enum look what)
{
	return snap->seen & what;
}

void snap_needs(const struct snap *snap, unsigned int looks)
{
	assert(!(looks & ~(snap->seen | snap->unknown)));
}

bool ipv6_is_only_elsewhere(const struct ipv6 *ipv6)
{
	return ipv6->state != IPV6_ON && ipv6->elsewhere[0];
}

size_t snap_count_routes(const struct snap *snap, const struct route_table *first)
{
	size_t n = 0;

	vec_each(table, &snap->tables) {
		if (table->group.table != first->group.table)
			continue;
		if (table < first)
			return 0;
		n += table->plain.len + table->others.len;
	}
	return n;
}

void forwarding_release(struct forwarding *forwarding)
{
	vec_release(&forwarding->heeded);
	vec_release(&forwarding->lost_ip);
	vec_release(&forwarding->lost_ip6);
}

void snap_release(struct snap *snap)
{
	if (!snap)
		return;
	wg_device_release(&snap->wg);
	vec_release(&snap->pins);
	vec_release(&snap->followed);
	vec_release(&snap->addrs);
	vec_release(&snap->main_routes);
	tables_release(&snap->tables);
	buf_release(&snap->kept);
	policy_routes_release(&snap->rivals);
	tables_release(&snap->barriers);
	tables_release(&snap->throws);
	vec_release(&snap->walls);
	forwarding_release(&snap->forwarding);
	vec_release(&snap->lan);
	vec_release(&snap->rules);
	vec_release(&snap->suppress_rules);
	vec_release(&snap->firewall_addrs);
	vec_release(&snap->tunnel_rules);
	vec_release(&snap->marks);
	buf_release(&snap->dns_servers);
	buf_release(&snap->dns_search);
	config_text_release(&snap->config_text);
	*snap = (struct snap){0};
}
