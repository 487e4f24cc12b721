// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of the peers: keys, allowed IPs, and who can reach whom.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

#include "internal.h"

/* ---- what peers claim ---- */

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	if (order)
		return order;
	order = (x->peer > y->peer) - (x->peer < y->peer);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

int check_find_claims(struct check *c)
{
	const struct wg_peer_vec *peers = &c->conf->wg.peers;

	for (size_t i = 0; i < peers->len; i++) {
		vec_each(ip, &peers->at[i].allowed_ips) {
			bool ipv6 = ip->prefix.addr.family == AF_INET6;

			if (ip->remove)
				continue;
			struct claim *claim = vec_push(&c->claims);
			if (!claim)
				return -ENOMEM;
			*claim = (struct claim){ip->prefix, ip->line, (uint32_t)i};
			c->claims.has_length[ipv6][ip->prefix.len] = true;
		}
	}
	if (c->claims.len)
		qsort(c->claims.at, c->claims.len, sizeof(c->claims.at[0]), compare_claims);
	return 0;
}

const struct claim *check_owner(const struct check *c, const struct addr *a)
{
	struct prefix p = {.addr = *a};

	for (int len = addr_bits(a); len >= 0; len--) {
		if (!c->claims.has_length[a->family == AF_INET6][len])
			continue;
		p.addr = *a;
		p.len = (uint8_t)len;
		prefix_mask(&p);
		/* The last one to this very prefix. */
		size_t n = vec_before(claim, &c->claims, prefix_compare(&claim->prefix, &p) <= 0);
		if (n && prefix_equal(&c->claims.at[n - 1].prefix, &p))
			return &c->claims.at[n - 1];
	}
	return NULL;
}

/* ---- the checks ---- */

static int compare_keys(const void *a, const void *b)
{
	const struct wg_peer *const *x = a, *const *y = b;
	int order = key_compare(&(*x)->public_key, &(*y)->public_key);

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

/* The sections by their keys, those of one in the file's order. NULL: no memory. */
static const struct wg_peer **sort_by_key(struct check *c)
{
	const struct wg_peer_vec *peers = &c->conf->wg.peers;
	const struct wg_peer **sorted = mem_calloc(peers->len + 1, sizeof(*sorted));

	for (size_t i = 0; sorted && i < peers->len; i++)
		sorted[i] = &peers->at[i];
	if (sorted)
		qsort(sorted, peers->len, sizeof(*sorted), compare_keys);
	c->no_memory |= !sorted;
	return sorted;
}

/* A later block with `+` in its list adds to the earlier one, on purpose. */
static void check_duplicate_key(struct check *c)
{
	const struct wg_peer_vec *peers = &c->conf->wg.peers;
	_cleanup_free_ const struct wg_peer **sorted = sort_by_key(c);

	if (!sorted)
		return;
	for (size_t i = 1; i < peers->len; i++) {
		if (!key_equal(&sorted[i - 1]->public_key, &sorted[i]->public_key) ||
		    !sorted[i]->replace_allowed_ips || key_is_zero(&sorted[i]->public_key))
			continue;
		check_found(c, where_value(c, sorted[i]->public_key_line),
			    "give each peer a key of its own, or make one [Peer] of the two",
			    "the peer of %s has the same public key: they are one peer, and "
			    "the allowed IPs above are lost",
			    check_line(c, sorted[i - 1]->line, sorted[i]->line));
	}
}

static void check_own_key(struct check *c)
{
	vec_each(peer, &c->conf->wg.peers)
		if (c->has_own_key && key_equal(&c->own_key, &peer->public_key))
			check_found(c, where_value(c, peer->public_key_line),
				    "write the public key of the other side, as `wg show` prints "
				    "it there",
				    "this is the public key of this interface itself, so the "
				    "kernel ignores the peer");
}

static void check_zero_key(struct check *c)
{
	const struct conf *conf = c->conf;

	if (conf->wg.has_private_key && key_is_zero(&conf->wg.private_key))
		check_found(c, where_value(c, conf->private_key_line), "make one with wg genkey",
			    "the private key is all zero, which means that there is none");
	vec_each(peer, &conf->wg.peers) {
		if (key_is_zero(&peer->public_key))
			check_found(c, where_value(c, peer->public_key_line),
				    "write the public key of the other side",
				    "the public key is all zero, so there will be no handshake");
		if (peer->has_preshared_key && key_is_zero(&peer->preshared_key))
			check_found(
				c, where_value(c, peer->preshared_key_line),
				"make one with wg genpsk, or delete the line",
				"the preshared key is all zero, which means that there is none");
	}
}

static void check_duplicate_allowed_ip(struct check *c)
{
	const struct wg_peer *peers = c->conf->wg.peers.at;

	for (size_t i = 1; i < c->claims.len; i++) {
		const struct claim *before = &c->claims.at[i - 1], *claim = &c->claims.at[i];
		char text[PREFIX_TEXT_MAX];

		if (!prefix_equal(&before->prefix, &claim->prefix) ||
		    key_equal(&peers[before->peer].public_key, &peers[claim->peer].public_key))
			continue;
		prefix_format(&claim->prefix, text);
		check_found(c, where_prefix(c, claim->line, &claim->prefix),
			    "give it to one of them; the last one in the file gets it",
			    "%s is given to this peer, and taken from the one of %s", text,
			    check_line(c, peers[before->peer].line, claim->line));
	}
}

/* An allowed IP in the order of the file. */
struct step {
	const struct allowed_ip *ip;
	size_t order;
};

static int compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	int order = prefix_compare(&x->ip->prefix, &y->ip->prefix);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* What the sections of one peer leave it with: the last one that says whether it has a prefix
 * counts. */
static bool keeps_allowed_ips(struct check *c, const struct wg_peer **sections, size_t count)
{
	struct {
		VEC(struct step);
	} steps = {0};
	bool keeps = false;

	for (size_t i = 0; i < count; i++) {
		if (sections[i]->replace_allowed_ips)
			steps.len = 0;
		vec_each(ip, &sections[i]->allowed_ips) {
			struct step *step = vec_push(&steps);

			if (step)
				*step = (struct step){ip, steps.len};
			c->no_memory |= !step;
		}
	}
	if (steps.len)
		qsort(steps.at, steps.len, sizeof(steps.at[0]), compare_steps);
	for (size_t i = 0; i < steps.len && !keeps; i++)
		keeps = !steps.at[i].ip->remove &&
			(i + 1 == steps.len ||
			 !prefix_equal(&steps.at[i].ip->prefix, &steps.at[i + 1].ip->prefix));
	vec_release(&steps);
	return keeps;
}

/* Hooks may add them. */
static void check_no_allowed_ips(struct check *c)
{
	size_t count = c->conf->wg.peers.len, next;
	_cleanup_free_ const struct wg_peer **sorted = sort_by_key(c);

	if (!sorted || c->hooks->up.opaque || hooks_load(c->hooks))
		return;
	for (size_t i = 0; i < count; i = next) {
		const struct wg_peer *last;

		for (next = i + 1;
		     next < count && key_equal(&sorted[i]->public_key, &sorted[next]->public_key);)
			next++;
		last = sorted[next - 1];
		if (keeps_allowed_ips(c, sorted + i, next - i) ||
		    hooks_set(c->hooks, &last->public_key, "allowed-ips"))
			continue;
		check_found(c,
			    where_in_peer(c, last,
					  last->allowed_ips.len ? last->allowed_ips.at[0].line : 0),
			    last->replace_allowed_ips
				    ? "write AllowedIPs = and the peer's addresses or networks"
				    : "write the peer's addresses or networks; a - takes away what "
				      "is there before",
			    "this peer has no allowed IPs: nothing is sent to it, and what it "
			    "sends is dropped");
	}
}

static void check_own_address(struct check *c)
{
	const struct claim *last = NULL;

	vec_each(own, &c->conf->addresses) {
		const struct claim *claim = check_owner(c, &own->prefix.addr);
		char text[ADDR_TEXT_MAX];

		if (!claim || claim == last ||
		    claim->prefix.len != addr_bits(&claim->prefix.addr) ||
		    addr_compare(&own->prefix.addr, &claim->prefix.addr) != 0)
			continue;
		last = claim;
		addr_format(&own->prefix.addr, text);
		check_found(c, where_prefix(c, claim->line, &claim->prefix),
			    "write the addresses of the other side here",
			    "%s is the address of this interface itself (%s), not the peer's", text,
			    check_line(c, own->line, claim->line));
	}
}

static bool has_named_endpoint(const struct conf *conf, size_t peer)
{
	/* They are in the order of the peers. */
	size_t at = vec_before(endpoint, &conf->endpoints, endpoint->peer < peer);

	return at < conf->endpoints.len && conf->endpoints.at[at].peer == peer;
}

static bool has_port(const struct conf *conf)
{
	return conf->wg.listen_port || conf->listen_port.text;
}

/* Neither side could begin, unless a hook tells either of the other. */
static void check_no_meeting(struct check *c)
{
	const struct conf *conf = c->conf;

	if (has_port(conf) || c->hooks->up.opaque || hooks_load(c->hooks) ||
	    hooks_set(c->hooks, NULL, "listen-port"))
		return;
	for (size_t i = 0; i < conf->wg.peers.len; i++) {
		const struct wg_peer *peer = &conf->wg.peers.at[i];

		if (!peer->has_endpoint && !has_named_endpoint(conf, i) &&
		    !hooks_set(c->hooks, &peer->public_key, "endpoint"))
			check_found(c, where_in_peer(c, peer, peer->endpoint_line),
				    "write ListenPort = in [Interface], or Endpoint = here",
				    "this peer has no endpoint, and this side's port is a random "
				    "one: neither can reach the other");
	}
}

/* A full tunnel is talked through all the time, and it is always its own side that begins. */
static void check_keepalive(struct check *c)
{
	const struct conf *conf = c->conf;

	if (has_port(conf) || c->claims.has_length[0][0] || c->claims.has_length[1][0] ||
	    c->hooks->len)
		return;
	for (size_t i = 0; i < conf->wg.peers.len; i++) {
		const struct wg_peer *peer = &conf->wg.peers.at[i];

		if ((peer->has_endpoint || has_named_endpoint(conf, i)) && !peer->has_keepalive)
			check_found(c, where_in_peer(c, peer, peer->endpoint_line),
				    "if it has to, write PersistentKeepalive = 25",
				    "behind a NAT or firewall, the peer can reach this side only "
				    "for a while after this side has sent something");
	}
}

static void check_repeated_key(struct check *c)
{
	vec_each(repeat, &c->conf->repeats)
		check_found(
			c, where_value(c, repeat->line),
			repeat->is_public_key
				? "write [Peer] before the second peer, or delete one of the lines"
				: "delete one of the lines",
			repeat->is_public_key
				? "this peer has a %s in %s already, and this one is used: "
				  "is a [Peer] missing between the two?"
				: "%s is set in %s already: this line is used",
			repeat->key, check_line(c, repeat->former, repeat->line));
}

const struct named_check checks_of_peers[] = {
	{"zero-key", DIAG_WARNING, check_zero_key},
	{"repeated-key", DIAG_WARNING, check_repeated_key},
	{"duplicate-public-key", DIAG_WARNING, check_duplicate_key},
	{"own-public-key", DIAG_WARNING, check_own_key},
	{"duplicate-allowed-ip", DIAG_WARNING, check_duplicate_allowed_ip},
	{"no-allowed-ips", DIAG_WARNING, check_no_allowed_ips},
	{"own-address-at-peer", DIAG_WARNING, check_own_address},
	{"cannot-meet", DIAG_WARNING, check_no_meeting},
	{"no-keepalive", DIAG_NOTE, check_keepalive},
	{0},
};
