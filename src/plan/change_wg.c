// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan changes of the WireGuard device and its peers.
#include <errno.h>
#include <stdio.h>

#include "change_internal.h"

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
	return sign == CHANGE_ADD ? add_peer(changes, peer, sign, "", "", buf_text(&ips))
				  : add_peer(changes, peer, sign, "", buf_text(&ips), "");
}

static int list_endpoint(const struct wg_peer *forth, const struct wg_peer *back,
			 struct change_vec *changes)
{
	_cleanup_buf_ struct buf from = {0}, to = {0};

	if (!forth->has_endpoint)
		return 0;
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

	if (!forth->has_keepalive)
		return 0;
	if (back->keepalive)
		snprintf(from, sizeof(from), "%u s", back->keepalive);
	if (forth->keepalive)
		snprintf(to, sizeof(to), "%u s", forth->keepalive);
	return add_peer(changes, forth, CHANGE_ALTER, "keepalive", from, to);
}

static int list_preshared_key(const struct wg_peer *forth, const struct wg_peer *back,
			      struct change_vec *changes)
{
	if (!forth->has_preshared_key)
		return 0;
	return add_peer(changes, forth, CHANGE_ALTER, "preshared key",
			key_is_zero(&back->preshared_key) ? "none" : hidden,
			key_is_zero(&forth->preshared_key) ? "none" : hidden);
}

static int list_allowed_ips(const struct wg_peer *forth, struct change_vec *changes)
{
	int r = 0;

	vec_each(ip, &forth->allowed_ips) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&ip->prefix, text);
		if (r == 0)
			r = add_peer(changes, forth, ip->remove ? CHANGE_REMOVE : CHANGE_ADD,
				     "allowed ip", ip->remove ? text : "", ip->remove ? "" : text);
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

		if (peer->remove)
			r = add_whole_peer(changes, &back->at[i], CHANGE_REMOVE);
		else if (!peer->update_only)
			r = add_whole_peer(changes, peer, CHANGE_ADD);
		else if ((r = list_preshared_key(peer, &back->at[i], changes)) == 0 &&
			 (r = list_endpoint(peer, &back->at[i], changes)) == 0 &&
			 (r = list_keepalive(peer, &back->at[i], changes)) == 0)
			r = list_allowed_ips(peer, changes);
	}
	return r;
}
