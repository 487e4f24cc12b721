// SPDX-License-Identifier: GPL-2.0-or-later
// Whether an interface is as its configuration says.
#include "wgq/plan/reload/same.h"

#include "wgq/net/prefix_set.h"
#include "wgq/plan/want/allowed.h"

static bool same_device(const struct wg_device *wanted, const struct wg_device *seen)
{
	if (wanted->has_private_key && !key_same_private(&wanted->private_key, &seen->private_key))
		return false;
	if (wanted->has_listen_port && wanted->listen_port != seen->listen_port)
		return false;
	return !wanted->has_fwmark || !wanted->fwmark || wanted->fwmark == seen->fwmark;
}

/* Each peer of the file is there; one that the file names twice counts once. */
static int same_peers(const struct wg_peer_vec *wanted, const struct wg_peer_vec *seen, bool *ret)
{
	struct wg_peer_pointers there = {0};
	int r = wg_peers_sort(seen, 0, &there);

	*ret = r == 0;
	vec_each(peer, wanted)
		*ret = *ret && wg_peers_find(&there, &peer->public_key);
	vec_release(&there);
	return r;
}

bool same_endpoints(const struct conf *conf, const struct wg_device *seen)
{
	struct wg_peer_pointers there = {0};
	bool same = wg_peers_sort(&seen->peers, 0, &there) == 0;
	size_t named = 0;

	for (size_t i = 0; same && i < conf->wg.peers.len; i++) {
		const struct wg_peer *wanted = &conf->wg.peers.at[i];
		const struct wg_peer *found = wg_peers_find(&there, &wanted->public_key);

		if (named < conf->endpoints.len && conf->endpoints.at[named].peer == i)
			named++;
		else if (found && found->has_endpoint && wanted->has_endpoint)
			same = endpoint_equal(&wanted->endpoint, &found->endpoint);
	}
	vec_release(&there);
	return same;
}

static int same_addresses(const struct link_addr_vec *wanted, const struct link_addr_vec *seen,
			  bool *ret)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};
	int r = prefix_set_of_addrs(seen, &there);

	*ret = r == 0;
	vec_each(addr, wanted)
		*ret = *ret && prefix_set_has(&there, &addr->prefix);
	return r;
}

static int held_prefixes(const struct wg_peer_vec *peers, struct route_vec *ret, struct diag *d)
{
	static const struct wg_peer_vec none;
	struct wg_peer_vec settled = {0};
	int r = allowed_settle(NULL, &none, peers, &settled, ret, d);

	vec_each(peer, &settled)
		wg_peer_release(peer);
	vec_release(&settled);
	return r;
}

static int same_prefixes(const struct conf *conf, const struct snap *snap, bool *ret,
			 struct diag *d)
{
	_cleanup_(routes_release) struct route_vec wanted = {0}, seen = {0};
	int r = held_prefixes(&conf->wg.peers, &wanted, d);

	if (r == 0)
		r = held_prefixes(&snap->wg.peers, &seen, d);
	*ret = r == 0 && wanted.len == seen.len;
	for (size_t i = 0; *ret && i < wanted.len; i++)
		*ret = prefix_equal(&wanted.at[i].prefix, &seen.at[i].prefix);
	return r;
}

int same_as_configured(const struct conf *conf, const struct snap *snap, bool *ret, struct diag *d)
{
	bool peers = false, addresses = false;

	*ret = false;
	snap_needs(snap, LOOK_DEVICE | LOOK_ADDRESSES);
	if (!snap->is_wireguard || !same_device(&conf->wg, &snap->wg) ||
	    (conf->mtu_line && conf->mtu != snap->link.mtu &&
	     !hooks_set_mtu(&conf->effects, snap->link.mtu)))
		return 0;
	if (same_peers(&conf->wg.peers, &snap->wg.peers, &peers) < 0 ||
	    same_addresses(&conf->addresses, &snap->addrs, &addresses) < 0)
		return diag_no_memory(d);
	return peers && addresses ? same_prefixes(conf, snap, ret, d) : 0;
}
