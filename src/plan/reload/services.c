// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall and the name servers of a running interface.
#include "wgq/plan/servers.h"

#include "internal.h"
#include "wgq/net/listen.h"
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

static void set_listen(struct reload *reload, const struct listen *is, const struct listen *before)
{
	struct op *op =
		plan_add(&reload->plan, OP_LISTEN_SET, reload->want.conf->listen_on.at[0].line);

	op->listen.is = *is;
	op->listen.before = before;
}

void reload_set_listen(const struct snap *snap, struct reload *reload, bool before)
{
	const struct services *was = &reload->before;
	struct listen wanted = reload->want.listen;
	uint16_t now = snap->wg.listen_port;
	uint16_t port = wanted.ports[0] ? wanted.ports[0] : now;
	const struct listen *former = was->has_listen ? &was->listen : NULL;
	bool moves = port && now && port != now;

	wanted.ports[0] = port;
	snap_needs(snap, LOOK_FIREWALL);
	if (!wanted.count) {
		if (!before && snap->has_own_table)
			plan_add(&reload->plan, OP_LISTEN_REMOVE, 0)->listen.before = former;
		return;
	}
	if (!moves && snap->own_table_is_whole && listen_same(&was->listen, &wanted))
		return;
	reload->both_ports = wanted;
	reload->both_ports.ports[1] = now;
	if (before && port)
		set_listen(reload, moves ? &reload->both_ports : &wanted, former);
	else if (!before && moves)
		set_listen(reload, &wanted, &reload->both_ports);
	else if (!before && !port)
		set_listen(reload, &wanted, former);
}

/* The kernel's WireGuard is made without it, and a tun device with it, which then is not ours to
 * take off. */
void reload_set_multicast(const struct snap *snap, struct reload *reload)
{
	const struct conf *conf = reload->want.conf;
	bool is = snap->link.multicast;
	bool stays = is && (snap->is_userspace || hooks_set_multicast(&conf->effects));

	if (conf->multicast != is && !stays)
		plan_add(&reload->plan, OP_LINK_MULTICAST, conf->multicast_line)->multicast =
			(struct op_number){conf->multicast, is};
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
