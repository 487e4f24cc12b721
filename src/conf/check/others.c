// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of a configuration beside the other interfaces of a host: what only one of two can have.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

bool check_peers_are_full(const struct wg_peer_vec *peers, uint8_t family)
{
	bool half[2] = {false, false};

	vec_each(peer, peers) {
		vec_each(ip, &peer->allowed_ips) {
			const struct prefix *p = &ip->prefix;

			if (p->addr.family != family || p->len > 1 || ip->remove)
				continue;
			half[p->addr.bytes[0] >> 7] = true;
			half[1] |= p->len == 0;
		}
	}
	return half[0] && half[1];
}

int check_other_of(const struct conf *conf, struct check_other *ret)
{
	bool routes_all = conf->table_kind == TABLE_AUTO;

	memcpy(ret->ifname, conf->ifname, sizeof(ret->ifname));
	ret->path = conf->path;
	ret->full_ip = routes_all && check_peers_are_full(&conf->wg.peers, AF_INET);
	ret->full_ip6 = routes_all && check_peers_are_full(&conf->wg.peers, AF_INET6);
	ret->port = conf->wg.listen_port;
	ret->kill_switch = conf->kill_switch;
	if (conf->wg.has_private_key && !key_is_zero(&conf->wg.private_key))
		key_public(&conf->wg.private_key, &ret->public_key);
	vec_each(addr, &conf->addresses) {
		struct link_addr *copy = vec_push(&ret->addresses);

		if (!copy)
			return -ENOMEM;
		*copy = *addr;
	}
	return 0;
}

void check_others_release(struct check_other_vec *others)
{
	vec_each(other, others)
		addrs_release(&other->addresses);
	vec_release(others);
}

static void found_beside(struct check *c, struct where where, const struct check_other *other,
			 const char *hint, const char *what)
{
	if (other->path)
		check_found(c, where, hint, "`%s' %s", other->path, what);
	else
		check_found(c, where, hint, "the interface %s %s", other->ifname, what);
}

static void check_same_key(struct check *c)
{
	vec_each(other, &c->facts->others) {
		if (!c->has_own_key || !key_equal(&other->public_key, &c->own_key))
			continue;
		found_beside(c, (struct where){.line = c->conf->private_key_line}, other,
			     "give each a key of its own, or have only one of them up at a time",
			     "has the same private key: a peer of both answers the one that it "
			     "heard last");
		return;
	}
}

static void check_same_port(struct check *c)
{
	uint16_t port = c->conf->wg.listen_port;

	vec_each(other, &c->facts->others) {
		if (!port || other->port != port)
			continue;
		found_beside(c, where_value(c, c->conf->listen_port_line), other,
			     "write another port",
			     "has the same port: only the first of the two can come up");
		return;
	}
}

static const struct check_other *other_with(const struct check *c, const struct addr *addr)
{
	vec_each(other, &c->facts->others)
		vec_each(theirs, &other->addresses)
			if (addr_compare(&theirs->prefix.addr, addr) == 0)
				return other;
	return NULL;
}

static void check_same_address(struct check *c)
{
	vec_each(own, &c->conf->addresses) {
		const struct check_other *other = other_with(c, &own->prefix.addr);
		_cleanup_buf_ struct buf what = {0};
		char text[ADDR_TEXT_MAX];

		if (!other || addr_is_link_local(&own->prefix.addr))
			continue;
		addr_format(&own->prefix.addr, text);
		buf_addf(&what,
			 "has the address %s as well: what comes to it may be dropped, or answered "
			 "by the wrong one",
			 text);
		found_beside(c, where_prefix(c, own->line, &own->prefix), other,
			     "give each an address of its own, or have only one of them up at a "
			     "time",
			     buf_text(&what));
	}
}

static struct where where_default(const struct check *c, bool ip, bool ip6)
{
	vec_each(peer, &c->conf->wg.peers)
		vec_each(allowed, &peer->allowed_ips)
			if (allowed->prefix.len <= 1 && !allowed->remove &&
			    (allowed->prefix.addr.family == AF_INET ? ip : ip6))
				return where_prefix(c, allowed->line, &allowed->prefix);
	return (struct where){0};
}

static void check_two_full(struct check *c)
{
	struct check_other own = {0};
	int r = check_other_of(c->conf, &own);

	vec_each(other, &c->facts->others) {
		bool ip = own.full_ip && other->full_ip, ip6 = own.full_ip6 && other->full_ip6;

		if (!ip && !ip6)
			continue;
		found_beside(c, where_default(c, ip, ip6), other,
			     "have only one of them up at a time, or write into AllowedIPs only "
			     "what is behind the peer",
			     "is a full tunnel as well: the one whose rules come first gets all, "
			     "and the other one nothing");
		break;
	}
	c->no_memory |= r < 0;
	addrs_release(&own.addresses);
}

static void check_two_kill_switches(struct check *c)
{
	vec_each(other, &c->facts->others) {
		if (!c->conf->kill_switch || !other->kill_switch)
			continue;
		found_beside(c, where_value(c, c->conf->kill_switch_line), other,
			     "have only one of them at a time: wgq down removes its rules as well",
			     "has a kill switch as well: each rejects what is to go through the "
			     "other one");
		return;
	}
}

static void check_forward_blocked(struct check *c)
{
	uint32_t line;

	if (!conf_forwards(c->conf, &line))
		return;
	vec_each(blocker, &c->facts->blockers) {
		_cleanup_buf_ struct buf remedy = {0};

		blocker_remedy(blocker->kind, c->conf->ifname, &remedy);
		check_found(c, where_value(c, line), buf_text(&remedy), "%s: %s",
			    blocker_text(blocker->kind), blocker->where);
	}
}

static void check_masquerade_global(struct check *c)
{
	if (conf_masquerades(c->conf) && check_has_global_ipv6(c))
		check_found(
			c, where_value(c, c->conf->masquerade_line),
			"give the peers unique local addresses (fd00::/8), or add a route back to "
			"them",
			"only IPv4 and unique local IPv6 is masqueraded: peers with addresses as "
			"global as this tunnel's keep their addresses");
}

const struct named_check checks_of_others[] = {
	{"same-private-key", DIAG_WARNING, check_same_key},
	{"same-port", DIAG_WARNING, check_same_port},
	{"same-address", DIAG_WARNING, check_same_address},
	{"two-full-tunnels", DIAG_WARNING, check_two_full},
	{"two-kill-switches", DIAG_WARNING, check_two_kill_switches},
	{"forward-blocked", DIAG_WARNING, check_forward_blocked},
	{"masquerade-global", DIAG_NOTE, check_masquerade_global},
	{0},
};
