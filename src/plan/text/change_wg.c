// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan changes of the WireGuard device and its peers.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/plan/text/change.h"

static const char hidden[] = "(hidden)";

int change_mark(struct change_vec *changes, uint32_t from, uint32_t to)
{
	char from_text[16] = "off", to_text[16] = "off";

	if (from)
		snprintf(from_text, sizeof(from_text), "0x%x", from);
	if (to)
		snprintf(to_text, sizeof(to_text), "0x%x", to);
	return change_add(changes, CHANGE_INTERFACE, CHANGE_ALTER, "fwmark", from_text, to_text, 0);
}

static int list_device(const struct op *op, struct change_vec *changes)
{
	const struct wg_device *forth = op->change.forth, *back = op->change.back;
	int r = 0;

	if (forth->has_private_key)
		r = change_add(changes, CHANGE_INTERFACE, CHANGE_ALTER, "private key", hidden,
			       hidden, op->change.private_key_line);
	if (r == 0 && forth->has_listen_port)
		r = change_add_number(changes, "listen port", back->listen_port, forth->listen_port,
				      0);
	if (r == 0 && forth->has_fwmark)
		r = change_mark(changes, back->fwmark, forth->fwmark);
	return r;
}

static int add_peer(struct change_vec *changes, const struct wg_peer *peer, enum change_sign sign,
		    const char *object, const char *from, const char *to)
{
	int r = change_add(changes, CHANGE_PEER, sign, object, from, to, peer->line);

	if (r == 0)
		vec_last(changes)->peer = &peer->public_key;
	return r;
}

static void format_allowed_ips(const struct allowed_ip_vec *ips, struct buf *out)
{
	enum { SHOWN = 8 };

	for (size_t i = 0; i < ips->len; i++) {
		char text[PREFIX_TEXT_MAX];

		if (i == SHOWN) {
			buf_addf(out, ", ... (%zu in all)", ips->len);
			return;
		}
		prefix_format(&ips->at[i].prefix, text);
		buf_addf(out, "%s%s", i ? ", " : "", text);
	}
}

static int add_whole_peer(struct change_vec *changes, const struct wg_peer *peer,
			  enum change_sign sign)
{
	_cleanup_buf_ struct buf ips = {0};

	format_allowed_ips(&peer->allowed_ips, &ips);
	if (buf_status(&ips) < 0)
		return -ENOMEM;
	int r = sign == CHANGE_ADD ? add_peer(changes, peer, sign, "", "", buf_text(&ips))
				   : add_peer(changes, peer, sign, "", buf_text(&ips), "");
	if (r == 0)
		vec_last(changes)->whole = peer;
	return r;
}

static int list_endpoint(const struct wg_peer *forth, const struct wg_peer *back,
			 struct change_vec *changes)
{
	_cleanup_buf_ struct buf from = {0}, to = {0};

	if (back->has_endpoint)
		endpoint_format(&back->endpoint, &from);
	else
		buf_str(&from, "none");
	endpoint_format(&forth->endpoint, &to);
	if (buf_status(&from) < 0 || buf_status(&to) < 0)
		return -ENOMEM;
	return add_peer(changes, forth, CHANGE_ALTER, "endpoint", buf_text(&from), buf_text(&to));
}

static int list_keepalive(const struct wg_peer *forth, const struct wg_peer *back,
			  struct change_vec *changes)
{
	char from[16] = "off", to[16] = "off";

	if (back->keepalive)
		snprintf(from, sizeof(from), "%u s", back->keepalive);
	if (forth->keepalive)
		snprintf(to, sizeof(to), "%u s", forth->keepalive);
	return add_peer(changes, forth, CHANGE_ALTER, "keepalive", from, to);
}

static int list_preshared_key(const struct wg_peer *forth, const struct wg_peer *back,
			      struct change_vec *changes)
{
	return add_peer(changes, forth, CHANGE_ALTER, "preshared key",
			key_is_zero(&back->preshared_key) ? "none" : hidden,
			key_is_zero(&forth->preshared_key) ? "none" : hidden);
}

/* What of a peer is set. */
struct differing {
	bool preshared_key, endpoint, keepalive;
};

static int list_settings(const struct wg_peer *forth, const struct wg_peer *back,
			 const struct differing *differ, struct change_vec *changes)
{
	int r = differ->preshared_key ? list_preshared_key(forth, back, changes) : 0;

	if (r == 0 && differ->endpoint)
		r = list_endpoint(forth, back, changes);
	return r == 0 && differ->keepalive ? list_keepalive(forth, back, changes) : r;
}

/* Those that side adds. */
static int list_allowed_ips(const struct wg_peer *peer, const struct wg_peer *side,
			    enum change_sign sign, struct change_vec *changes)
{
	int r = 0;

	vec_each(ip, &side->allowed_ips) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&ip->prefix, text);
		if (r == 0 && !ip->remove)
			r = add_peer(changes, peer, sign, "allowed ip",
				     sign == CHANGE_REMOVE ? text : "",
				     sign == CHANGE_REMOVE ? "" : text);
	}
	return r;
}

int change_wg(const struct op *op, struct change_vec *changes)
{
	const struct wg_peer_vec *forth = &op->change.forth->peers;
	const struct wg_peer_vec *back = &op->change.back->peers;
	int r = list_device(op, changes);

	for (size_t i = 0; r == 0 && i < forth->len; i++) {
		const struct wg_peer *peer = &forth->at[i];
		const struct differing differ = {.preshared_key = peer->has_preshared_key,
						 .endpoint = peer->has_endpoint,
						 .keepalive = peer->has_keepalive};

		if (peer->remove)
			r = add_whole_peer(changes, &back->at[i], CHANGE_REMOVE);
		else if (!peer->update_only)
			r = add_whole_peer(changes, peer, CHANGE_ADD);
		else if ((r = list_settings(peer, &back->at[i], &differ, changes)) == 0)
			r = list_allowed_ips(peer, peer, CHANGE_ADD, changes);
		/* What the way back gives it, it loses, also where another peer takes it. Of a peer
		 * that goes altogether all is listed. */
		if (r == 0 && peer->update_only && op->change.wanted && op->change.wanted->at[i])
			r = list_allowed_ips(peer, &back->at[i], CHANGE_REMOVE, changes);
	}
	return r;
}

/* An allowed IP of a peer that comes, and which change that is. */
struct arrival {
	struct prefix prefix;
	size_t change;
};
struct arrival_vec {
	VEC(struct arrival);
};

static int compare_arrivals(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static int find_arrivals(const struct change_vec *changes, struct arrival_vec *ret)
{
	for (size_t i = 0; i < changes->len; i++) {
		const struct change *change = &changes->at[i];

		if (!change->whole || change->sign != CHANGE_ADD)
			continue;
		vec_each(ip, &change->whole->allowed_ips) {
			struct arrival *arrival = vec_push(ret);

			if (!arrival)
				return -ENOMEM;
			*arrival = (struct arrival){ip->prefix, i};
		}
	}
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(ret->at[0]), compare_arrivals);
	return 0;
}

/* The peer that comes with just these allowed IPs; NULL: none does. */
static struct change *find_arrival(struct change_vec *changes, const struct arrival_vec *arrivals,
				   const struct allowed_ip_vec *ips)
{
	struct change *found = NULL;

	vec_each(ip, ips) {
		const struct arrival key = {.prefix = ip->prefix};
		const struct arrival *arrival =
			arrivals->len ? bsearch(&key, arrivals->at, arrivals->len,
						sizeof(arrivals->at[0]), compare_arrivals)
				      : NULL;
		struct change *change = arrival ? &changes->at[arrival->change] : NULL;

		if (!change || (found && change != found))
			return NULL;
		found = change;
	}
	return found && found->whole->allowed_ips.len == ips->len ? found : NULL;
}

static int list_new_key(const struct wg_peer *forth, const struct wg_peer *back,
			struct change_vec *changes)
{
	char from[KEY_BASE64_LEN + 1], to[KEY_BASE64_LEN + 1];
	const struct differing differ = {
		.preshared_key = !key_equal(&forth->preshared_key, &back->preshared_key),
		.endpoint =
			forth->has_endpoint &&
			(!back->has_endpoint || !endpoint_equal(&forth->endpoint, &back->endpoint)),
		.keepalive = forth->keepalive != back->keepalive,
	};

	key_to_base64(&back->public_key, from);
	key_to_base64(&forth->public_key, to);
	int r = add_peer(changes, forth, CHANGE_ALTER, "key", from, to);
	return r == 0 ? list_settings(forth, back, &differ, changes) : r;
}

/* Makes of a peer that goes and the one in its place what differs between them, at the latter's
 * place in the list. */
static int replace_pairs(struct change_vec *changes, const struct change **gone)
{
	struct change_vec replaced = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < changes->len; i++) {
		struct change *change = &changes->at[i], *kept;

		if (gone[i] && change->sign == CHANGE_ADD) {
			r = list_new_key(change->whole, gone[i]->whole, &replaced);
		} else if (!gone[i]) {
			kept = vec_push(&replaced);
			r = kept ? 0 : -ENOMEM;
			if (kept) {
				*kept = *change;
				*change = (struct change){0};
			}
		}
	}
	changes_release(changes);
	*changes = replaced;
	return r;
}

/* An address may also have been given to another person: then the two keys have different names,
 * the former one in what was commented out. */
static bool are_one(const struct peer_names *names, const struct wg_peer *a,
		    const struct wg_peer *b)
{
	const char *x = peer_names_find(names, &a->public_key);
	const char *y = peer_names_find(names, &b->public_key);

	return !x || !y || strcmp(x, y) == 0;
}

int change_find_new_keys(const struct peer_names *names, struct change_vec *changes)
{
	struct arrival_vec arrivals = {0};
	/* By change: of a peer that comes the one in whose place it does, of that one itself. */
	const struct change **gone = mem_calloc(changes->len, sizeof(*gone));
	bool found = false;
	int r = gone ? find_arrivals(changes, &arrivals) : -ENOMEM;

	for (size_t i = 0; r == 0 && arrivals.len && i < changes->len; i++) {
		struct change *change = &changes->at[i], *arrival;

		if (!change->whole || change->sign != CHANGE_REMOVE)
			continue;
		arrival = find_arrival(changes, &arrivals, &change->whole->allowed_ips);
		if (!arrival || !are_one(names, change->whole, arrival->whole))
			continue;
		gone[arrival - changes->at] = gone[i] = change;
		found = true;
	}
	if (r == 0 && found)
		r = replace_pairs(changes, gone);
	vec_release(&arrivals);
	free(gone);
	return r;
}

int change_list_kept(const struct peers_change *peers, int64_t now, struct change_vec *ret,
		     struct diag *d)
{
	int r = 0;

	vec_each(kept, &peers->kept) {
		_cleanup_buf_ struct buf from = {0}, to = {0};

		endpoint_format(&kept->running->endpoint, &from);
		endpoint_format(&kept->wanted->endpoint, &to);
		if (r == 0 && (r = buf_status(&from)) == 0 && (r = buf_status(&to)) == 0)
			r = add_peer(ret, kept->wanted, CHANGE_KEEP, "endpoint", buf_text(&from),
				     buf_text(&to));
		if (r == 0)
			vec_last(ret)->heard = now - kept->running->last_handshake;
	}
	return r < 0 ? diag_no_memory(d) : 0;
}
