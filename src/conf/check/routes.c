// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of the ways that packets will take: loops, leaks, name servers.
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

static bool table_is_main(const struct conf *conf)
{
	return (conf->table_kind == TABLE_NUMBER && conf->table == RT_TABLE_MAIN) ||
	       (conf->table_kind == TABLE_NAME && strcmp(conf->table_name, "main") == 0);
}

/* Routes that apply to all of the host's packets are added for the allowed IPs. */
static bool routes_all(const struct conf *conf)
{
	return conf->table_kind == TABLE_AUTO || table_is_main(conf);
}

/* ---- endpoints ---- */

static bool is_no_host(const struct addr *a)
{
	static const struct addr none4 = {.family = AF_INET}, none6 = {.family = AF_INET6};
	bool multicast = a->family == AF_INET ? a->bytes[0] >= 224 : a->bytes[0] == 0xff;

	return multicast || addr_compare(a, &none4) == 0 || addr_compare(a, &none6) == 0;
}

static void check_endpoint(struct check *c)
{
	vec_each(peer, &c->conf->wg.peers) {
		const struct addr a =
			peer->has_endpoint ? endpoint_addr(&peer->endpoint) : (struct addr){0};

		if (!a.family)
			continue;
		if (endpoint_port(&peer->endpoint) == 0)
			check_found(c, where_in_peer(c, peer, peer->endpoint_line),
				    "write the port on which the peer listens, often 51820",
				    "nothing can be sent to port 0");
		else if (is_no_host(&a))
			check_found(c, where_in_peer(c, peer, peer->endpoint_line),
				    "write the address by which the peer can be reached",
				    "no host has this address");
	}
	vec_each(e, &c->conf->endpoints)
		if (strcmp(e->port, "0") == 0)
			check_found(c, where_value(c, e->line),
				    "write the port on which the peer listens, often 51820",
				    "nothing can be sent to port 0");
}

/* ---- loops ---- */

/* Whether a rule sends the encrypted packets to its table: it has no selector, or only that of a
 * mark that they have, or `not` one that they do not have. */
static bool rule_catches(const struct effect *e, const struct conf *conf)
{
	bool selects = false, has_mark = false, own_mark = false;

	vec_each(word, &e->words) {
		if (strncmp(*word, "fwmark ", 7) == 0) {
			has_mark = true;
			own_mark = conf->wg.has_fwmark &&
				   strtoul(*word + 7, NULL, 0) == conf->wg.fwmark;
		} else if (strncmp(*word, "table ", 6) != 0 && strncmp(*word, "pref ", 5) != 0 &&
			   strcmp(*word, "not") != 0) {
			selects = true;
		}
	}
	if (selects)
		return false;
	return has_mark ? own_mark != effect_has(e, "not") : !effect_has(e, "not");
}

/* The table that the routes go to is one that a hook's rule leads all packets to. */
static bool hook_leads_here(const struct check *c, bool ipv6)
{
	char table[32];

	if (c->conf->table_kind != TABLE_NUMBER)
		return false;
	snprintf(table, sizeof(table), "table %u", c->conf->table);
	vec_each(e, &c->hooks->up)
		if (e->kind == EFFECT_RULE && e->add && e->ipv6 == ipv6 && effect_has(e, table) &&
		    rule_catches(e, c->conf))
			return true;
	return false;
}

bool check_excludes(const struct check *c, const struct addr *a)
{
	const struct prefix host = {.addr = *a, .len = addr_bits(a)};

	vec_each(excluded, &c->conf->excluded_ips)
		if (prefix_covers(&excluded->prefix, &host))
			return true;
	return false;
}

/* Another interface is in a network that holds the address, and none of ours is closer. */
bool check_is_elsewhere(const struct check *c, const struct addr *a, uint8_t than)
{
	const struct prefix host = {.addr = *a, .len = addr_bits(a)};

	vec_each(network, &c->facts->networks)
		if (network->len >= than && prefix_covers(network, &host))
			return true;
	return false;
}

/* The prefix whose route into the tunnel the packets to the peer's endpoint take. */
static bool find_loop(const struct check *c, const struct wg_peer *peer, const struct addr *a,
		      struct prefix *ret)
{
	const struct claim *claim = check_owner(c, a);
	const struct prefix host = {.addr = *a, .len = addr_bits(a)};

	/* What goes to another peer is wrapped twice, which works. */
	if (claim && key_equal(&c->conf->wg.peers.at[claim->peer].public_key, &peer->public_key)) {
		bool full = c->conf->table_kind == TABLE_AUTO && claim->prefix.len == 0;

		*ret = claim->prefix;
		if ((routes_all(c->conf) && !full) || hook_leads_here(c, a->family == AF_INET6))
			return true;
	}
	vec_each(own, &c->conf->addresses) {
		*ret = own->prefix;
		prefix_mask(ret);
		if (own->prefix.len < host.len && prefix_covers(&own->prefix, &host))
			return true;
	}
	return false;
}

/* A route or a rule for the endpoint, or for the packets that have a mark, has seen to it. */
static bool hooks_care(const struct check *c, const struct addr *a)
{
	const struct prefix host = {.addr = *a, .len = addr_bits(a)};

	vec_each(e, &c->hooks->up) {
		const char *dev = effect_value(e, "dev");
		bool rule = e->kind == EFFECT_RULE;
		struct prefix to;

		if (!e->add || (!rule && e->kind != EFFECT_ROUTE))
			continue;
		if (rule && table_is_main(c->conf) && effect_value(e, "fwmark"))
			return true;
		if (effect_value(e, "to") && !(dev && strcmp(dev, c->conf->ifname) == 0) &&
		    (effect_prefix(e, "to", &to) ? to.len && prefix_covers(&to, &host) : e->open))
			return true;
	}
	return c->hooks->up.opaque;
}

static const char *loop_hint(const struct conf *conf, const struct prefix *route)
{
	if (table_is_main(conf))
		return "delete the line with Table, or take the endpoint out of the allowed IPs";
	if (conf->table_kind == TABLE_AUTO && route->len == 1)
		return "write 0.0.0.0/0 or ::/0 in place of its halves: for these the encrypted "
		       "packets are told apart";
	return "take the endpoint out of the networks of the tunnel";
}

static void check_loop(struct check *c)
{
	vec_each(peer, &c->conf->wg.peers) {
		char address[ADDR_TEXT_MAX], text[PREFIX_TEXT_MAX];
		struct prefix route;

		if (!peer->has_endpoint || peer->endpoint.any.sa_family == AF_UNSPEC)
			continue;
		const struct addr a = endpoint_addr(&peer->endpoint);
		if (!find_loop(c, peer, &a, &route) || check_excludes(c, &a) ||
		    check_is_elsewhere(c, &a, route.len))
			continue;
		addr_format(&a, address);
		if (c->found < CHECK_SHOWN_MAX && hooks_care(c, &a))
			continue;
		prefix_format(&route, text);
		check_found(c, where_in_peer(c, peer, peer->endpoint_line),
			    loop_hint(c->conf, &route),
			    "%s is in %s, which is routed into the tunnel: its own encrypted "
			    "packets would go there again",
			    address, text);
	}
}

/* ---- leaks ---- */

enum coverage { COVERS_LITTLE, COVERS_MOST, COVERS_ALL };

/* How much of the Internet the allowed IPs of a family hold: of IPv6, of 2000::/3. Without one /0,
 * a list of all networks but a few means a full tunnel as well. */
static enum coverage coverage(const struct check *c, uint8_t family)
{
	static const struct prefix internet6 = {.addr = {.family = AF_INET6, .bytes = {0x20}},
						.len = 3};
	const uint64_t whole = family == AF_INET ? 1ULL << 32 : 1ULL << 61;
	const struct prefix *last = NULL;
	uint64_t sum = 0;

	vec_each(claim, &c->claims) {
		const struct prefix *p = &claim->prefix;

		if (p->addr.family != family || (last && prefix_covers(last, p)))
			continue;
		last = p;
		if (family == AF_INET)
			sum += 1ULL << (32 - p->len);
		else if (prefix_covers(p, &internet6))
			sum = whole;
		else if (p->len <= 64 && prefix_covers(&internet6, p))
			sum += 1ULL << (64 - p->len);
	}
	return sum >= whole ? COVERS_ALL : sum >= whole / 2 ? COVERS_MOST : COVERS_LITTLE;
}

/* Where the allowed IPs that make the tunnel full are. */
static struct where where_full(const struct check *c, uint8_t family)
{
	vec_each(claim, &c->claims)
		if (claim->prefix.addr.family == family && claim->prefix.len <= 1)
			return where_prefix(c, claim->line, &claim->prefix);
	return (struct where){0};
}

/* NAME=1 of sysctl, or the file below /proc/sys; of the tunnel alone it keeps nothing in. */
static bool turns_ipv6_off(const struct check *c, const char *setting)
{
	static const char name[] = "disable_ipv6";
	size_t n = strcspn(setting, "="), own = strlen(c->conf->ifname);

	if (n < sizeof(name) || memcmp(setting + n - strlen(name), name, strlen(name)) != 0 ||
	    strcmp(setting + n, "=0") == 0)
		return false;
	n -= sizeof(name);
	return n < own || memcmp(setting + n - own, c->conf->ifname, own) != 0;
}

/* A firewall for the family, or the family switched off. */
static bool hooks_stop(const struct check *c, uint8_t family)
{
	bool ipv6 = family == AF_INET6;

	vec_each(hook, c->hooks) {
		vec_each(command, &hook->script) {
			const char *name = hook->up ? hook_program_name(command) : NULL;

			if (name && hook_is_iptables(name) &&
			    (strncmp(name, "ip6", 3) == 0) == ipv6)
				return true;
		}
	}
	vec_each(e, &c->hooks->up) {
		vec_each(word, &e->words) {
			if (e->kind == EFFECT_NFT &&
			    (strncmp(*word, "inet ", 5) == 0 ||
			     strncmp(*word, ipv6 ? "ip6 " : "ip ", ipv6 ? 4 : 3) == 0))
				return true;
			if (ipv6 && (e->kind == EFFECT_SETTING || e->kind == EFFECT_VALUES) &&
			    turns_ipv6_off(c, *word))
				return true;
		}
	}
	return c->hooks->up.opaque;
}

static void check_ipv6_leak(struct check *c)
{
	if (!routes_all(c->conf) || c->facts->ipv6_off || coverage(c, AF_INET) != COVERS_ALL ||
	    coverage(c, AF_INET6) != COVERS_LITTLE || hooks_stop(c, AF_INET6))
		return;
	check_found(c, where_full(c, AF_INET),
		    "add ::/0 to it, which also keeps IPv6 in where the tunnel has none",
		    "all of IPv4 goes through the tunnel, but IPv6 goes past it");
}

/* A tunnel for IPv6 alone is nothing unusual; one with an address of IPv4 that nothing uses is. */
static void check_ipv4_leak(struct check *c)
{
	if (!routes_all(c->conf) || coverage(c, AF_INET6) != COVERS_ALL ||
	    vec_find(claim, &c->claims, claim->prefix.addr.family == AF_INET) ||
	    !addrs_have_family(&c->conf->addresses, AF_INET) || hooks_stop(c, AF_INET))
		return;
	check_found(c, where_full(c, AF_INET6), "add 0.0.0.0/0 to it",
		    "all of IPv6 goes through the tunnel, but IPv4 goes past it, though the "
		    "interface has an IPv4 address");
}

/* ---- name servers ---- */

/* RFC 1918, 6598, 4193: they are reached in some network of their own, not over the Internet. */
bool check_is_private(const struct addr *a)
{
	static const struct prefix networks[] = {
		{.addr = {.family = AF_INET, .bytes = {10}}, .len = 8},
		{.addr = {.family = AF_INET, .bytes = {172, 16}}, .len = 12},
		{.addr = {.family = AF_INET, .bytes = {192, 168}}, .len = 16},
		{.addr = {.family = AF_INET, .bytes = {100, 64}}, .len = 10},
		{.addr = {.family = AF_INET6, .bytes = {0xfc}}, .len = 7},
	};
	const struct prefix host = {.addr = *a, .len = addr_bits(a)};

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if (prefix_covers(&networks[i], &host))
			return true;
	return false;
}

bool check_has_global_ipv6(const struct check *c)
{
	return vec_find(own, &c->conf->addresses,
			own->prefix.addr.family == AF_INET6 &&
				!addr_is_link_local(&own->prefix.addr) &&
				!check_is_private(&own->prefix.addr));
}

/* Of this host itself, or of the link that is named. */
static bool is_local(const struct check *c, const struct addr *a)
{
	static const struct addr loopback6 = {.family = AF_INET6, .bytes = {[15] = 1}};
	bool link_local = addr_is_link_local(a);

	if (link_local || addr_compare(a, &loopback6) == 0 ||
	    (a->family == AF_INET && a->bytes[0] == 127))
		return true;
	vec_each(own, &c->conf->addresses)
		if (addr_compare(&own->prefix.addr, a) == 0)
			return true;
	return check_is_elsewhere(c, a, 1);
}

/* The servers beside the tunnel: private ones, or the others. */
static void check_servers(struct check *c, bool private_ones, const char *hint, const char *so)
{
	if (!routes_all(c->conf) || !c->claims.len)
		return;
	vec_each(server, &c->conf->dns_servers) {
		struct addr a;

		if (addr_parse(server->text, strlen(server->text), &a) < 0 || is_local(c, &a) ||
		    check_owner(c, &a) || check_is_private(&a) != private_ones)
			continue;
		check_found(c, where_text(c, server->line, server->text), hint,
			    "the name server %s is in no peer's allowed IPs, so %s", server->text,
			    so);
	}
}

static void check_dns(struct check *c)
{
	check_servers(c, true, "add it to the AllowedIPs of the peer behind which it is",
		      "it is not asked through the tunnel");
}

static void check_dns_public(struct check *c)
{
	check_servers(c, false, "to ask it through the tunnel, add it to a peer's AllowedIPs",
		      "all names are looked up outside of the tunnel");
}

const struct named_check checks_of_routes[] = {
	{"unusable-endpoint", DIAG_WARNING, check_endpoint},
	{"routing-loop", DIAG_WARNING, check_loop},
	{"ipv6-leak", DIAG_WARNING, check_ipv6_leak},
	{"ipv4-leak", DIAG_WARNING, check_ipv4_leak},
	{"dns-outside-tunnel", DIAG_WARNING, check_dns},
	{"public-dns-outside-tunnel", DIAG_NOTE, check_dns_public},
	{0},
};
