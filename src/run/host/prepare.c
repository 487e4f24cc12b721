// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: finds out, before anything is changed, how this host does things.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/plan/want/carry.h"
#include "wgq/plan/want/walls.h"
#include "wgq/plan/want/want.h"
#include "wgq/sys/dns/dns.h"
#include "wgq/sys/host/ipv6.h"
#include "wgq/sys/privilege.h"
#include "wgq/sys/process/iptables.h"
#include "wgq/sys/process/proc.h"
#include "wgq/sys/process/userspace.h"

#include "internal.h"

static void prepare_userspace(const struct choices *choices, struct means *means)
{
	means->userspace_forced = choices->userspace != NULL;
	if (choices->userspace)
		means->userspace = choices->userspace;
	else if (!choices->userspace_never && !userspace_kernel_has_wireguard() &&
		 proc_exists(userspace_program()))
		means->userspace = userspace_program();
}

static enum means_dns dns_means(enum dns_backend backend)
{
	switch (backend) {
	case DNS_RESOLVCONF:
		return MEANS_DNS_RESOLVCONF;
	case DNS_RESOLVED:
		return MEANS_DNS_RESOLVED;
	case DNS_OFF:
	case DNS_AUTO:
		return MEANS_DNS_NONE;
	}
	return MEANS_DNS_NONE;
}

static int prepare_resolvconf(struct means *means, struct diag *d)
{
	_cleanup_buf_ struct buf prefix = {0};
	int r = dns_resolvconf_prefix(NULL, &prefix, d);

	if (r < 0)
		return r;
	if (prefix.len >= sizeof(means->resolvconf_prefix))
		return diag_refuse(d, ENAMETOOLONG,
				   "the prefix in /etc/resolvconf/interface-order is too long");
	snprintf(means->resolvconf_prefix, sizeof(means->resolvconf_prefix), "%s",
		 buf_text(&prefix));
	return 0;
}

static int prepare_dns(struct host *h, const struct conf *conf, struct means *means, struct diag *d)
{
	const struct dns_config config = {
		.ifname = h->options.ifname,
		.servers = &conf->dns_servers,
		.search = &conf->dns_search,
		.catch_all = want_asks_full_tunnel(conf),
		.sources = &conf->sources,
	};
	enum dns_backend backend = DNS_OFF;

	if (!conf_has_dns(conf))
		return 0;
	int r = dns_choose(h->options.choices.dns, &config, &backend, d);
	if (r < 0)
		return r;
	means->dns = dns_means(backend);
	return means->dns == MEANS_DNS_RESOLVCONF ? prepare_resolvconf(means, d) : 0;
}

static void warn_of_dns(const struct conf *conf, const struct diag *why, struct diag *d)
{
	const struct conf_text_vec *lists[] = {&conf->dns_servers, &conf->dns_search};
	const struct place at = conf_place(conf, conf_dns_line(conf));
	_cleanup_buf_ struct buf names = {0};

	for (size_t i = 0; i < 2; i++)
		vec_each(name, lists[i])
			buf_addf(&names, "%s%s", names.len ? ", " : "", name->text);
	diag_warn_at(d, &at, why->len ? why->at[0].hint : NULL, "the name servers are not set: %s",
		     buf_text(&names));
	if (why->len)
		diag_note(d, "%s", why->at[0].message);
}

/* Without a way to set name servers up does nothing, and reload all the rest: what mends a leak
 * does not wait for them. */
static int try_dns(struct host *h, const struct conf *conf, enum purpose purpose, struct diag *d)
{
	_cleanup_diag_ struct diag found = {0};
	int r = prepare_dns(h, conf, &h->means, &found);

	/* It went away meanwhile: there is nothing to take back. */
	if (purpose == PURPOSE_DOWN)
		return 0;
	if (r < 0 && purpose == PURPOSE_RELOAD && h->options.choices.dns == DNS_AUTO) {
		warn_of_dns(conf, &found, d);
		return 0;
	}
	diag_move(d, &found);
	return r;
}

/* Where a former configuration would have set its name servers. */
static int find_dns(struct host *h, struct means *means, struct diag *d)
{
	enum dns_backend wanted = h->options.choices.dns;

	if (wanted == DNS_AUTO)
		wanted = dns_resolved_owns(NULL) ? DNS_RESOLVED : DNS_RESOLVCONF;
	if (wanted == DNS_RESOLVCONF && !proc_exists("resolvconf"))
		wanted = DNS_OFF;
	means->dns = dns_means(wanted);
	return means->dns == MEANS_DNS_RESOLVCONF ? prepare_resolvconf(means, d) : 0;
}

static int prepare_firewall(struct host *h, const struct conf *conf, struct means *means,
			    struct diag *d)
{
	_cleanup_diag_ struct diag from_nft = {0}, from_iptables = {0};
	bool needed = want_asks_full_tunnel(conf);

	if (!want_may_be_full_tunnel(conf))
		return 0;
	if (h->options.choices.firewall == FIREWALL_OFF) {
		if (!needed)
			return 0;
		diag_warn(d, "without the firewall a neighbour on the local network can send "
			     "packets to the tunnel's own addresses");
		return 0;
	}
	int r = nft_probe(&from_nft);
	if (r == 0) {
		means->firewall = MEANS_FIREWALL_NFT;
		return 0;
	}
	if (r == -EPERM && !privilege_net_admin()) {
		diag_warn(d, "cannot see without privilege whether this kernel has nf_tables");
		means->firewall = MEANS_FIREWALL_NFT;
		return 0;
	}
	const struct wg_peer_vec *peers = &conf->wg.peers;
	if (r == -EOPNOTSUPP &&
	    iptables_check(wg_peers_have_default(peers, AF_INET),
			   wg_peers_have_default(peers, AF_INET6), &from_iptables) == 0) {
		means->firewall = MEANS_FIREWALL_IPTABLES;
		return 0;
	}
	if (!needed)
		return 0;
	diag_move(d, &from_nft);
	diag_hint(d, "load nf_tables with its fib and ct expressions, or install iptables; "
		     "--firewall=off does without, but then a neighbour on the local network can "
		     "send packets to the tunnel's own addresses");
	return r;
}

static const char *walls_key(const struct conf *conf)
{
	return conf->listen_on.len      ? "ListenOn"
	       : conf_masquerades(conf) ? "Masquerade"
	       : conf->isolate_peers    ? "IsolatePeers"
					: "KillSwitch";
}

static int prepare_walls(const struct conf *conf, struct diag *d)
{
	static const uint16_t any_port[WALLS_PORTS] = {1};
	_cleanup_diag_ struct diag said = {0};
	struct walls walls = {0};
	int r = walls_of_port(conf, any_port, &walls);

	if (r == 0)
		r = walls_of_packets(conf, NULL, &walls);
	if (r < 0)
		r = diag_no_memory(&said);
	else if (walls.len)
		r = nft_walls_probe(&walls, &said);
	vec_release(&walls);
	/* For a dry run. */
	if (r == -EPERM && !privilege_net_admin())
		return 0;
	diag_move(d, &said);
	if (r < 0)
		sources_note_asked(&conf->sources, conf_walls_line(conf), d);
	if (r == -EOPNOTSUPP)
		diag_hint(d, "%s needs nf_tables: load it, or delete %s", walls_key(conf),
			  walls_key(conf));
	return r;
}

static int need_program(const char *program, struct diag *d)
{
	if (!program || proc_exists(program))
		return 0;
	diag_refuse(d, ENOENT, "there is no program `%s'", program);
	return -ENOENT;
}

/* An undo needs the program again that serves the interface now. */
static int prepare_return(struct host *h, struct means *means, struct diag *d)
{
	int r = host_refresh_link(h, h->options.ifname, d);

	if (r == 0)
		r = need_program(means->userspace_forced ? means->userspace : NULL, d);
	if (r < 0 || h->server != DEVICE_USERSPACE)
		return r;
	means->former = means->userspace ? means->userspace : userspace_program();
	r = need_program(means->former, d);
	if (r < 0)
		diag_note(d, "without it `%s' could not be brought back", h->options.ifname);
	return r;
}

int host_prepare(void *self, const struct conf *conf, enum purpose purpose, struct means *ret,
		 struct diag *d)
{
	struct host *h = self;
	struct ipv6 ipv6;
	int r = 0;

	if (purpose == PURPOSE_UP || purpose == PURPOSE_REPLACE)
		prepare_userspace(&h->options.choices, &h->means);
	if (purpose == PURPOSE_REPLACE)
		r = prepare_return(h, &h->means, d);
	if (r == 0 && purpose != PURPOSE_DOWN)
		r = ipv6_look(conf->ifname, purpose != PURPOSE_RELOAD, &ipv6, d);
	if (r == 0 && purpose != PURPOSE_DOWN)
		r = carry_check_conf(conf, &ipv6, d);
	if (r == 0 && purpose != PURPOSE_DOWN)
		r = prepare_firewall(h, conf, &h->means, d);
	if (r == 0 && purpose != PURPOSE_DOWN)
		r = prepare_walls(conf, d);
	if (r == 0 && (purpose == PURPOSE_RELOAD || purpose == PURPOSE_REPLACE) &&
	    !conf_has_dns(conf))
		r = find_dns(h, &h->means, d);
	else if (r == 0 && conf)
		r = try_dns(h, conf, purpose, d);
	*ret = h->means;
	return r;
}
