// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall and the name servers of a running interface.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/plan/servers.h"

#include "diff_internal.h"
#include "reload_internal.h"

static bool was_full(const struct snap *snap)
{
	vec_each(tunnel, &snap->tunnel_rules)
		if (rules_is_own(tunnel, snap))
			return true;
	return false;
}

/* The rules of iptables are not read for their mark, which is that of the tunnel's rules and,
 * unless somebody has changed it, the device's as well. */
static uint32_t mark_before(const struct snap *snap)
{
	if (snap->firewall_mark)
		return snap->firewall_mark;
	vec_each(tunnel, &snap->tunnel_rules)
		if (rules_is_own(tunnel, snap))
			return tunnel->rule.fwmark;
	return snap->wg.fwmark;
}

/* The rules of iptables are not read for their addresses either, which are the interface's. */
static bool list_addrs_before(const struct snap *snap, struct addr_vec *ret)
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

/* NULL: there is none. */
static const struct firewall *firewall_before(const struct snap *snap, struct reload *reload)
{
	struct firewall *before = &reload->firewall_before;

	*before = (struct firewall){.ifname = reload->want.conf->ifname,
				    .mark = mark_before(snap),
				    .ip = snap->firewall_ip,
				    .ip6 = snap->firewall_ip6};
	if ((!before->ip && !before->ip6) || !before->mark ||
	    !list_addrs_before(snap, &reload->firewall_addrs_before))
		return NULL;
	before->addrs = reload->firewall_addrs_before.at;
	before->addr_count = reload->firewall_addrs_before.len;
	return before;
}

bool reload_set_firewall(const struct snap *snap, const struct means *means, struct reload *reload)
{
	bool full = want_is_full(&reload->want);

	if (full ? snap->has_firewall_rules || means->firewall == MEANS_FIREWALL_NONE
		 : !snap->has_firewall)
		return true;
	struct op *op = diff_add(&reload->plan, full ? OP_FIREWALL_SET : OP_FIREWALL_REMOVE, 0);
	if (!op)
		return false;
	op->firewall.rules = reload->firewall;
	op->firewall.before = firewall_before(snap, reload);
	return true;
}

bool reload_set_dns(const struct snap *snap, const struct means *means, struct reload *reload)
{
	const struct conf *conf = reload->want.conf;
	bool is_set = snap->dns_servers.len || snap->dns_search.len;
	bool full = want_is_full(&reload->want);
	/* Only systemd-resolved is told whether all names go this way. */
	bool same_way = means->dns != MEANS_DNS_RESOLVED || full == was_full(snap);

	if (means->dns == MEANS_DNS_NONE || !snap->knows_dns || (!is_set && !conf_has_dns(conf)))
		return true;
	if (servers_split(&snap->dns_servers, &reload->dns_servers_before) < 0 ||
	    servers_split(&snap->dns_search, &reload->dns_search_before) < 0)
		return false;
	if (same_way &&
	    servers_equal(&reload->dns_servers_before, &conf->dns_servers, servers_same_address) &&
	    servers_equal(&reload->dns_search_before, &conf->dns_search, servers_same_domain))
		return true;

	struct op *op = diff_add(&reload->plan, conf_has_dns(conf) ? OP_DNS_SET : OP_DNS_UNSET,
				 conf_dns_line(conf));
	if (!op)
		return false;
	reload->dns_before = (struct dns_setting){.servers = &reload->dns_servers_before,
						  .search = &reload->dns_search_before,
						  .catch_all = was_full(snap)};
	op->dns.is = (struct dns_setting){
		.servers = &conf->dns_servers, .search = &conf->dns_search, .catch_all = full};
	op->dns.before = is_set ? &reload->dns_before : NULL;
	return true;
}
