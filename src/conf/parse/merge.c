// SPDX-License-Identifier: GPL-2.0-or-later
// Peers that several files are about.
//
// Theory of operation
//
// Each [Peer] is read into a peer of its own, since its key may be its last line. Once all files
// are read, the blocks are sorted by key: a block of a drop-in belongs to the last block with its
// key in the first file that has the key. (Two in one file are left to WireGuard, which takes them
// one after the other.) Blocks that belong to no other move together, and the lists beside them,
// which name a peer by its index, follow. All of it takes n log n for n blocks.
#include <errno.h>
#include <stdlib.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

struct merger {
	struct conf *conf;
	const struct peer_facts *facts;
	size_t *home; /* by block: the one that it belongs to, or itself */
	/* By block: the last one that belongs to it and has an endpoint, a file with a preshared
	 * key, an empty list of fallback endpoints, or a date. */
	size_t *endpoint, *key_file, *fallback, *expiry;
	size_t *moved; /* by block that stays: its new index */
};

struct keyed {
	const struct key *key;
	size_t block;
};

static int compare_keyed(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int order = key_compare(x->key, y->key);

	return order ? order : (x->block > y->block) - (x->block < y->block);
}

/* The blocks from `first` on with one key; `end` is behind them. */
static void find_home(struct merger *m, const struct keyed *first, const struct keyed *end)
{
	size_t home = first->block;

	for (const struct keyed *k = first; k < end; k++) {
		if (m->facts[k->block].file == m->facts[first->block].file || key_is_zero(k->key))
			home = k->block;
		m->home[k->block] = home;
	}
}

static int find_homes(struct merger *m)
{
	const struct wg_peer_vec *peers = &m->conf->wg.peers;
	_cleanup_free_ struct keyed *sorted = mem_calloc(peers->len, sizeof(*sorted));

	m->home = mem_calloc(peers->len, sizeof(*m->home));
	if (!sorted || !m->home)
		return -ENOMEM;
	for (size_t i = 0; i < peers->len; i++)
		sorted[i] = (struct keyed){&peers->at[i].public_key, i};
	qsort(sorted, peers->len, sizeof(*sorted), compare_keyed);
	for (size_t i = 0, next; i < peers->len; i = next) {
		for (next = i + 1; next < peers->len && key_equal(sorted[next].key, sorted[i].key);)
			next++;
		find_home(m, &sorted[i], &sorted[next]);
	}
	return 0;
}

static void drop_allowed_ip(struct wg_peer *peer, const struct prefix *prefix)
{
	size_t kept = 0;

	vec_each(ip, &peer->allowed_ips)
		if (!prefix_equal(&ip->prefix, prefix))
			peer->allowed_ips.at[kept++] = *ip;
	peer->allowed_ips.len = kept;
}

/* A list that is all there is needs nothing removed by the kernel, which older ones cannot do. */
static int add_allowed_ips(struct wg_peer *to, const struct wg_peer *from)
{
	if (!vec_reserve(&to->allowed_ips, to->allowed_ips.len + from->allowed_ips.len))
		return -ENOMEM;
	vec_each(ip, &from->allowed_ips) {
		if (ip->remove && to->replace_allowed_ips)
			drop_allowed_ip(to, &ip->prefix);
		else
			to->allowed_ips.at[to->allowed_ips.len++] = *ip;
	}
	return 0;
}

static int merge_block(struct merger *m, size_t block)
{
	struct wg_peer *from = &m->conf->wg.peers.at[block];
	struct wg_peer *to = &m->conf->wg.peers.at[m->home[block]];

	if (from->has_preshared_key) {
		to->preshared_key = from->preshared_key;
		to->has_preshared_key = true;
		to->preshared_key_line = from->preshared_key_line;
	}
	if (from->endpoint_line) {
		to->endpoint = from->endpoint;
		to->has_endpoint = from->has_endpoint;
		to->endpoint_line = from->endpoint_line;
		m->endpoint[m->home[block]] = block;
	}
	if (from->has_keepalive) {
		to->keepalive = from->keepalive;
		to->has_keepalive = true;
		to->keepalive_line = from->keepalive_line;
	}
	if (m->facts[block].empties_ips) {
		to->allowed_ips.len = 0;
		to->replace_allowed_ips = true;
	}
	if (m->facts[block].empties_fallback)
		m->fallback[m->home[block]] = block;
	return add_allowed_ips(to, from);
}

/* In the order of the peers; those of one peer stay in theirs. Frees what is not kept. */
static int move_endpoints(const struct merger *m, struct conf_endpoint_vec *endpoints,
			  bool (*keeps)(const struct merger *m, size_t block))
{
	size_t peers = m->conf->wg.peers.len, kept = 0;
	_cleanup_free_ size_t *next = mem_calloc(peers + 1, sizeof(*next));
	_cleanup_free_ struct conf_endpoint *sorted = mem_calloc(endpoints->len, sizeof(*sorted));

	if (!next || !sorted)
		return -ENOMEM;
	vec_each(endpoint, endpoints) {
		if (!keeps(m, endpoint->peer)) {
			conf_endpoint_release(endpoint);
			continue;
		}
		endpoint->peer = m->moved[m->home[endpoint->peer]];
		next[endpoint->peer + 1]++;
		endpoints->at[kept++] = *endpoint;
	}
	endpoints->len = kept;
	for (size_t i = 0; i < peers; i++)
		next[i + 1] += next[i];
	vec_each(endpoint, endpoints)
		sorted[next[endpoint->peer]++] = *endpoint;
	for (size_t i = 0; i < kept; i++)
		endpoints->at[i] = sorted[i];
	return 0;
}

static bool keeps_endpoint(const struct merger *m, size_t block)
{
	return m->endpoint[m->home[block]] == block;
}

static bool keeps_fallback(const struct merger *m, size_t block)
{
	return m->fallback[m->home[block]] <= block;
}

static int compare_peers(const void *a, const void *b)
{
	const struct conf_peer_text *x = a, *y = b;

	return (x->peer > y->peer) - (x->peer < y->peer);
}

/* A peer has one at most. */
static void move_key_files(const struct merger *m)
{
	struct conf_peer_text_vec *files = &m->conf->preshared_key_files;
	size_t kept = 0;

	vec_each(file, files)
		m->key_file[m->home[file->peer]] = file->peer;
	vec_each(file, files) {
		if (m->key_file[m->home[file->peer]] != file->peer) {
			free(file->text);
			continue;
		}
		file->peer = m->moved[m->home[file->peer]];
		files->at[kept++] = *file;
	}
	files->len = kept;
	if (kept)
		qsort(files->at, kept, sizeof(*files->at), compare_peers);
}

static int compare_expiries(const void *a, const void *b)
{
	const struct conf_expiry *x = a, *y = b;

	return (x->peer > y->peer) - (x->peer < y->peer);
}

static void move_expiries(const struct merger *m)
{
	struct conf_expiry_vec *expiries = &m->conf->expiries;
	size_t kept = 0;

	vec_each(expiry, expiries)
		m->expiry[m->home[expiry->peer]] = expiry->peer;
	vec_each(expiry, expiries) {
		size_t home = m->home[expiry->peer];

		if (m->expiry[home] == expiry->peer) {
			expiry->peer = m->moved[home];
			expiries->at[kept++] = *expiry;
		}
	}
	expiries->len = kept;
	if (kept)
		qsort(expiries->at, kept, sizeof(*expiries->at), compare_expiries);
}

static int compare_routes(const void *a, const void *b)
{
	const struct conf_peer_routes *x = a, *y = b;

	return x->peer != y->peer ? (x->peer > y->peer) - (x->peer < y->peer)
				  : (x->order > y->order) - (x->order < y->order);
}

/* What the later block says replaces what the one before says, or adds to it. */
static int add_routes(struct conf_peer_routes *to, const struct conf_peer_routes *from)
{
	if (from->max_line) {
		to->max = from->max;
		to->max_line = from->max_line;
	}
	if (from->empties_accept)
		to->accept.len = 0;
	if (from->accept_line)
		to->accept_line = from->accept_line;
	if (!vec_reserve(&to->accept, to->accept.len + from->accept.len))
		return -ENOMEM;
	vec_each(prefix, &from->accept)
		to->accept.at[to->accept.len++] = *prefix;
	return 0;
}

static int move_routes(const struct merger *m)
{
	struct conf_peer_routes_vec *all = &m->conf->peer_routes;
	size_t kept = 0;
	int r = 0;

	vec_each(routes, all) {
		routes->order = routes->peer;
		routes->peer = m->moved[m->home[routes->peer]];
	}
	if (all->len)
		qsort(all->at, all->len, sizeof(*all->at), compare_routes);
	for (size_t i = 0; i < all->len; i++) {
		if (!kept || all->at[kept - 1].peer != all->at[i].peer) {
			all->at[kept++] = all->at[i];
			continue;
		}
		r = r == 0 ? add_routes(&all->at[kept - 1], &all->at[i]) : r;
		conf_peer_routes_release(&all->at[i]);
	}
	all->len = kept;
	return r;
}

static int merge_blocks(struct merger *m)
{
	struct wg_peer_vec *peers = &m->conf->wg.peers;
	size_t kept = 0;

	for (size_t i = 0; i < peers->len; i++)
		m->endpoint[i] = i;
	for (size_t i = 0; i < peers->len; i++)
		if (m->home[i] != i && merge_block(m, i) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < peers->len; i++)
		if (m->home[i] == i)
			m->moved[i] = kept++;
	if (move_endpoints(m, &m->conf->endpoints, keeps_endpoint) < 0 ||
	    move_endpoints(m, &m->conf->fallback_endpoints, keeps_fallback) < 0 ||
	    move_routes(m) < 0)
		return -ENOMEM;
	move_key_files(m);
	move_expiries(m);
	for (size_t i = 0; i < peers->len; i++) {
		if (m->home[i] == i)
			peers->at[m->moved[i]] = peers->at[i];
		else
			wg_peer_release(&peers->at[i]);
	}
	peers->len = kept;
	return 0;
}

int merge_mark(struct parser *p)
{
	struct merger m = {.conf = p->conf, .facts = p->peers.at};
	int r = p->conf->wg.peers.len ? find_homes(&m) : 0;

	for (size_t i = 0; r == 0 && i < p->conf->wg.peers.len; i++)
		if (m.home[i] != i && !m.facts[i].empties_ips)
			p->conf->wg.peers.at[i].replace_allowed_ips = false;
	free(m.home);
	return r < 0 ? diag_no_memory(p->d) : 0;
}

int merge_peers(struct parser *p)
{
	size_t peers = p->conf->wg.peers.len;
	struct merger m = {.conf = p->conf, .facts = p->peers.at};

	if (p->conf->sources.len == 1 || !peers)
		return 0;
	_cleanup_free_ size_t *tables = mem_calloc(peers, 5 * sizeof(*tables));
	m.endpoint = tables;
	m.key_file = tables + peers;
	m.fallback = tables + 2 * peers;
	m.moved = tables + 3 * peers;
	m.expiry = tables + 4 * peers;
	int r = tables ? find_homes(&m) : -ENOMEM;
	if (r == 0)
		r = merge_blocks(&m);
	free(m.home);
	return r < 0 ? diag_no_memory(p->d) : 0;
}
