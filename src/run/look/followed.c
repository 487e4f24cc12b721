// SPDX-License-Identifier: GPL-2.0-or-later
// The routes that allowed IPs follow, as they are now.
#include "wgq/run/look/followed.h"

#include <errno.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"

uint32_t followed_table(const struct conf *conf, const struct wg_device *device)
{
	return conf->table_kind == TABLE_NUMBER ? conf->table
	       : conf->table_kind == TABLE_AUTO ? device->fwmark
						: 0;
}

int followed_swallowed(uint32_t link, uint32_t mark, const struct addr_vec *endpoints,
		       struct addr_vec *ret, struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	struct rtnetlink_path path = {0};
	int r = rtnetlink_open(&rt, d);

	for (size_t i = 0; r == 0 && i < endpoints->len; i++) {
		r = rtnetlink_path_get(rt, &endpoints->at[i], mark, &path, d);
		if (r < 0 || path.link.index != link)
			continue;
		struct addr *added = vec_push(ret);
		if (!added)
			return diag_no_memory(d);
		*added = endpoints->at[i];
	}
	return r;
}

static int list_endpoints(const struct wg_device *device, struct addr_vec *ret)
{
	vec_each(peer, &device->peers) {
		if (!peer->has_endpoint || endpoint_scope(&peer->endpoint))
			continue;
		struct addr *addr = vec_push(ret);
		if (!addr)
			return -ENOMEM;
		*addr = endpoint_addr(&peer->endpoint);
	}
	return 0;
}

static int take_nexthop(const struct policy_nexthop *nexthop, void *into)
{
	return follow_take_nexthop(into, nexthop, false);
}

static int take_route(const struct policy_route *route, void *into)
{
	return follow_take_route(into, route, FOLLOW_IS);
}

int followed_read(struct follow *f, uint32_t link, const struct wg_device *device, struct diag *d)
{
	enum { TRIES = 5 };
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	struct addr_vec endpoints = {0}, swallowed = {0};
	bool interrupted = true;
	int r = rtnetlink_open(&rt, d);

	for (int i = 0; r == 0 && interrupted && i < TRIES; i++) {
		follow_restart(f);
		r = rtnetlink_routes_of(rt, link, take_nexthop, take_route, f, &interrupted, d);
	}
	if (r == 0 && list_endpoints(device, &endpoints) < 0)
		r = diag_no_memory(d);
	if (r == 0)
		r = followed_swallowed(link, device->fwmark, &endpoints, &swallowed, d);
	if (r == 0 && follow_swallowed(f, &swallowed) < 0)
		r = diag_no_memory(d);
	vec_release(&endpoints);
	vec_release(&swallowed);
	if (r < 0 || interrupted)
		follow_doubt(f);
	return r;
}

int followed_look(const struct conf *conf, uint32_t link, const struct wg_device *device,
		  struct followed_vec *ret, struct diag *d)
{
	_cleanup_follow_ struct follow *f = NULL;

	if (!conf->follow_line)
		return 0;
	if (follow_new(conf, link, followed_table(conf, device), &f) < 0)
		return diag_no_memory(d);
	int r = followed_read(f, link, device, d);
	return r == 0 && follow_list(f, ret) < 0 ? diag_no_memory(d) : r;
}
