// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall and the name servers of a running interface.
#include "wgq/plan/servers.h"

#include "internal.h"
#include "wgq/plan/steps.h"
#include "wgq/plan/want/walls.h"

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

int reload_want_walls(const struct snap *snap, struct reload *reload)
{
	const struct conf *conf = reload->want.conf;
	uint16_t now = snap->wg.listen_port;
	uint16_t port = conf->wg.listen_port ? conf->wg.listen_port : now;
	const uint16_t one[WALLS_PORTS] = {port}, both[WALLS_PORTS] = {port, now};
	int r = walls_of_port(conf, one, &reload->walls);

	if (r == 0)
		r = walls_of_packets(conf, &snap->lan, &reload->walls);
	if (r < 0 || !conf->listen_on.len || !now || port == now)
		return r;
	r = walls_of_port(conf, both, &reload->both_ports);
	return r == 0 ? walls_of_packets(conf, &snap->lan, &reload->both_ports) : r;
}

static void set_walls(struct reload *reload, const struct walls *is, const struct walls *before)
{
	struct op *op = plan_add(&reload->plan, OP_WALLS_SET, conf_walls_line(reload->want.conf));

	op->walls.is = is;
	op->walls.before = before;
	op->walls.of_port = is == &reload->both_ports || before == &reload->both_ports;
}

/* Before the device is changed, and afterwards. */
void reload_set_walls(const struct snap *snap, struct reload *reload, bool before)
{
	const struct walls *was = reload->before.walls, *wanted = &reload->walls;
	const struct walls *both = reload->both_ports.len ? &reload->both_ports : NULL;
	bool lacks_port = walls_lack_port(wanted);

	snap_needs(snap, LOOK_FIREWALL);
	if (!wanted->len) {
		if (!before && snap->has_own_table)
			plan_add(&reload->plan, OP_WALLS_REMOVE, 0)->walls.before = was;
	} else if (!both && was && snap->own_table_is_whole && walls_same(was, wanted)) {
		return;
	} else if (before ? !lacks_port : lacks_port) {
		set_walls(reload, both ? both : wanted, was);
	} else if (both) {
		set_walls(reload, wanted, both);
	}
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
