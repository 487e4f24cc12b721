// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: looks at an interface and at what of the host concerns it.
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink/pin.h"
#include "wgq/kernel/rtnetlink/policy.h"
#include "wgq/kernel/wg/uapi.h"
#include "wgq/run/look/followed.h"
#include "wgq/sys/dns/dns.h"
#include "wgq/sys/file/config_text.h"
#include "wgq/sys/host/forwarding.h"
#include "wgq/sys/host/ipv6.h"
#include "wgq/sys/host/sysctl.h"
#include "wgq/sys/process/userspace.h"

#include "internal.h"

static const uint8_t families[] = {AF_INET, AF_INET6};

/* A device that goes meanwhile needs no mark any more. */
static int observe_marks(struct host *h, const struct observe_query *query, struct snap *snap,
			 struct diag *d)
{
	(void)h, (void)query;
	_cleanup_(links_release) struct link_vec links = {0};
	bool has_orphan =
		vec_find(tunnel, &snap->tunnel_rules, !tunnel->leads_here && !tunnel->table_used);
	int r = has_orphan ? device_list(&links, d) : 0;

	if (r == 0 && !vec_reserve(&snap->marks, links.len))
		r = diag_no_memory(d);
	for (size_t i = 0; r == 0 && i < links.len; i++) {
		_cleanup_(wg_device_release) struct wg_device device = {0};
		_cleanup_diag_ struct diag unseen = {0};
		const struct link *link = &links.at[i];
		enum device_server server;

		r = device_server_of(link, &server, d);
		if (r == 0 && device_get(link->name, server, &device, &unseen) == 0)
			snap->marks.at[snap->marks.len++] = device.fwmark;
	}
	return r;
}

/* In the table that a mark in the file, or of the device, is the number of. */
static int observe_rivals(struct host *h, const struct conf *conf, struct snap *snap,
			  struct diag *d)
{
	uint32_t table = conf && conf->wg.has_fwmark ? conf->wg.fwmark : snap->wg.fwmark;
	struct policy_route_vec *rivals = &snap->rivals;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && table && i < sizeof(families); i++) {
		const struct addr any = {.family = families[i]};
		bool is_empty;

		r = rtnetlink_policy_routes(h->rtnetlink, &any, table, rivals, &is_empty, d);
	}
	vec_each(route, rivals)
		if (route->to.len == 0 && !policy_route_leaves_by(route, h->link.index) &&
		    route->window != route_window(h->options.ifname))
			rivals->at[kept++] = *route;
	rivals->len = kept;
	return r;
}

static int observe_full_tunnel(struct host *h, const struct observe_query *query, struct snap *snap,
			       struct diag *d)
{
	int r = observe_rivals(h, query->conf, snap, d);

	if (r < 0)
		return r;
	sysctl_get("net/ipv4/conf/all/src_valid_mark", &snap->src_valid_mark, NULL);
	for (uint32_t table = SNAP_FIRST_TABLE; table >= SNAP_FIRST_TABLE; table++) {
		/* A number that some tunnel's rule carries is taken, even when its table was
		 * flushed. */
		bool is_free = !vec_find(tunnel, &snap->tunnel_rules, tunnel->rule.table == table);

		for (size_t i = 0; i < sizeof(families) && is_free; i++) {
			r = rtnetlink_table_empty(h->rtnetlink, families[i], table, &is_free, d);
			if (r < 0)
				return r;
		}
		if (is_free) {
			snap->free_table = table;
			return 0;
		}
	}
	return diag_refuse(d, ENOSPC, "every routing table from %d up is in use", SNAP_FIRST_TABLE);
}

static int observe_path(struct host *h, const union endpoint *endpoint, uint32_t mark,
			struct snap *snap, struct diag *d)
{
	struct addr addr = endpoint_addr(endpoint);
	struct rtnetlink_path path = {0};

	/* linux.bash:133 passes over scoped addresses. */
	if (endpoint_scope(endpoint))
		return 0;
	int r = rtnetlink_path_get(h->rtnetlink, &addr, mark, &path, d);
	/* A way into the tunnel itself says nothing of the network below it. */
	if (r == 0 && path.mtu && path.link.index != h->link.index &&
	    (!snap->path_mtu || path.mtu < snap->path_mtu))
		snap->path_mtu = path.mtu;
	return r;
}

/* Where the only one leads into the tunnel itself, a hook may have replaced the one that the
 * tunnel's MTU was made for; without hooks there was none. */
static int observe_default(struct host *h, const struct conf *conf, struct snap *snap,
			   struct diag *d)
{
	struct rtnetlink_path path;
	int r = rtnetlink_default_get(h->rtnetlink, h->link.index, &path, d);

	if (r < 0 || !path.mtu)
		return r;
	bool hidden = path.link.index && path.link.index == h->link.index;
	bool hooked = conf->hooks[HOOK_PRE_UP].len || conf->hooks[HOOK_POST_UP].len;
	snap->default_mtu = !hidden ? path.mtu : hooked ? path.link.mtu + WG_OVERHEAD_IPV6 : 0;
	return 0;
}

static int observe_mtu(struct host *h, const struct observe_query *query, struct snap *snap,
		       struct diag *d)
{
	const struct wg_peer_vec *lists[] = {&snap->wg.peers, &query->conf->wg.peers};

	for (size_t i = 0; i < 2; i++) {
		vec_each(peer, lists[i]) {
			int r = 0;

			if (peer->has_endpoint)
				r = observe_path(h, &peer->endpoint, query->mark, snap, d);
			if (r < 0)
				return r;
		}
	}
	return snap->path_mtu ? 0 : observe_default(h, query->conf, snap, d);
}

static int observe_link(struct host *h, const struct observe_query *query, struct snap *snap,
			struct diag *d)
{
	int r = host_refresh_link(h, query->ifname, d);

	if (r < 0)
		return r;
	bool is_other = h->own && h->link.index && h->link.index != h->own;
	/* A hook may have made it again. */
	bool is_new = query->bind && h->server != DEVICE_NONE && !h->link.up;
	if (is_other && !is_new)
		return host_is_another(h, d);
	if (query->bind && h->link.index)
		h->own = h->link.index;
	snap->link = h->link;
	snap->is_wireguard = h->server != DEVICE_NONE;
	snap->is_userspace = h->server == DEVICE_USERSPACE;
	return ipv6_look(query->ifname, false, &snap->ipv6, d);
}

/* The kernel goes by the stronger one of the interface's own setting and that of all. */
static bool promotes_secondaries(const char *ifname)
{
	const char *const names[] = {"all", ifname};
	bool promotes = false;

	for (size_t i = 0; i < 2; i++) {
		_cleanup_buf_ struct buf name = {0};
		long value = 0;

		buf_addf(&name, "net/ipv4/conf/%s/promote_secondaries", names[i]);
		promotes |= buf_status(&name) == 0 &&
			    sysctl_get(buf_text(&name), &value, NULL) == 0 && value;
	}
	return promotes;
}

static int observe_addresses(struct host *h, const struct observe_query *query, struct snap *snap,
			     struct diag *d)
{
	(void)query;
	snap->promotes_secondaries = promotes_secondaries(h->options.ifname);
	return rtnetlink_addr_list(h->rtnetlink, h->link.index, &snap->addrs, d);
}

static int observe_main_routes(struct host *h, const struct observe_query *query, struct snap *snap,
			       struct diag *d)
{
	int r = 0;

	(void)query;
	for (size_t i = 0; i < sizeof(families) && r == 0; i++)
		r = rtnetlink_route_list(h->rtnetlink, families[i], RT_TABLE_MAIN, h->link.index,
					 &snap->main_routes, d);
	return r;
}

/* What world_prepare() found; else the user's choice. */
static enum dns_backend dns_backend_of(const struct host *h)
{
	switch (h->means.dns) {
	case MEANS_DNS_RESOLVCONF:
		return DNS_RESOLVCONF;
	case MEANS_DNS_RESOLVED:
		return DNS_RESOLVED;
	case MEANS_DNS_NONE:
		return h->options.choices.dns;
	}
	return DNS_OFF;
}

static int observe_dns(struct host *h, struct snap *snap, struct diag *d)
{
	struct dns_found found = {0};
	int r = dns_get(dns_backend_of(h), h->options.ifname, &found, d);

	*(found.known ? &snap->seen : &snap->unknown) |= LOOK_DNS;
	snap->lacks_dns_tool =
		!found.known && h->options.choices.dns == DNS_AUTO && !dns_can_be_set();
	snap->dns_servers = found.servers;
	snap->dns_search = found.search;
	return r;
}

/* Runs other programs. Others may change the host meanwhile, so all else is looked at afterwards.
 */
static int ask_programs(struct host *h, const struct observe_query *query, struct snap *snap,
			struct diag *d)
{
	bool held = host_leave(h);
	int r = query->what & LOOK_FIREWALL ? host_observe_iptables(h, d) : 0;

	if (query->what & LOOK_DNS_ENTRY) {
		/* The entry may be that of another network namespace, whose tunnel is up. One of
		 * this namespace ends a moment after its link. */
		bool here = false;
		bool elsewhere = userspace_answers(query->ifname) &&
				 (wg_uapi_serves(query->ifname, &here, NULL) < 0 || !here);
		snap->has_dns = h->means.dns == MEANS_DNS_RESOLVCONF && !elsewhere &&
				dns_resolvconf_knows(h->means.resolvconf_prefix, query->ifname);
		snap->seen |= LOOK_DNS_ENTRY;
	}
	if (r == 0 && query->what & LOOK_DNS)
		r = observe_dns(h, snap, d);
	host_return(h, held);
	return r;
}

static int observe_device(struct host *h, const struct observe_query *query, struct snap *snap,
			  struct diag *d)
{
	_cleanup_buf_ struct buf name = {0};
	long tag = 0;

	buf_addf(&name, "net/ipv4/conf/%s/tag", query->ifname);
	if (buf_status(&name) == 0 && sysctl_get(buf_text(&name), &tag, NULL) == 0)
		snap->tag = (uint32_t)tag;
	return snap->is_wireguard ? device_get(query->ifname, h->server, &snap->wg, d) : 0;
}

static int observe_tables(struct host *h, const struct observe_query *query, struct snap *snap,
			  struct diag *d)
{
	int r = rtnetlink_kept_addrs(h->rtnetlink, snap->link.index, &snap->kept, d);

	(void)query;
	return r == 0 ? rtnetlink_table_list(h->rtnetlink, snap->link.index, &snap->tables,
					     &snap->kept, d)
		      : r;
}

static int observe_unlinked(struct host *h, const struct observe_query *query, struct snap *snap,
			    struct diag *d)
{
	return rtnetlink_unlinked_list(h->rtnetlink, route_window(query->ifname), &snap->barriers,
				       &snap->throws, d);
}

static int observe_followed(struct host *h, const struct observe_query *query, struct snap *snap,
			    struct diag *d)
{
	int r = followed_look(query->conf, h->link.index, &snap->wg, &snap->followed, d);

	followed_sort(&snap->followed);
	return r;
}

static int observe_pins(struct host *h, const struct observe_query *query, struct snap *snap,
			struct diag *d)
{
	return rtnetlink_pins_list(h->rtnetlink, query->ifname, &snap->pins, d);
}

static int observe_forwarding(struct host *h, const struct observe_query *query, struct snap *snap,
			      struct diag *d)
{
	(void)h;
	return forwarding_look(query->ifname, &snap->forwarding, d);
}

static int compare_lans(const void *a, const void *b)
{
	const struct lan *x = a, *y = b;
	int names = strcmp(x->ifname, y->ifname);

	return names ? names : prefix_compare(&x->network, &y->network);
}

/* The networks of the addresses of all other links. */
static int observe_lan(struct host *h, const struct observe_query *query, struct snap *snap,
		       struct diag *d)
{
	_cleanup_(links_release) struct link_vec links = {0};
	_cleanup_(addrs_release) struct link_addr_vec addrs = {0};
	int r = rtnetlink_link_list(h->rtnetlink, &links, d);
	size_t kept = 0;

	if (r == 0)
		r = rtnetlink_addr_list(h->rtnetlink, 0, &addrs, d);
	if (r < 0)
		return r;
	if (!vec_reserve(&snap->lan, addrs.len))
		return diag_no_memory(d);
	vec_each(link, &links)
		vec_each(addr, &addrs) {
			struct lan *lan = &snap->lan.at[snap->lan.len];

			if (addr->index != link->index || strcmp(link->name, query->ifname) == 0 ||
			    strcmp(link->name, "lo") == 0 ||
			    addr->prefix.len == addr_bits(&addr->prefix.addr) ||
			    !addr->prefix.len || addr_is_link_local(&addr->prefix.addr))
				continue;
			*lan = (struct lan){.network = addr->prefix};
			memcpy(lan->ifname, link->name, sizeof(lan->ifname));
			prefix_mask(&lan->network);
			snap->lan.len++;
		}
	if (snap->lan.len)
		qsort(snap->lan.at, snap->lan.len, sizeof(snap->lan.at[0]), compare_lans);
	vec_each(lan, &snap->lan)
		if (!kept || compare_lans(&snap->lan.at[kept - 1], lan) != 0)
			snap->lan.at[kept++] = *lan;
	snap->lan.len = kept;
	return 0;
}

static int observe_config(struct host *h, const struct observe_query *query, struct snap *snap,
			  struct diag *d)
{
	(void)h;
	struct config_path path = *query->config;

	return config_text_read(&path, &snap->config_text, d);
}

/* In this order: marks depend on rules. */
static const struct {
	unsigned int what;
	bool of_link; /* without a link there is nothing to see */
	int (*observe)(struct host *h, const struct observe_query *query, struct snap *snap,
		       struct diag *d);
} looks[] = {
	{LOOK_DEVICE, true, observe_device},
	{LOOK_ADDRESSES, true, observe_addresses},
	{LOOK_MAIN_ROUTES, true, observe_main_routes},
	{LOOK_TABLES, true, observe_tables},
	{LOOK_UNLINKED, false, observe_unlinked},
	{LOOK_FOLLOWED, true, observe_followed},
	{LOOK_PINS, false, observe_pins},
	{LOOK_RULES, false, host_observe_rules},
	{LOOK_MARKS, false, observe_marks},
	{LOOK_FULL_TUNNEL, false, observe_full_tunnel},
	{LOOK_FIREWALL | LOOK_FIREWALL_RULES, false, host_observe_firewall},
	{LOOK_MTU, false, observe_mtu},
	{LOOK_CONFIG, false, observe_config},
	{LOOK_FORWARDING, false, observe_forwarding},
	{LOOK_LAN, false, observe_lan},
};

/* A dry run needs no privilege: it warns of what it could not see, and goes on. */
static int take(const struct observe_query *query, unsigned int what, int r, struct snap *snap,
		struct diag *d)
{
	*(r == 0 ? &snap->seen : &snap->unknown) |= what;
	if (!query->lenient || (r != -EPERM && r != -EACCES))
		return r;
	diag_demote(d);
	return 0;
}

int host_observe(void *self, const struct observe_query *query, struct snap *ret, struct diag *d)
{
	bool programs = query->what & (LOOK_FIREWALL | LOOK_DNS_ENTRY | LOOK_DNS);
	struct host *h = self;
	int r = programs ? ask_programs(h, query, ret, d) : 0;

	if (r == 0)
		r = observe_link(h, query, ret, d);
	ret->now = time(NULL);
	for (size_t i = 0; r == 0 && i < sizeof(looks) / sizeof(looks[0]); i++) {
		unsigned int what = query->what & looks[i].what;

		if (!what)
			continue;
		if (ret->link.index || !looks[i].of_link)
			r = looks[i].observe(h, query, ret, d);
		r = take(query, what, r, ret, d);
	}
	return r;
}
