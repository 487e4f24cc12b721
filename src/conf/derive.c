// SPDX-License-Identifier: GPL-2.0-or-later
// Keys in files, and addresses that follow from keys.
#include "wgq/conf/derive.h"

#include <errno.h>
#include <stdlib.h>

#include "wgq/net/key_addr.h"
#include "wgq/net/walls.h"

/* An address, and whose it is. */
struct holder {
	struct addr addr;
	const struct key *key;
	uint32_t line; /* of the peer; 0: this host */
};
struct holder_vec {
	VEC(struct holder);
};

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

static int hold(struct holder_vec *holders, const struct key *key, uint32_t line,
		const struct prefix *in, struct addr *ret)
{
	struct holder *holder = vec_push(holders);

	if (!holder)
		return -ENOMEM;
	key_addr(key, in, ret);
	*holder = (struct holder){*ret, key, line};
	return 0;
}

static bool has_addr(const struct link_addr_vec *addrs, const struct addr *addr)
{
	return vec_find(known, addrs, addr_compare(&known->prefix.addr, addr) == 0);
}

static bool allows(const struct wg_peer *peer, const struct prefix *host)
{
	return vec_find(ip, &peer->allowed_ips, prefix_equal(&ip->prefix, host));
}

static int derive_own(struct conf *conf, const struct conf_prefix *in, const struct key *own,
		      struct holder_vec *holders)
{
	struct prefix derived = {.len = in->prefix.len};
	int r = hold(holders, own, 0, &in->prefix, &derived.addr);

	if (r < 0 || has_addr(&conf->addresses, &derived.addr))
		return r;
	struct link_addr *added = vec_push(&conf->addresses);
	if (!added)
		return -ENOMEM;
	*added = (struct link_addr){.prefix = derived, .line = in->line};
	return 0;
}

static int derive_peer(struct wg_peer *peer, const struct conf_prefix *in,
		       struct holder_vec *holders)
{
	struct prefix host = {.len = addr_bits(&in->prefix.addr)};
	int r = hold(holders, &peer->public_key, peer->line, &in->prefix, &host.addr);

	if (r < 0 || allows(peer, &host))
		return r;
	struct allowed_ip *added = vec_push(&peer->allowed_ips);
	if (!added)
		return -ENOMEM;
	*added = (struct allowed_ip){.prefix = host, .line = in->line};
	return 0;
}

static int refuse_collision(const struct conf *conf, const struct conf_prefix *in,
			    const struct holder *a, const struct holder *b, struct diag *d)
{
	const struct place at = conf_place(conf, in->line);
	_cleanup_buf_ struct buf text = {0};
	uint32_t first = a->line < b->line ? a->line : b->line;
	uint32_t second = a->line < b->line ? b->line : a->line;

	buf_str(&text, first ? "the peer of " : "this host");
	if (first)
		sources_name_line(&conf->sources, first, in->line, &text);
	buf_str(&text, " and the peer of ");
	sources_name_line(&conf->sources, second, in->line, &text);
	buf_str(&text, " both have ");
	addr_add(&a->addr, &text);
	return diag_fail_at(d, &at, "give more bits to the keys, by a shorter prefix",
			    "%s by their keys", buf_text(&text));
}

/* Two blocks of one key have one address. */
static int check_collisions(const struct conf *conf, const struct conf_prefix *in,
			    struct holder_vec *holders, struct diag *d)
{
	if (holders->len)
		qsort(holders->at, holders->len, sizeof(holders->at[0]), compare_holders);
	for (size_t i = 1; i < holders->len; i++) {
		const struct holder *a = &holders->at[i - 1], *b = &holders->at[i];

		if (addr_compare(&a->addr, &b->addr) == 0 && !key_equal(a->key, b->key))
			return refuse_collision(conf, in, a, b, d);
	}
	return 0;
}

int conf_derive(struct conf *conf, struct diag *d)
{
	bool has_own = conf->wg.has_private_key && !key_is_zero(&conf->wg.private_key);
	struct key own;

	/* The wall lets encrypted packets pass by it. */
	if (conf->kill_switch && !conf->wg.fwmark) {
		conf->wg.has_fwmark = true;
		conf->wg.fwmark = walls_mark(conf->ifname);
	}
	if (!conf->address_from_key.len)
		return 0;
	if (!has_own && !conf->private_key_file.text) {
		const struct place at = conf_place(conf, conf->address_from_key.at[0].line);

		return diag_fail_at(d, &at, "write PrivateKey or PrivateKeyFile",
				    "AddressFromKey needs the private key of this host");
	}
	if (has_own)
		key_public(&conf->wg.private_key, &own);
	vec_each(in, &conf->address_from_key) {
		struct holder_vec holders = {0};
		int r = has_own ? derive_own(conf, in, &own, &holders) : 0;

		vec_each(peer, &conf->wg.peers)
			/* The kernel drops a peer that is this host. */
			if (r == 0 && !(has_own && key_equal(&own, &peer->public_key)))
				r = derive_peer(peer, in, &holders);
		r = r < 0 ? diag_no_memory(d) : check_collisions(conf, in, &holders, d);
		vec_release(&holders);
		if (r < 0)
			return r;
	}
	return 0;
}

static void forget_own(const struct conf *conf, const struct key *own, struct link_addr_vec *addrs)
{
	size_t kept = 0;

	vec_each(addr, addrs) {
		bool derived = false;

		vec_each(in, &conf->address_from_key) {
			struct addr known;

			key_addr(own, &in->prefix, &known);
			derived |= addr->prefix.len == in->prefix.len &&
				   addr_compare(&known, &addr->prefix.addr) == 0;
		}
		if (!derived || has_addr(&conf->addresses, &addr->prefix.addr))
			addrs->at[kept++] = *addr;
	}
	addrs->len = kept;
}

static void forget_peer(const struct conf *conf, const struct wg_peer *wanted,
			struct wg_peer *running)
{
	vec_each(in, &conf->address_from_key) {
		struct prefix host = {.len = addr_bits(&in->prefix.addr)};
		size_t kept = 0;

		key_addr(&running->public_key, &in->prefix, &host.addr);
		if (wanted && allows(wanted, &host))
			continue;
		vec_each(ip, &running->allowed_ips)
			if (!prefix_equal(&ip->prefix, &host))
				running->allowed_ips.at[kept++] = *ip;
		running->allowed_ips.len = kept;
	}
}

int conf_forget_derived(const struct conf *conf, struct wg_device *device,
			struct link_addr_vec *addrs)
{
	struct wg_peer_pointers wanted = {0}, running = {0};
	struct key own;
	int r;

	if (!conf->address_from_key.len && !conf->private_key_file.text &&
	    !conf->preshared_key_files.len)
		return 0;
	r = wg_peers_sort(&conf->wg.peers, 0, &wanted);
	if (r == 0)
		r = wg_peers_sort(&device->peers, 0, &running);
	if (r == 0) {
		key_public(&device->private_key, &own);
		forget_own(conf, &own, addrs);
		vec_each(peer, &device->peers)
			forget_peer(conf, wg_peers_find(&wanted, &peer->public_key), peer);
		vec_each(file, &conf->preshared_key_files) {
			const struct key *key = &conf->wg.peers.at[file->peer].public_key;
			const struct wg_peer *peer = wg_peers_find(&running, key);

			if (peer)
				key_wipe(&device->peers.at[peer - device->peers.at].preshared_key);
		}
		if (conf->private_key_file.text) {
			key_wipe(&device->private_key);
			device->has_private_key = false;
		}
	}
	vec_release(&wanted);
	vec_release(&running);
	return r;
}
