// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall and the name servers of a running interface.
#include "wgq/plan/servers.h"

#include "internal.h"
#include "wgq/plan/steps.h"

void reload_set_firewall(const struct snap *snap, const struct means *means, struct reload *reload)
{
	bool full = want_is_full(&reload->want);

	snap_needs(snap, full ? LOOK_FIREWALL_RULES : LOOK_FIREWALL);
	if (full ? snap->has_firewall_rules || means->firewall == MEANS_FIREWALL_NONE
		 : !snap->has_firewall)
		return;
	struct op *op = plan_add(&reload->plan, full ? OP_FIREWALL_SET : OP_FIREWALL_REMOVE, 0);
	op->firewall.rules = reload->firewall;
	op->firewall.before = reload->before.has_firewall ? &reload->before.firewall : NULL;
}

void reload_set_dns(const struct snap *snap, const struct means *means, struct reload *reload)
{
	const struct conf *conf = reload->want.conf;
	const struct services *before = &reload->before;
	bool full = want_is_full(&reload->want);
	/* Only systemd-resolved is told whether all names go this way. */
	bool same_way = means->dns != MEANS_DNS_RESOLVED || full == before->dns.catch_all;

	if (means->dns == MEANS_DNS_NONE || !snap_has_seen(snap, LOOK_DNS) ||
	    (!before->has_dns && !conf_has_dns(conf)))
		return;
	if (same_way && servers_equal(&before->servers, &conf->dns_servers, servers_same_address) &&
	    servers_equal(&before->search, &conf->dns_search, servers_same_domain))
		return;

	struct op *op = plan_add(&reload->plan, conf_has_dns(conf) ? OP_DNS_SET : OP_DNS_UNSET,
				 conf_dns_line(conf));
	op->dns.is = (struct dns_setting){
		.servers = &conf->dns_servers, .search = &conf->dns_search, .catch_all = full};
	op->dns.before = before->has_dns ? &before->dns : NULL;
}
