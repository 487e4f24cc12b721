// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall and the name servers that an interface has, so that they can be brought back.
#include "wgq/plan/services.h"

#include <errno.h>

#include "wgq/plan/rules.h"
#include "wgq/plan/servers.h"

/* The rules of iptables are not read for their mark, which is that of the tunnel's rules and,
 * unless somebody has changed it, the device's as well. */
static uint32_t mark_of(const struct snap *snap)
{
	if (snap->firewall_mark)
		return snap->firewall_mark;
	vec_each(tunnel, &snap->tunnel_rules)
		if (rules_is_own(tunnel, snap))
			return tunnel->rule.fwmark;
	return snap->wg.fwmark;
}

/* The rules of iptables are not read for their addresses either, which are the interface's. */
static bool list_addrs(const struct snap *snap, struct addr_vec *ret)
{
	if (!vec_reserve(ret, snap->addrs.len + snap->firewall_addrs.len))
		return false;
	vec_each(known, &snap->firewall_addrs)
		ret->at[ret->len++] = *known;
	if (!ret->len)
		vec_each(addr, &snap->addrs)
			ret->at[ret->len++] = addr->prefix.addr;
	return true;
}

int services_find(const char *ifname, const struct snap *snap, struct services *ret)
{
	snap_needs(snap, LOOK_DEVICE | LOOK_ADDRESSES | LOOK_RULES | LOOK_FIREWALL | LOOK_DNS);
	if (!list_addrs(snap, &ret->addrs) ||
	    servers_split(&snap->dns_servers, &ret->servers) < 0 ||
	    servers_split(&snap->dns_search, &ret->search) < 0)
		return -ENOMEM;
	ret->firewall = (struct firewall){.ifname = ifname,
					  .mark = mark_of(snap),
					  .ip = snap->firewall_ip,
					  .ip6 = snap->firewall_ip6,
					  .addrs = ret->addrs.at,
					  .addr_count = ret->addrs.len};
	ret->walls = snap->has_own_table ? &snap->walls : NULL;
	ret->has_firewall = (snap->firewall_ip || snap->firewall_ip6) && ret->firewall.mark;
	ret->dns = (struct dns_setting){
		.servers = &ret->servers,
		.search = &ret->search,
		.catch_all = vec_find(tunnel, &snap->tunnel_rules, rules_is_own(tunnel, snap))};
	ret->has_dns = snap_has_seen(snap, LOOK_DNS) && (ret->servers.len || ret->search.len);
	return 0;
}

void services_release(struct services *services)
{
	vec_release(&services->addrs);
	conf_texts_release(&services->servers);
	conf_texts_release(&services->search);
}
