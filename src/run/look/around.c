// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at what is around an interface.
#include "wgq/run/look/around.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/nft/forward.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/run/look/facts.h"
#include "wgq/sys/host/neighbours.h"
#include "wgq/sys/host/rp_filter.h"
#include "wgq/sys/host/sysctl.h"

/* A scoped address names its link, so nothing is to be looked up. */
static int collect(const struct snap *snap, struct around *ret)
{
	vec_each(peer, &snap->wg.peers) {
		struct addr to = endpoint_addr(&peer->endpoint);

		if (!peer->has_endpoint || endpoint_scope(&peer->endpoint) ||
		    addr_is_link_local(&to))
			continue;
		struct endpoint_way *way = vec_push(&ret->ways);
		if (!way)
			return -ENOMEM;
		way->to = to;
	}
	around_sort(ret);
	return 0;
}

static int follow(struct rtnetlink *rt, const struct snap *snap, struct endpoint_way_vec *ways,
		  struct diag *d)
{
	struct rtnetlink_path path = {0};
	int r = 0;

	vec_each(way, ways) {
		if (r == 0)
			r = rtnetlink_path_get(rt, &way->to, snap->wg.fwmark, &path, d);
		way->link = path.link.index;
		way->mtu = path.mtu;
	}
	return r;
}

/* Where a packet to the Internet would go; nothing is sent. */
static int look_out(struct rtnetlink *rt, const struct snap *snap, const char *to,
		    enum way_out *ret, char ret_tunnel[IFNAMSIZ], struct diag *d)
{
	struct rtnetlink_path path = {0};
	struct addr addr;

	addr_parse(to, strlen(to), &addr);
	int r = rtnetlink_path_get(rt, &addr, 0, &path, d);

	if (r < 0 || !path.link.index)
		*ret = OUT_NONE;
	else if (path.link.index == snap->link.index)
		*ret = OUT_HERE;
	else if (strcmp(path.link.kind, "wireguard") == 0 || strcmp(path.link.kind, "tun") == 0)
		*ret = OUT_TUNNEL;
	else
		*ret = OUT_BARE;
	if (*ret == OUT_TUNNEL)
		memcpy(ret_tunnel, path.link.name, IFNAMSIZ);
	return r;
}

int around_look(const struct snap *snap, const struct want *want, struct around *ret,
		struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	_cleanup_prefix_set_ struct prefix_set own = {0};
	long src_valid_mark = 0, forward = 0;
	uint32_t line;
	int r = rtnetlink_open(&rt, d);

	if (r < 0)
		return r;
	if (collect(snap, ret) < 0 || health_networks(snap, want, &own) < 0)
		return diag_no_memory(d);
	r = follow(rt, snap, &ret->ways, d);
	/* Two addresses of the Internet that no special range or private network has. */
	if (r == 0)
		r = look_out(rt, snap, "45.0.0.1", &ret->out_ip, ret->tunnel_ip, d);
	if (r == 0)
		r = look_out(rt, snap, "2000::1", &ret->out_ip6, ret->tunnel_ip6, d);
	if (r == 0)
		r = facts_networks(snap->link.index, &own, &ret->networks, d);
	ret->src_valid_mark =
		sysctl_get("net/ipv4/conf/all/src_valid_mark", &src_valid_mark, NULL) == 0 &&
		src_valid_mark;
	ret->lacks_forwarding = sysctl_get("net/ipv4/ip_forward", &forward, NULL) == 0 && !forward;
	if (r == 0 && want && conf_forwards(want->conf, &line))
		r = nft_forward_blockers(snap->link.name, conf_carries(want->conf, AF_INET),
					 conf_carries(want->conf, AF_INET6), &ret->blockers, d);
	ret->lacks_forwarding6 =
		sysctl_get("net/ipv6/conf/all/forwarding", &forward, NULL) == 0 && !forward;
	ret->strict_rp_filter = rp_filter_is_strict();
	(void)neighbours_count(&ret->neighbours, &ret->neighbours_max);
	return r;
}
