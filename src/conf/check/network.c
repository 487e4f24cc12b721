// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of the interface: its addresses, its MTU, and the file itself.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/buf.h"

#include "internal.h"
#include "wgq/net/key_addr.h"

static bool has_secrets(const struct conf *conf, const struct source *file)
{
	if (conf->wg.has_private_key &&
	    sources_find(&conf->sources, conf->private_key_line) == file)
		return true;
	vec_each(peer, &conf->wg.peers)
		if (peer->has_preshared_key &&
		    sources_find(&conf->sources, peer->preshared_key_line) == file)
			return true;
	return false;
}

static void check_readable(struct check *c)
{
	const struct check_trust *trust = c->facts->trust;

	for (size_t i = 0; trust && i < c->conf->sources.len; i++) {
		const struct source *file = &c->conf->sources.at[i];
		_cleanup_buf_ struct buf hint = {0};

		if (!trust[i].readable || !has_secrets(c->conf, file))
			continue;
		buf_str(&hint, "chmod 600 ");
		buf_shell_word(&hint, file->path);
		check_found(c, (struct where){.file = file}, buf_text(&hint),
			    "every user of this host can read the keys in this file");
	}
}

static void check_writable(struct check *c)
{
	const struct check_trust *trust = c->facts->trust;

	for (size_t i = 0; trust && i < c->conf->sources.len; i++) {
		_cleanup_buf_ struct buf hint = {0};

		if (!trust[i].writable)
			continue;
		buf_addf(&hint, "%s ", trust[i].writable_remedy);
		buf_shell_word(&hint, trust[i].writable);
		check_found(c, (struct where){.file = &c->conf->sources.at[i]}, buf_text(&hint),
			    "%s can change this file, whose hooks are run as root",
			    trust[i].writable_by);
	}
}

static void check_no_private_key(struct check *c)
{
	if (!c->conf->wg.has_private_key && !c->conf->private_key_file.text &&
	    !c->hooks->up.opaque && !hooks_load(c->hooks) &&
	    !hooks_set(c->hooks, NULL, "private-key"))
		check_found(c, (struct where){0},
			    "write PrivateKey = and what wg genkey prints into [Interface]",
			    "the interface has no private key, so there will be no handshake");
}

/* wg-quick rewrites the file. */
static void check_saved_comments(struct check *c)
{
	if (!c->conf->save_config)
		return;
	for (uint32_t i = 0; i < c->lines.len; i++) {
		struct line line;

		line_cut(c->lines.at[i], &line);
		if (!line.read.len || line.read.at[0] != '#')
			continue;
		check_found(c, (struct where){.line = i + 1, .at = line.read},
			    "take the interface down with wgq, which keeps comments",
			    "SaveConfig: wg-quick, unlike wgq, loses all comments when it takes "
			    "the interface down");
		return;
	}
}

static int compare_addresses(const void *a, const void *b)
{
	const struct link_addr *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* One that is written down, though it follows from the key. */
static void check_derived(struct check *c, const struct link_addr *a)
{
	vec_each(in, &c->conf->address_from_key) {
		struct addr derived;

		key_addr(&c->own_key, &in->prefix, &derived);
		if (c->has_own_key && a->line != in->line &&
		    addr_compare(&derived, &a->prefix.addr) == 0)
			check_found(c, where_prefix(c, a->line, &a->prefix), "delete it",
				    "this address follows from AddressFromKey in %s",
				    check_line(c, in->line, a->line));
	}
}

static void check_duplicate_address(struct check *c)
{
	const struct link_addr_vec *given = &c->conf->addresses;
	struct link_addr_vec sorted = {0};

	if (!vec_reserve(&sorted, given->len + 1)) {
		c->no_memory = true;
		return;
	}
	vec_each(a, given)
		sorted.at[sorted.len++] = *a;
	qsort(sorted.at, sorted.len, sizeof(sorted.at[0]), compare_addresses);
	for (size_t i = 1; i < sorted.len; i++) {
		const struct link_addr *before = &sorted.at[i - 1], *a = &sorted.at[i];
		char text[ADDR_TEXT_MAX];

		/* The kernel takes an IPv4 address twice with different lengths, one of IPv6 only
		 * once (net/ipv6/addrconf.c, ipv6_add_addr()). */
		if (addr_compare(&before->prefix.addr, &a->prefix.addr) != 0 ||
		    (before->prefix.len != a->prefix.len && a->prefix.addr.family == AF_INET))
			continue;
		addr_format(&a->prefix.addr, text);
		check_found(c, where_prefix(c, a->line, &a->prefix), "delete one of the two",
			    "the address %s is in %s already, and the kernel refuses it the "
			    "second time",
			    text, check_line(c, before->line, a->line));
	}
	addrs_release(&sorted);
	vec_each(a, &c->conf->addresses)
		check_derived(c, a);
}

static void check_taken_network(struct check *c)
{
	static const char hint[] = "`ip route' or `ip -6 route' shows the interface: choose "
				   "another network for one of the two";
	char text[PREFIX_TEXT_MAX];

	vec_each(a, &c->conf->addresses) {
		struct prefix network = a->prefix;

		if (!prefix_set_has_network(&c->facts->networks, &network))
			continue;
		prefix_mask(&network);
		prefix_format(&network, text);
		check_found(c, where_prefix(c, a->line, &a->prefix), hint,
			    "another interface of this host has a route to %s as well: packets to "
			    "it go to one of the two",
			    text);
	}
	vec_each(peer, &c->conf->wg.peers) {
		vec_each(ip, &peer->allowed_ips) {
			if (ip->remove || c->conf->table_kind != TABLE_AUTO ||
			    !prefix_set_has_network(&c->facts->networks, &ip->prefix))
				continue;
			prefix_format(&ip->prefix, text);
			check_found(c, where_prefix(c, ip->line, &ip->prefix), hint,
				    "another interface of this host has a route to %s as well: "
				    "packets to it go to one of the two, or the tunnel's route is "
				    "refused",
				    text);
		}
	}
}

/* How many hosts of the network that is usual for the address have a peer to themselves. */
static size_t neighbours_of(const struct check *c, const struct link_addr *a)
{
	struct prefix usual = a->prefix;
	size_t count = 0;

	usual.len = a->prefix.addr.family == AF_INET ? 24 : 64;
	prefix_mask(&usual);
	vec_each(claim, &c->claims)
		count += claim->prefix.len == addr_bits(&claim->prefix.addr) &&
			 prefix_covers(&usual, &claim->prefix);
	return count;
}

/* Every peer gets its route all the same; where there are no routes it matters. */
static void check_address_length(struct check *c)
{
	bool off = c->conf->table_kind == TABLE_OFF;

	c->level = off ? DIAG_WARNING : DIAG_NOTE;
	for (size_t i = 0; i < c->conf->addresses.len && i < CHECK_SHOWN_MAX; i++) {
		const struct link_addr *a = &c->conf->addresses.at[i];
		_cleanup_buf_ struct buf hint = {0};
		char text[ADDR_TEXT_MAX];
		const struct where where = where_prefix(c, a->line, &a->prefix);
		bool has_length = !where.at.len || memchr(where.at.at, '/', where.at.len);

		if (has_length || !neighbours_of(c, a))
			continue;
		addr_format(&a->prefix.addr, text);
		buf_addf(&hint, "write the length of the network: %s/%d", text,
			 a->prefix.addr.family == AF_INET ? 24 : 64);
		check_found(c, where, buf_text(&hint),
			    "%s has no prefix length, so it is in no network with the peers beside "
			    "it%s",
			    text, off ? ", and Table = off adds no routes" : "");
	}
}

static void check_mtu_of(struct check *c, uint8_t family)
{
	_cleanup_buf_ struct buf why = {0}, hint = {0};

	if (conf_mtu_excludes(c->conf, family, &why, &hint))
		check_found(c, where_value(c, c->conf->mtu_line), buf_text(&hint), "%s",
			    buf_text(&why));
}

static void check_mtu_ipv4(struct check *c)
{
	check_mtu_of(c, AF_INET);
}

static void check_mtu_ipv6(struct check *c)
{
	check_mtu_of(c, AF_INET6);
}

/* Where there are endpoints of both families, or names, the smaller overhead counts. */
static void check_mtu_path(struct check *c)
{
	const struct conf *conf = c->conf;
	unsigned overhead = conf->endpoints.len ? WG_OVERHEAD_IPV4 : WG_OVERHEAD_IPV6;
	unsigned least = conf_carries(conf, AF_INET6) ? IPV6_MTU_MIN : IPV4_MTU_MIN;
	_cleanup_buf_ struct buf hint = {0};

	vec_each(peer, &conf->wg.peers)
		if (peer->has_endpoint && peer->endpoint.any.sa_family == AF_INET)
			overhead = WG_OVERHEAD_IPV4;
	if (!conf->mtu_line || c->facts->path_mtu <= overhead || conf->mtu <= least ||
	    conf->mtu <= c->facts->path_mtu - overhead)
		return;
	if (c->facts->path_mtu - overhead < least)
		buf_addf(&hint, "write %u, below which the interface has no %s", least,
			 least == IPV6_MTU_MIN ? "IPv6" : "IPv4");
	else
		buf_addf(&hint, "write %u or less, or delete the line: the MTU is then found out",
			 c->facts->path_mtu - overhead);
	check_found(c, where_value(c, conf->mtu_line), buf_text(&hint),
		    "with %u bytes around each packet, the MTU %u does not fit the way to the "
		    "endpoint, which takes %u",
		    overhead, conf->mtu, c->facts->path_mtu);
}

/* Over IPv4 a wg interface has one neighbour for all destinations, over IPv6 one for each. */
static void check_neighbours(struct check *c)
{
	const struct wg_peer *first = NULL;
	size_t count = 0;

	vec_each(peer, &c->conf->wg.peers) {
		if (!vec_find(ip, &peer->allowed_ips, ip->prefix.addr.family == AF_INET6))
			continue;
		first = first ? first : peer;
		count++;
	}
	if (!first || c->conf->shared_neighbour || c->facts->neighbours <= 0 ||
	    count <= (size_t)c->facts->neighbours)
		return;
	check_found(
		c, where_value(c, first->allowed_ips.at[0].line),
		"write SharedNeighbour = yes, or set net.ipv6.neigh.default.gc_thresh3 to twice "
		"their number",
		"%zu peers have IPv6 addresses, but the kernel's neighbour table holds %ld", count,
		c->facts->neighbours);
}

static void check_dns_tool(struct check *c)
{
	if (!c->facts->lacks_dns_tool || !conf_has_dns(c->conf))
		return;
	check_found(c, where_value(c, conf_dns_line(c->conf)),
		    "install openresolv or systemd-resolved; wgq up --dns=off does without",
		    "this host has no way to set name servers, so wgq up fails");
}

static void check_listen_on(struct check *c)
{
	char text[ADDR_TEXT_MAX];

	vec_each(on, &c->conf->listen_on) {
		addr_format(&on->addr, text);
		if (on->ifname[0] && c->facts->has_link && !c->facts->has_link(on->ifname))
			check_found(c, where_text(c, on->line, on->ifname),
				    "`ip link' lists the interfaces",
				    "this host has no interface %s, by which packets could come in",
				    on->ifname);
		else if (!on->ifname[0] && c->facts->has_address &&
			 !c->facts->has_address(&on->addr) &&
			 /* The interface's own are not there before it is up. */
			 !vec_find(own, &c->conf->addresses,
				   addr_compare(&own->prefix.addr, &on->addr) == 0))
			check_found(c, where_text(c, on->line, text),
				    "`ip address' lists the addresses",
				    "this host has no address %s, to which packets could come",
				    text);
	}
}

static bool is_multicast(const struct prefix *prefix)
{
	static const struct prefix all[] = {
		{.addr = {.family = AF_INET, .bytes = {224}}, .len = 4},
		{.addr = {.family = AF_INET6, .bytes = {255}}, .len = 8}};

	for (size_t i = 0; i < 2; i++)
		if (prefix_covers(prefix, &all[i]) || prefix_covers(&all[i], prefix))
			return true;
	return false;
}

static void check_multicast(struct check *c)
{
	if (!c->conf->multicast || hooks_load(c->hooks) || c->hooks->up.opaque)
		return;
	vec_each(peer, &c->conf->wg.peers)
		vec_each(ip, &peer->allowed_ips)
			if (!ip->remove && is_multicast(&ip->prefix))
				return;
	check_found(c, where_value(c, c->conf->multicast_line),
		    "write the groups, as 224.0.0.5/32 or ff02::5/128, into the AllowedIPs of the "
		    "peer that is to get their packets",
		    "no peer has a multicast address in its AllowedIPs: packets to a group are "
		    "dropped");
}

const struct named_check checks_of_network[] = {
	{"world-readable", DIAG_WARNING, check_readable},
	{"writable-by-others", DIAG_WARNING, check_writable},
	{"no-private-key", DIAG_WARNING, check_no_private_key},
	{"no-dns-tool", DIAG_WARNING, check_dns_tool},
	{"mtu-below-ipv4", DIAG_ERROR, check_mtu_ipv4},
	{"mtu-below-ipv6", DIAG_ERROR, check_mtu_ipv6},
	{"mtu-above-path", DIAG_WARNING, check_mtu_path},
	{"duplicate-address", DIAG_WARNING, check_duplicate_address},
	{"taken-network", DIAG_WARNING, check_taken_network},
	{"address-without-length", DIAG_NOTE, check_address_length},
	{"listen-on", DIAG_WARNING, check_listen_on},
	{"no-multicast-peer", DIAG_WARNING, check_multicast},
	{"neighbour-table", DIAG_WARNING, check_neighbours},
	{"saved-comments", DIAG_NOTE, check_saved_comments},
	{0},
};
