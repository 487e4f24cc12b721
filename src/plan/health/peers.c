// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with the peers of an interface.
#include <errno.h>

#include "wgq/base/mem.h"

#include "internal.h"

/* A handshake initiation on the wire (whitepaper, 5.4.2). The first one may still be answered: it
 * is repeated after 5 seconds (REKEY_TIMEOUT). */
enum { INITIATION_BYTES = 148 };

/* Which peer holds a prefix, and which block of the file is about a peer: sorted, so that 10,000
 * peers are looked up at once. Only made when a peer has no allowed IPs. */
struct holder {
	struct prefix prefix;
	const struct wg_peer *peer;
};

struct losses {
	struct {
		VEC(struct holder);
	} holders;
	struct wg_peer_pointers blocks;
	bool made;
};

static void losses_release(struct losses *losses)
{
	vec_release(&losses->holders);
	vec_release(&losses->blocks);
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static int losses_make(const struct health_input *in, struct losses *losses)
{
	losses->made = true;
	vec_each(peer, &in->snap->wg.peers) {
		vec_each(ip, &peer->allowed_ips) {
			struct holder *holder = vec_push(&losses->holders);
			if (!holder)
				return -ENOMEM;
			*holder = (struct holder){ip->prefix, peer};
		}
	}
	if (losses->holders.len)
		qsort(losses->holders.at, losses->holders.len, sizeof(*losses->holders.at),
		      compare_holders);
	return wg_peers_sort(&in->want->conf->wg.peers, 0, &losses->blocks);
}

/* The first prefix that the file gives to a peer and another one holds; NULL: there is none. */
static const struct holder *find_loss(const struct losses *losses, const struct wg_peer *peer)
{
	const struct wg_peer *block = wg_peers_find(&losses->blocks, &peer->public_key);

	if (!block || !losses->holders.len)
		return NULL;
	vec_each(ip, &block->allowed_ips) {
		struct holder key = {.prefix = ip->prefix};

		prefix_mask(&key.prefix);
		const struct holder *holder = bsearch(&key, losses->holders.at, losses->holders.len,
						      sizeof(key), compare_holders);
		if (holder)
			return holder;
	}
	return NULL;
}

static void name_holder(const struct health_input *in, const struct holder *holder,
			struct buf *detail)
{
	const char *name = peer_names_find(in->names, &holder->peer->public_key);
	char prefix[PREFIX_TEXT_MAX], key[KEY_BASE64_LEN + 1];

	prefix_format(&holder->prefix, prefix);
	key_to_base64(&holder->peer->public_key, key);
	buf_addf(detail, "%s is with ", prefix);
	buf_printable(detail, name ? name : key, strlen(name ? name : key));
}

static int check_allowed_ips(const struct health_input *in, long index, struct losses *losses,
			     struct finding_vec *ret)
{
	const struct wg_peer *peer = &in->snap->wg.peers.at[index];
	_cleanup_buf_ struct buf detail = {0};

	if (peer->allowed_ips.len)
		return 0;
	if (in->want && !losses->made && losses_make(in, losses) < 0)
		return -ENOMEM;
	const struct holder *holder = find_loss(losses, peer);
	if (!holder)
		return finding_add(ret, FINDING_NO_ALLOWED_IPS, index, NULL);
	name_holder(in, holder, &detail);
	return finding_add(ret, FINDING_ALLOWED_IPS_LOST, index, &detail);
}

/* *ret_lost: there is no use in waiting for a handshake. */
static int check_way(const struct health_input *in, long index, bool *ret_lost,
		     struct finding_vec *ret)
{
	const struct wg_peer *peer = &in->snap->wg.peers.at[index];
	const struct addr addr = endpoint_addr(&peer->endpoint);
	const struct endpoint_way *way = peer->has_endpoint ? around_way(in->around, &addr) : NULL;
	_cleanup_buf_ struct buf detail = {0};

	*ret_lost = way && (!way->link || way->link == in->snap->link.index);
	if (!*ret_lost)
		return 0;
	endpoint_format(&peer->endpoint, &detail);
	return finding_add(ret, way->link ? FINDING_ENDPOINT_INSIDE : FINDING_ENDPOINT_UNREACHABLE,
			   index, &detail);
}

/* A peer without an endpoint is waited for, and one to which nothing is sent needs no session. With
 * a keepalive there is always something to be sent, which renews the session. */
static int check_handshake(const struct health_input *in, long index, struct finding_vec *ret)
{
	const struct wg_peer *peer = &in->snap->wg.peers.at[index];

	if (!peer->has_endpoint)
		return 0;
	if (!peer->last_handshake)
		return peer->tx_bytes > INITIATION_BYTES
			       ? finding_add(ret, FINDING_NO_HANDSHAKE, index, NULL)
			       : 0;
	if (!peer->keepalive && !in->sends[index])
		return 0;
	if (in->now - peer->last_handshake <= WG_SESSION_SECONDS + peer->keepalive)
		return 0;
	return finding_add(ret, FINDING_HANDSHAKE_OLD, index, NULL);
}

int health_peers(const struct health_input *in, struct finding_vec *ret)
{
	_cleanup_(losses_release) struct losses losses = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < in->snap->wg.peers.len; i++) {
		bool lost = false;

		r = check_way(in, (long)i, &lost, ret);
		if (r == 0 && !lost)
			r = check_handshake(in, (long)i, ret);
		if (r == 0)
			r = check_allowed_ips(in, (long)i, &losses, ret);
	}
	return r;
}
