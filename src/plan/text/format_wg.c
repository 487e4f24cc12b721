// SPDX-License-Identifier: GPL-2.0-or-later
// How the steps read that set up a WireGuard device.
#include "wgq/plan/text/format.h"

/* NULL: the key is in the line itself. */
static const char *key_file(const struct conf *conf, uint32_t line)
{
	if (conf->private_key_file.line == line)
		return conf->private_key_file.text;
	vec_each(file, &conf->preshared_key_files)
		if (file->line == line)
			return file->text;
	return NULL;
}

/* A secret stands in the script as the command that reads it from the file when the script runs. */
static void format_secret(const char *key, uint32_t line, const struct op_context *context,
			  struct buf *out)
{
	const struct sources *sources = &context->conf->sources;
	const struct place place = sources_place(sources, line);
	const char *file = key_file(context->conf, line);

	if (file) {
		buf_addf(out, "%s = $(cat ", key);
		buf_shell_word(out, file);
		buf_str(out, ")\n");
		return;
	}
	buf_addf(out, "%s = $(sed -n '%us/^[^=]*=//p' ", key, place.line);
	buf_shell_word(out, sources_find(sources, line)->real);
	buf_str(out, ")\n");
}

static void format_allowed_ips(const struct allowed_ip_vec *ips, struct buf *out)
{
	size_t on_line = 0;

	vec_each(ip, ips) {
		char text[PREFIX_TEXT_MAX];

		/* Lines of bounded length: some implementations of sh cut longer ones. */
		buf_str(out, on_line == 0 ? "AllowedIPs = " : ", ");
		prefix_format(&ip->prefix, text);
		buf_addf(out, "%s%s", ip->remove ? "-" : "", text);
		if (++on_line == 32) {
			buf_char(out, '\n');
			on_line = 0;
		}
	}
	if (on_line)
		buf_char(out, '\n');
}

/* `wg addconf` with the device's own part; EOF is left to the caller. */
static void script_device(const struct wg_device *device, uint32_t private_key_line,
			  const struct op_context *context, struct buf *out)
{
	buf_str(out, "wg addconf ");
	buf_shell_word(out, context->ifname);
	buf_str(out, " /dev/stdin <<EOF\n[Interface]\n");
	if (device->has_private_key)
		format_secret("PrivateKey", private_key_line, context, out);
	if (device->has_listen_port)
		buf_addf(out, "ListenPort = %u\n", device->listen_port);
	if (device->has_fwmark)
		buf_addf(out, "FwMark = 0x%x\n", device->fwmark);
}

/* The list replaces that of a peer that is there (config.c:461), so it is given whole. A preshared
 * key from no line is none at all. */
static void script_peer(const struct wg_peer *peer, const struct allowed_ip_vec *ips,
			const struct op_context *context, struct buf *out)
{
	char key[KEY_BASE64_LEN + 1];

	key_to_base64(&peer->public_key, key);
	buf_addf(out, "\n[Peer]\nPublicKey = %s\n", key);
	if (peer->has_preshared_key && peer->preshared_key_line) {
		format_secret("PresharedKey", peer->preshared_key_line, context, out);
	} else if (peer->has_preshared_key) {
		key_to_base64(&(const struct key){0}, key);
		buf_addf(out, "PresharedKey = %s\n", key);
	}
	if (peer->has_endpoint) {
		buf_str(out, "Endpoint = ");
		endpoint_format(&peer->endpoint, out);
		buf_char(out, '\n');
	}
	if (peer->has_keepalive)
		buf_addf(out, "PersistentKeepalive = %u\n", peer->keepalive);
	format_allowed_ips(ips, out);
}

void format_wg_set(const struct op *op, const struct op_context *context, struct buf *out)
{
	if (context->form == OP_ECHO) {
		buf_addf(out, "wg addconf %s /dev/fd/63", context->ifname);
		return;
	}
	script_device(op->wg.device, op->wg.private_key_line, context, out);
	vec_each(peer, &op->wg.device->peers)
		script_peer(peer, &peer->allowed_ips, context, out);
	buf_str(out, "EOF");
}

static void echo_allowed_ips(const struct wg_peer *peer, struct buf *out)
{
	enum { SHOWN = 16 };
	size_t shown = 0;

	vec_each(ip, &peer->allowed_ips) {
		char text[PREFIX_TEXT_MAX];

		if (shown == SHOWN) {
			buf_addf(out, ",... (%zu more)", peer->allowed_ips.len - shown);
			return;
		}
		prefix_format(&ip->prefix, text);
		buf_str(out, shown++ ? "," : " allowed-ips ");
		buf_addf(out, "%s%s", ip->remove ? "-" : peer->update_only ? "+" : "", text);
	}
}

/* In the words of wg(8): `wg set wg0 peer KEY allowed-ips +10.1.0.0/16,-10.2.0.0/16`. */
static void echo_peer(const struct wg_peer *peer, const char *ifname, struct buf *out)
{
	char key[KEY_BASE64_LEN + 1];

	key_to_base64(&peer->public_key, key);
	buf_str(out, "wg set ");
	buf_shell_word(out, ifname);
	buf_addf(out, " peer %s", key);
	if (peer->remove) {
		buf_str(out, " remove");
		return;
	}
	if (peer->has_preshared_key)
		buf_str(out, key_is_zero(&peer->preshared_key) ? " preshared-key /dev/null"
							       : " preshared-key /dev/fd/63");
	if (peer->has_endpoint) {
		buf_str(out, " endpoint ");
		endpoint_format(&peer->endpoint, out);
	}
	if (peer->has_keepalive)
		buf_addf(out, " persistent-keepalive %u", peer->keepalive);
	echo_allowed_ips(peer, out);
}

static void echo_device(const struct wg_device *device, const char *ifname, struct buf *out)
{
	buf_str(out, "wg set ");
	buf_shell_word(out, ifname);
	if (device->has_private_key)
		buf_str(out, " private-key /dev/fd/63");
	if (device->has_listen_port)
		buf_addf(out, " listen-port %u", device->listen_port);
	if (device->has_fwmark)
		buf_addf(out, " fwmark %u", device->fwmark);
}

/* Some are there only because the way back has something for them. */
static bool peer_changes(const struct wg_peer *peer)
{
	return peer->remove || !peer->update_only || peer->has_preshared_key ||
	       peer->has_endpoint || peer->has_keepalive || peer->allowed_ips.len;
}

static void echo_change(const struct op *op, const struct op_context *context, struct buf *out)
{
	const struct wg_device *forth = op->change.forth;
	bool has_own = forth->has_private_key || forth->has_listen_port || forth->has_fwmark;
	size_t shown = 0, more = 0;

	if (has_own)
		echo_device(forth, context->ifname, out);
	vec_each(peer, &forth->peers) {
		if (!peer_changes(peer))
			continue;
		if (shown == context->limit) {
			more++;
			continue;
		}
		if (shown++ || has_own)
			buf_char(out, '\n');
		echo_peer(peer, context->ifname, out);
	}
	if (more)
		buf_addf(out, "%s... and %zu more peers", shown || has_own ? "\n" : "", more);
}

static void script_removal(const struct wg_device *removed, const struct op_context *context,
			   struct buf *out)
{
	for (size_t i = 0; i < removed->peers.len; i++) {
		if (i)
			buf_char(out, '\n');
		echo_peer(&removed->peers.at[i], context->ifname, out);
	}
}

static void script_change(const struct op *op, const struct op_context *context, struct buf *out)
{
	const struct wg_device *forth = op->change.forth;

	script_device(forth, op->change.private_key_line, context, out);
	for (size_t i = 0; i < forth->peers.len; i++)
		if (op->change.wanted->at[i])
			script_peer(&forth->peers.at[i], &op->change.wanted->at[i]->allowed_ips,
				    context, out);
	buf_str(out, "EOF");
}

void format_wg_change(const struct op *op, const struct op_context *context, struct buf *out)
{
	if (context->form == OP_ECHO)
		echo_change(op, context, out);
	else if (op->change.wanted)
		script_change(op, context, out);
	else
		script_removal(op->change.forth, context, out);
}
