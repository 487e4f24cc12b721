// SPDX-License-Identifier: GPL-2.0-or-later
// What differs between a running WireGuard device and the wanted one.
#include "wgq/plan/peers/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

#include "internal.h"

static int add_pair(struct comparison *c, const struct wg_peer *wanted,
		    const struct wg_peer *running)
{
	const struct conf *conf = c->want->conf;
	struct pair *pair = vec_push(&c->pairs);

	if (!pair)
		return -ENOMEM;
	*pair = (struct pair){.wanted = wanted, .running = running, .place = NO_PLACE};
	pair->hooked = running && hooks_add_peer(&conf->effects, &running->public_key);
	return 0;
}

/* The kernel lists peers in the order in which they came, which mostly is the file's. */
static int pair_same_order(struct comparison *c, size_t *ret_paired)
{
	const struct wg_peer_vec *wanted = &c->want->device.peers, *running = &c->snap->wg.peers;
	size_t i = 0;
	int r = 0;

	for (; r == 0 && i < wanted->len && i < running->len &&
	       key_equal(&wanted->at[i].public_key, &running->at[i].public_key);
	     i++)
		r = add_pair(c, &wanted->at[i], &running->at[i]);
	*ret_paired = i;
	return r;
}

/* No device has itself as a peer: the kernel drops that one when it gets the key. */
static bool is_own(const struct comparison *c, const struct wg_peer *peer)
{
	return c->has_own && key_equal(&peer->public_key, &c->own);
}

/* The rest is sorted by key and joined. */
static int pair_up(struct comparison *c)
{
	struct wg_peer_pointers wanted = {0}, running = {0};
	size_t paired;
	int r = pair_same_order(c, &paired);

	if (r == 0)
		r = wg_peers_sort(&c->want->device.peers, paired, &wanted);
	if (r == 0)
		r = wg_peers_sort(&c->snap->wg.peers, paired, &running);
	for (size_t i = 0, j = 0; r == 0 && (i < wanted.len || j < running.len);) {
		int order = i == wanted.len    ? 1
			    : j == running.len ? -1
					       : key_compare(&wanted.at[i]->public_key,
							     &running.at[j]->public_key);

		const struct wg_peer *to = order <= 0 ? wanted.at[i] : NULL;
		const struct wg_peer *from = order >= 0 ? running.at[j] : NULL;

		if (to && is_own(c, to))
			to = NULL;
		if (to || from)
			r = add_pair(c, to, from);
		i += order <= 0;
		j += order >= 0;
	}
	vec_release(&wanted);
	vec_release(&running);
	return r;
}

static int copy_allowed_ips(const struct allowed_ip_vec *from, struct allowed_ip_vec *to)
{
	if (!vec_reserve(to, from->len))
		return -ENOMEM;
	if (from->len)
		memcpy(to->at, from->at, from->len * sizeof(from->at[0]));
	to->len = from->len;
	return 0;
}

/* Everything of a peer, so that it can be made again. */
static int copy_peer(const struct wg_peer *from, struct wg_device *to)
{
	struct wg_peer *copy = wg_device_add_peer(to);

	if (!copy)
		return -ENOMEM;
	*copy = *from;
	copy->allowed_ips = (struct allowed_ip_vec){0};
	copy->replace_allowed_ips = true;
	return copy_allowed_ips(&from->allowed_ips, &copy->allowed_ips);
}

static int place(struct comparison *c, struct pair *pair)
{
	struct peers_change *change = c->change;
	const struct wg_peer *known = pair->wanted ? pair->wanted : pair->running;

	if (pair->place != NO_PLACE)
		return 0;
	struct wg_peer *forth = wg_device_add_peer(&change->forth);
	struct wg_peer *back = wg_device_add_peer(&change->back);
	const struct wg_peer **wanted = vec_push(&change->wanted);

	if (!forth || !back || !wanted)
		return -ENOMEM;
	pair->place = change->forth.peers.len - 1;
	*wanted = pair->wanted;
	forth->public_key = back->public_key = known->public_key;
	forth->line = known->line;
	forth->update_only = back->update_only = true;
	return 0;
}

static int compare_ips(const void *a, const void *b)
{
	const struct pair_ip *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static int add_allowed_ip(struct comparison *c, size_t at, bool in_back,
			  const struct pair_ip *noted, bool remove)
{
	struct pair *pair = &c->pairs.at[at];
	int r = place(c, pair);

	if (r < 0)
		return r;
	struct wg_device *device = in_back ? &c->change->back : &c->change->forth;
	struct allowed_ip *ip = vec_push(&device->peers.at[pair->place].allowed_ips);
	if (!ip)
		return -ENOMEM;
	*ip = (struct allowed_ip){.prefix = noted->prefix, .remove = remove, .line = noted->line};
	return 0;
}

static int note_side(struct pair_ip_vec *list, const struct allowed_ip_vec *ips, size_t from,
		     size_t to, size_t pair)
{
	for (size_t i = from; i < to; i++) {
		struct pair_ip *noted = vec_push(list);

		if (!noted)
			return -ENOMEM;
		*noted = (struct pair_ip){ips->at[i].prefix, ips->at[i].line, pair};
	}
	return 0;
}

/* What is the same at both ends of both lists is left out: mostly that is all of it. */
static int note_ips(struct comparison *c, size_t pair)
{
	static const struct allowed_ip_vec empty;
	const struct pair *p = &c->pairs.at[pair];
	const struct allowed_ip_vec *to = p->wanted ? &p->wanted->allowed_ips : &empty;
	const struct allowed_ip_vec *from = p->running ? &p->running->allowed_ips : &empty;
	size_t to_end = to->len, from_end = from->len, head = 0;

	while (head < to_end && head < from_end &&
	       prefix_equal(&to->at[head].prefix, &from->at[head].prefix))
		head++;
	while (to_end > head && from_end > head &&
	       prefix_equal(&to->at[to_end - 1].prefix, &from->at[from_end - 1].prefix)) {
		to_end--;
		from_end--;
	}
	int r = note_side(&c->wanted, to, head, to_end, pair);
	return r == 0 ? note_side(&c->running, from, head, from_end, pair) : r;
}

/* Whether a route makes it that peer's. */
static bool is_followed(const struct comparison *c, const struct pair_ip *ip)
{
	const struct followed *followed = snap_followed(c->snap, &ip->prefix);
	const struct key *key = &c->pairs.at[ip->pair].running->public_key;

	return followed && key_equal(&c->want->conf->wg.peers.at[followed->peer].public_key, key);
}

/* A prefix that only the running device has goes, unless its peer goes, hooks gave it, or it
 * follows a route. */
static int lose(struct comparison *c, const struct pair_ip *ip)
{
	const struct pair *pair = &c->pairs.at[ip->pair];

	if (!pair->wanted || pair->hooked)
		return 0;
	if (is_followed(c, ip)) {
		c->change->followed++;
		return 0;
	}
	int r = add_allowed_ip(c, ip->pair, false, ip, true);
	return r == 0 ? add_allowed_ip(c, ip->pair, true, ip, false) : r;
}

/* from is the running owner's; NULL: there is none. On the way back a prefix returns to its
 * owner, which takes it from the other. An owner that is to be removed is there until the end. */
static int gain(struct comparison *c, const struct pair_ip *to, const struct pair_ip *from)
{
	const struct pair *gaining = &c->pairs.at[to->pair];
	bool is_new = !gaining->running;
	int r = is_new ? 0 : add_allowed_ip(c, to->pair, false, to, false);

	if (r < 0)
		return r;
	if (!from)
		return is_new ? 0 : add_allowed_ip(c, to->pair, true, to, true);
	return add_allowed_ip(c, from->pair, true, from, false);
}

static int compare_allowed_ips(struct comparison *c)
{
	const struct pair_ip_vec *wanted = &c->wanted, *running = &c->running;
	int r = 0;

	if (wanted->len)
		qsort(wanted->at, wanted->len, sizeof(wanted->at[0]), compare_ips);
	if (running->len)
		qsort(running->at, running->len, sizeof(running->at[0]), compare_ips);
	for (size_t i = 0, j = 0; r == 0 && (i < wanted->len || j < running->len);) {
		int order = i == wanted->len    ? 1
			    : j == running->len ? -1
						: compare_ips(&wanted->at[i], &running->at[j]);

		if (order > 0)
			r = lose(c, &running->at[j]);
		else if (order < 0)
			r = gain(c, &wanted->at[i], NULL);
		else if (wanted->at[i].pair != running->at[j].pair)
			r = gain(c, &wanted->at[i], &running->at[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int add_new_peer(struct comparison *c, struct pair *pair)
{
	int r = place(c, pair);

	if (r < 0)
		return r;
	struct wg_peer *forth = vec_last(&c->change->forth.peers);
	struct wg_peer *back = vec_last(&c->change->back.peers);

	*forth = *pair->wanted;
	forth->allowed_ips = (struct allowed_ip_vec){0};
	forth->replace_allowed_ips = true;
	back->remove = true;
	back->update_only = false;
	return copy_allowed_ips(&pair->wanted->allowed_ips, &forth->allowed_ips);
}

/* Goes as soon as the device has its key, and comes back with the former one. */
static int add_own_peer(struct comparison *c, struct pair *pair)
{
	int r = place(c, pair);

	if (r < 0)
		return r;
	struct wg_peer *back = vec_last(&c->change->back.peers);

	vec_last(&c->change->forth.peers)->remove = true;
	*back = *pair->running;
	back->allowed_ips = (struct allowed_ip_vec){0};
	back->replace_allowed_ips = true;
	return copy_allowed_ips(&pair->running->allowed_ips, &back->allowed_ips);
}

static int add_removed_peer(struct comparison *c, const struct pair *pair)
{
	struct wg_peer *removed = wg_device_add_peer(&c->change->removed);
	int r = removed ? copy_peer(pair->running, &c->change->restored) : -ENOMEM;

	if (r < 0)
		return r;
	removed->public_key = pair->running->public_key;
	removed->remove = true;
	return 0;
}

/* A key that the file does not have means none, as for `wg syncconf`; what a hook has set stays. */
static int compare_settings(struct comparison *c, struct pair *pair)
{
	static const struct key none;
	const struct wg_peer *wanted = pair->wanted, *running = pair->running;
	const struct key *wanted_psk = wanted->has_preshared_key ? &wanted->preshared_key : &none;
	uint16_t keepalive = wanted->has_keepalive ? wanted->keepalive : 0;
	bool psk = !key_equal(wanted_psk, &running->preshared_key) &&
		   (wanted->has_preshared_key || !pair->hooked);
	bool timer = keepalive != running->keepalive && (wanted->has_keepalive || !pair->hooked);
	bool endpoint = pair->sets_endpoint;

	if (!psk && !timer && !endpoint)
		return 0;
	int r = place(c, pair);
	if (r < 0)
		return r;
	struct wg_peer *forth = &c->change->forth.peers.at[pair->place];
	struct wg_peer *back = &c->change->back.peers.at[pair->place];

	if (psk) {
		forth->has_preshared_key = back->has_preshared_key = true;
		forth->preshared_key = *wanted_psk;
		forth->preshared_key_line = wanted->preshared_key_line;
		back->preshared_key = running->preshared_key;
	}
	if (timer) {
		forth->has_keepalive = back->has_keepalive = true;
		forth->keepalive = keepalive;
		back->keepalive = running->keepalive;
	}
	/* An endpoint can be replaced, but not taken away again. */
	if (endpoint) {
		forth->has_endpoint = true;
		forth->endpoint = wanted->endpoint;
		back->has_endpoint = running->has_endpoint;
		back->endpoint = running->endpoint;
	}
	return 0;
}

static int compare_pairs(struct comparison *c)
{
	int r = pair_up(c);

	if (r == 0)
		r = peers_compare_endpoints(c);
	for (size_t i = 0; r == 0 && i < c->pairs.len; i++) {
		struct pair *pair = &c->pairs.at[i];

		if (!pair->running)
			r = add_new_peer(c, pair);
		else if (is_own(c, pair->running))
			r = add_own_peer(c, pair);
		else if (pair->wanted)
			r = compare_settings(c, pair);
		else if (!pair->hooked)
			r = add_removed_peer(c, pair);
		if (r == 0)
			r = note_ips(c, i);
	}
	return r == 0 ? compare_allowed_ips(c) : r;
}

/* What the file does not set stays: the port, and the mark. */
static void compare_device(const struct want *want, const struct snap *snap,
			   struct peers_change *change)
{
	const struct wg_device *wanted = &want->device, *running = &snap->wg;
	struct wg_device *forth = &change->forth, *back = &change->back;
	bool full = want_is_full(want);
	uint32_t mark = full ? want->mark : wanted->fwmark;

	if (wanted->has_private_key &&
	    !key_same_private(&wanted->private_key, &running->private_key)) {
		forth->has_private_key = back->has_private_key = true;
		forth->private_key = wanted->private_key;
		back->private_key = running->private_key;
	}
	if (wanted->has_listen_port && wanted->listen_port &&
	    wanted->listen_port != running->listen_port) {
		forth->has_listen_port = back->has_listen_port = true;
		forth->listen_port = wanted->listen_port;
		back->listen_port = running->listen_port;
	}
	if (mark != running->fwmark && (full || wanted->has_fwmark)) {
		forth->has_fwmark = back->has_fwmark = true;
		forth->fwmark = mark;
		back->fwmark = running->fwmark;
	}
}

int peers_compare(const struct want *want, const struct snap *snap, struct peers_change *ret,
		  struct diag *d)
{
	struct comparison c = {.want = want, .snap = snap, .change = ret};

	c.has_own = want_public_key(&want->device, snap, &c.own);

	ret->forth.removals_are_held = ret->back.removals_are_held = true;
	compare_device(want, snap, ret);
	int r = compare_pairs(&c);
	vec_release(&c.pairs);
	vec_release(&c.wanted);
	vec_release(&c.running);
	return r < 0 ? diag_no_memory(d) : 0;
}

bool peers_differ(const struct peers_change *change)
{
	const struct wg_device *forth = &change->forth;

	return forth->has_private_key || forth->has_listen_port || forth->has_fwmark ||
	       forth->peers.len;
}

void peers_change_release(struct peers_change *change)
{
	wg_device_release(&change->forth);
	wg_device_release(&change->back);
	wg_device_release(&change->removed);
	wg_device_release(&change->restored);
	vec_release(&change->wanted);
	vec_release(&change->kept);
}
