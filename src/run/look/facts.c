// SPDX-License-Identifier: GPL-2.0-or-later
// Asks the host what a check has to know of it.
#include "wgq/run/look/facts.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/kernel/nft/forward.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/dns/dns.h"
#include "wgq/sys/host/ipv6.h"
#include "wgq/sys/host/sysctl.h"
#include "wgq/sys/process/proc.h"

/* More are looked up faster by reading all routes. */
enum { ASKED_MAX = 4096 };

/* The least MTU of the ways to the endpoints. Without a mark in the file the ways of a tunnel that
 * is up may lead through itself, and are not looked at. */
static void read_path(const struct conf *conf, uint32_t *ret)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rtnetlink = NULL;
	struct rtnetlink_path path = {0};

	if (!conf->mtu_line || rtnetlink_open(&rtnetlink, NULL) < 0)
		return;
	if (!conf->wg.has_fwmark && if_nametoindex(conf->ifname))
		return;
	vec_each(peer, &conf->wg.peers) {
		struct addr to;

		if (!peer->has_endpoint)
			continue;
		to = endpoint_addr(&peer->endpoint);
		if (rtnetlink_path_get(rtnetlink, &to, conf->wg.fwmark, &path, NULL) == 0 &&
		    path.mtu && (!*ret || path.mtu < *ret))
			*ret = path.mtu;
	}
}

/* A full tunnel has a mark; without one, /0 in the allowed IPs routes nothing by itself. */
static void read_device(const struct wg_device *wg, struct check_other *ret)
{
	ret->port = wg->listen_port;
	ret->public_key = wg->public_key;
	if (key_is_zero(&ret->public_key) && !key_is_zero(&wg->private_key))
		key_public(&wg->private_key, &ret->public_key);
	ret->full_ip = wg->fwmark && check_peers_are_full(&wg->peers, AF_INET);
	ret->full_ip6 = wg->fwmark && check_peers_are_full(&wg->peers, AF_INET6);
}

/* A link without addresses that is no WireGuard is passed over. */
static int read_other(const struct link *link, const struct link_addr_vec *addrs,
		      struct check_other_vec *ret)
{
	_cleanup_(wg_device_release) struct wg_device wg = {0};
	struct check_other *other = vec_push(ret);
	enum device_server server;

	if (!other)
		return -ENOMEM;
	snprintf(other->ifname, sizeof(other->ifname), "%s", link->name);
	vec_each(addr, addrs) {
		if (addr->index != link->index)
			continue;
		struct link_addr *added = vec_push(&other->addresses);
		if (!added)
			return -ENOMEM;
		added->prefix = addr->prefix;
	}
	if (device_server_of(link, &server, NULL) == 0 && server != DEVICE_NONE &&
	    device_get(link->name, server, &wg, NULL) == 0)
		read_device(&wg, other);
	else if (!other->addresses.len)
		ret->len--;
	return 0;
}

int facts_read_others(const char *but, struct check_other_vec *ret)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rtnetlink = NULL;
	_cleanup_(links_release) struct link_vec links = {0};
	_cleanup_(addrs_release) struct link_addr_vec addrs = {0};
	int r = 0;

	if (rtnetlink_open(&rtnetlink, NULL) < 0 ||
	    rtnetlink_link_list(rtnetlink, &links, NULL) < 0 ||
	    rtnetlink_addr_list(rtnetlink, 0, &addrs, NULL) < 0)
		return 0;
	vec_each(link, &links)
		if (r == 0 && strcmp(link->name, but) != 0)
			r = read_other(link, &addrs, ret);
	return r;
}

int facts_read_kill_switches(const struct conf *conf, struct check_other_vec *ret)
{
	struct nft_owner_vec owners = {0};
	/* Who may not see tables sees none. */
	int r = conf->kill_switch && nft_walls_list(&owners, NULL) == -ENOMEM ? -ENOMEM : 0;

	vec_each(owner, &owners) {
		_cleanup_walls_ struct walls walls = {0};

		if (r < 0 || strcmp(owner->ifname, conf->ifname) == 0 ||
		    nft_walls_read(owner->ifname, &walls, NULL) < 0 ||
		    !walls_have(&walls, WALL_OUTPUT))
			continue;
		struct check_other *other =
			vec_find(known, ret, strcmp(known->ifname, owner->ifname) == 0);
		if (!other && (other = vec_push(ret)))
			memcpy(other->ifname, owner->ifname, sizeof(other->ifname));
		if (other)
			other->kill_switch = true;
		else
			r = -ENOMEM;
	}
	vec_release(&owners);
	return r;
}

int facts_networks(uint32_t index, const struct prefix_set *asked, struct prefix_set *ret,
		   struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rtnetlink = NULL;
	_cleanup_(links_release) struct link_vec tunnels = {0};
	int r = rtnetlink_open(&rtnetlink, d);

	if (r == 0)
		r = device_list(&tunnels, d);
	if (r < 0)
		return r;
	return asked && asked->len <= ASKED_MAX
		       ? rtnetlink_others_among(rtnetlink, index, &tunnels, asked, ret, d)
		       : rtnetlink_others_list(rtnetlink, index, &tunnels, ret, d);
}

void facts_read_blockers(const struct conf *conf, struct blocker_vec *ret)
{
	uint32_t line;

	if (conf_forwards(conf, &line))
		(void)nft_forward_blockers(conf->ifname, conf_carries(conf, AF_INET),
					   conf_carries(conf, AF_INET6), ret, NULL);
}

static bool has_link(const char *name)
{
	return if_nametoindex(name) != 0;
}

/* What cannot be found out is taken to be there. */
static bool has_address(const struct addr *addr)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rtnetlink = NULL;
	_cleanup_(addrs_release) struct link_addr_vec addrs = {0};

	if (rtnetlink_open(&rtnetlink, NULL) < 0 ||
	    rtnetlink_addr_list(rtnetlink, 0, &addrs, NULL) < 0)
		return true;
	vec_each(known, &addrs)
		if (addr_compare(&known->prefix.addr, addr) == 0)
			return true;
	return false;
}

void facts_read(const struct conf *conf, struct check_facts *ret)
{
	char other[IFNAMSIZ];
	long disabled = 0;

	ret->has_program = proc_exists_for_root; /* hooks are run by root */
	ret->has_link = has_link;
	ret->has_address = has_address;
	ret->lacks_dns_tool = conf_has_dns(conf) && !dns_can_be_set();
	facts_read_others(conf->ifname, &ret->others);
	facts_read_kill_switches(conf, &ret->others);
	facts_read_blockers(conf, &ret->blockers);
	(void)facts_networks(if_nametoindex(conf->ifname), NULL, &ret->networks, NULL);
	read_path(conf, &ret->path_mtu);
	if (sysctl_get("net/ipv6/neigh/default/gc_thresh3", &ret->neighbours, NULL) < 0)
		ret->neighbours = 0;
	/* Who disables it for `all' disables it on each link, where it can be enabled again. */
	ret->ipv6_off = access("/proc/net/if_inet6", F_OK) < 0 ||
			(ipv6_find(conf->ifname, other, NULL) == 0 && !other[0] &&
			 sysctl_get("net/ipv6/conf/all/disable_ipv6", &disabled, NULL) == 0 &&
			 disabled != 0);
}
