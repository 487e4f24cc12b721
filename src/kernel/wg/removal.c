// SPDX-License-Identifier: GPL-2.0-or-later
// Removes allowed IPs by giving them to a peer that is then removed.
//
// Theory of operation
//
// Linux 6.16 can take a single allowed IP from a peer (WGALLOWEDIP_F_REMOVE_ME); older kernels
// cannot, nor can all userspace implementations. To replace the peer's whole list would take away,
// for a moment, the prefixes that stay. But a whole peer can be removed everywhere, with its
// prefixes. And a prefix belongs to one peer: to give it to a second takes it from the first, of
// which nothing else changes.
//
// So the prefixes are given to a throwaway peer, which is removed next. Its public key is random,
// and nobody has the private one. It has no endpoint, so packets to these prefixes are dropped
// meanwhile. The peers of the device follow. If this fails, the throwaway peer is removed all the
// same, and the caller undoes the rest.
//
// A removal counts only where its peer holds the prefix when its turn comes: an earlier block may
// have given it to another peer, and a later one may give it away again. fates_begin() reads from
// the device who holds a prefix; fates_trust() takes each removal as held, where the caller says so
// (removals_are_held). fates_decide() goes through the blocks in their order. In the end the
// throwaway peer gets the prefixes that were held at the beginning and were last removed.
#include "wgq/kernel/wg/removal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "wgq/base/mem.h"

/* What becomes of a prefix that some peer is to lose. */
struct fate {
	struct prefix prefix;
	const struct key *owner; /* NULL: no peer */
	bool taken;              /* some peer has it now */
	bool gone;               /* the last word about it is its removal */
};

struct fates {
	VEC(struct fate);
};

bool wg_removal_wanted(const struct wg_device *device)
{
	vec_each(peer, &device->peers)
		vec_each(ip, &peer->allowed_ips)
			if (ip->remove)
				return true;
	return false;
}

static int fate_compare(const void *a, const void *b)
{
	const struct fate *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

/* NULL: no peer is to lose it. */
static struct fate *fate_of(const struct fates *fates, const struct prefix *prefix)
{
	struct fate like = {.prefix = *prefix};

	prefix_mask(&like.prefix);
	return fates->len ? bsearch(&like, fates->at, fates->len, sizeof(like), fate_compare)
			  : NULL;
}

static int fates_list(struct fates *fates, const struct wg_device *device)
{
	size_t kept = 0;

	vec_each(peer, &device->peers) {
		vec_each(ip, &peer->allowed_ips) {
			if (!ip->remove)
				continue;
			struct fate *fate = vec_push(fates);
			if (!fate)
				return -ENOMEM;
			fate->prefix = ip->prefix;
			prefix_mask(&fate->prefix);
		}
	}
	if (fates->len)
		qsort(fates->at, fates->len, sizeof(*fates->at), fate_compare);
	for (size_t i = 0; i < fates->len; i++)
		if (!kept || fate_compare(&fates->at[kept - 1], &fates->at[i]) != 0)
			fates->at[kept++] = fates->at[i];
	fates->len = kept;
	return 0;
}

/* The device needs no reading: each peer has what it is to lose. */
static void fates_trust(struct fates *fates, const struct wg_device *device)
{
	vec_each(peer, &device->peers) {
		vec_each(ip, &peer->allowed_ips) {
			struct fate *fate = ip->remove ? fate_of(fates, &ip->prefix) : NULL;

			if (!fate)
				continue;
			fate->owner = &peer->public_key;
			fate->taken = true;
		}
	}
}

static void fates_begin(struct fates *fates, const struct wg_device *now)
{
	vec_each(peer, &now->peers) {
		vec_each(ip, &peer->allowed_ips) {
			struct fate *fate = fate_of(fates, &ip->prefix);

			if (!fate)
				continue;
			fate->owner = &peer->public_key;
			fate->taken = true;
		}
	}
}

/* Where the owner is a peer that goes, nobody else has the prefix, and either answer is right. */
static void fates_decide(struct fates *fates, const struct wg_device *device,
			 const struct wg_peer_pointers *present)
{
	vec_each(peer, &device->peers) {
		/* A peer that is not there gets nothing. */
		if (peer->remove ||
		    (peer->update_only && !wg_peers_find(present, &peer->public_key)))
			continue;
		vec_each(ip, &peer->allowed_ips) {
			struct fate *fate = fate_of(fates, &ip->prefix);

			if (!fate)
				continue;
			if (!ip->remove) {
				fate->owner = &peer->public_key;
				fate->gone = false;
			} else if (fate->owner && key_equal(fate->owner, &peer->public_key)) {
				fate->owner = NULL;
				fate->gone = true;
			}
		}
	}
}

static int add_allowed_ip(struct wg_peer *peer, const struct prefix *prefix, uint32_t line)
{
	struct allowed_ip *ip = vec_push(&peer->allowed_ips);

	if (!ip)
		return -ENOMEM;
	ip->prefix = *prefix;
	ip->line = line;
	return 0;
}

static int add_throwaway(const struct fates *fates, const struct key *key, struct wg_device *ret)
{
	struct wg_peer *peer = NULL;

	vec_each(fate, fates) {
		if (!fate->gone || !fate->taken)
			continue;
		peer = peer ? peer : wg_device_add_peer(ret);
		if (!peer || add_allowed_ip(peer, &fate->prefix, 0) < 0)
			return -ENOMEM;
		peer->public_key = *key;
	}
	if (!peer)
		return 0;
	peer = wg_device_add_peer(ret);
	if (!peer)
		return -ENOMEM;
	peer->public_key = *key;
	peer->remove = true;
	return 0;
}

/* A prefix that is removed in the end is given to no peer. */
static int add_peer(const struct fates *fates, const struct wg_peer *from, struct wg_device *ret)
{
	struct wg_peer *peer = wg_device_add_peer(ret);

	if (!peer)
		return -ENOMEM;
	*peer = *from;
	peer->allowed_ips = (struct allowed_ip_vec){0};
	vec_each(ip, &from->allowed_ips) {
		const struct fate *fate = fate_of(fates, &ip->prefix);

		if (ip->remove || (fate && fate->gone))
			continue;
		if (add_allowed_ip(peer, &ip->prefix, ip->line) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int rewrite(const struct fates *fates, const struct wg_device *device,
		   const struct key *throwaway, struct wg_device *ret)
{
	const struct wg_peer_vec none = {0};

	*ret = *device;
	ret->peers = none;
	int r = add_throwaway(fates, throwaway, ret);
	vec_each(peer, &device->peers)
		if (r == 0)
			r = add_peer(fates, peer, ret);
	return r;
}

/* Makes *ret, which does to a device that is like now what device does. */
static int removal_rewrite(const struct wg_device *device, const struct wg_device *now,
			   const struct key *throwaway, struct wg_device *ret)
{
	const struct wg_device empty = {0};
	struct fates fates = {0};
	struct wg_peer_pointers present = {0};

	/* With the peers go their prefixes. */
	if (device->replace_peers)
		now = &empty;
	int r = fates_list(&fates, device);
	if (r == 0)
		r = wg_peers_sort(device->removals_are_held ? &device->peers : &now->peers, 0,
				  &present);
	if (r == 0) {
		if (device->removals_are_held)
			fates_trust(&fates, device);
		else
			fates_begin(&fates, now);
		fates_decide(&fates, device, &present);
		r = rewrite(&fates, device, throwaway, ret);
	}
	vec_release(&fates);
	vec_release(&present);
	return r;
}

int wg_removal_set(const char *ifname, const struct wg_device *device,
		   const struct wg_removal_ways *ways, struct diag *d)
{
	_cleanup_wg_device_ struct wg_device now = {0}, rewritten = {0};
	struct wg_peer throwaway = {.remove = true};
	const struct wg_device undo = {.peers = {.at = &throwaway, .len = 1}};
	int r = 0;

	/* Whatever has 32 bytes is a public key; nobody knows the private one. */
	if (getrandom(&throwaway.public_key, sizeof(throwaway.public_key), 0) !=
	    sizeof(throwaway.public_key))
		return diag_fail(d, errno, "cannot make a random key");
	if (!device->removals_are_held)
		r = ways->get(ifname, &now, d);
	if (r < 0)
		return r;
	if (removal_rewrite(device, &now, &throwaway.public_key, &rewritten) < 0)
		return diag_no_memory(d);
	r = ways->set(ifname, &rewritten, d);
	if (r < 0)
		ways->set(ifname, &undo, NULL);
	return r;
}
