// SPDX-License-Identifier: GPL-2.0-or-later
// Configurations as text for other programs: what `wgq strip` prints.
#include "wgq/conf/save/write.h"

#include <string.h>

#include "wgq/conf/parse/keys.h"
#include "wgq/conf/parse/line.h"

static void strip(struct slice text, bool keeps_quick, struct buf *ret_text)
{
	bool inside = false;
	struct slice raw;

	while (line_next(&text, &raw)) {
		struct line line;

		line_cut(raw, &line);
		/* An unfinished last line counts if anything is left of it (linux.bash:50). */
		if (!text.len && !line.read.len && raw.at + raw.len == text.at)
			break;
		inside = line_in_interface(&line, inside);
		enum key_id id = key_find(line.key);

		if ((inside && key_is_quick(id) && !keeps_quick) || key_is_own(id))
			continue;
		if (inside && id >= KEY_PRE_UP && id <= KEY_POST_DOWN &&
		    line_take_dash(&line.full_value))
			buf_addf(ret_text, "%.*s = %.*s", SLICE_ARG(line.key),
				 SLICE_ARG(line.full_value));
		else
			buf_mem(ret_text, line.read.at, line.read.len);
		buf_char(ret_text, '\n');
	}
}

void conf_strip(const char *text, size_t n, enum conf_reader reader, struct buf *ret_text)
{
	_cleanup_buf_ struct buf clean = {.secret = true};
	struct slice all = {text, n};

	/* bash's read drops NUL bytes. */
	if (n && memchr(text, '\0', n)) {
		for (size_t i = 0; i < n; i++)
			if (text[i])
				buf_char(&clean, text[i]);
		if (buf_status(&clean) < 0) {
			ret_text->failed = true;
			return;
		}
		all = (struct slice){clean.data, clean.len};
	}
	strip(all, reader == READER_WG_QUICK, ret_text);
	/* echo's own newline, after that of the last line (linux.bash:362). */
	if (reader == READER_WG)
		buf_char(ret_text, '\n');
}

/* ---- from values ---- */

bool conf_own_is_written(const struct conf_own *own)
{
	static const char *const keys[] = {"PrivateKeyFile", "PresharedKeyFile", "AddressFromKey",
					   "PublicEndpoint"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(own->key, keys[i]) == 0)
			return true;
	return false;
}

static void add_key(struct buf *out, const char *name, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	buf_addf(out, "%s = %s\n", name, text);
	mem_wipe(text, sizeof(text));
}

/* "NAME = first, second": the next item of a list, whose items are counted; 0: the first. */
static void add_item(struct buf *out, const char *name, size_t count, const char *sign,
		     const char *item)
{
	/* A line of theirs is read by getline(3), and shown by editors. */
	enum { ON_LINE = 32 };

	if (count % ON_LINE)
		buf_addf(out, ", %s%s", sign, item);
	else
		buf_addf(out, "%s%s = %s%s", count ? "\n" : "", name, sign, item);
}

static void end_list(struct buf *out, size_t count)
{
	buf_str(out, count ? "\n" : "");
}

static void add_texts(struct buf *out, const char *name, const struct conf_text_vec *first,
		      const struct conf_text_vec *second)
{
	size_t count = 0;

	vec_each(text, first)
		add_item(out, name, count++, "", text->text);
	vec_each(text, second)
		add_item(out, name, count++, "", text->text);
	end_list(out, count);
}

static void write_table(const struct conf *conf, struct buf *out)
{
	switch (conf->table_kind) {
	case TABLE_AUTO:
		break;
	case TABLE_OFF:
		buf_str(out, "Table = off\n");
		break;
	case TABLE_NUMBER:
		buf_addf(out, "Table = %u\n", conf->table);
		break;
	case TABLE_NAME:
		buf_addf(out, "Table = %s\n", conf->table_name);
		break;
	}
}

static void write_quick_keys(const struct conf *conf, struct buf *out)
{
	static const char *const names[] = {[HOOK_PRE_UP] = "PreUp",
					    [HOOK_POST_UP] = "PostUp",
					    [HOOK_PRE_DOWN] = "PreDown",
					    [HOOK_POST_DOWN] = "PostDown"};
	size_t count = 0;

	vec_each(addr, &conf->addresses) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&addr->prefix, text);
		add_item(out, "Address", count++, "", text);
	}
	end_list(out, count);
	add_texts(out, "DNS", &conf->dns_servers, &conf->dns_search);
	if (conf->mtu_line)
		buf_addf(out, "MTU = %u\n", conf->mtu);
	write_table(conf, out);
	if (conf->save_config)
		buf_str(out, "SaveConfig = true\n");
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		vec_each(hook, &conf->hooks[kind])
			buf_addf(out, "%s = %s\n", names[kind], hook->text);
}

/* *named: the next of the endpoints with names. */
static void write_peer(const struct conf *conf, size_t peer_index, size_t *named, struct buf *out)
{
	const struct wg_peer *peer = &conf->wg.peers.at[peer_index];
	size_t count = 0;

	buf_str(out, "\n[Peer]\n");
	add_key(out, "PublicKey", &peer->public_key);
	if (peer->has_preshared_key)
		add_key(out, "PresharedKey", &peer->preshared_key);
	vec_each(ip, &peer->allowed_ips) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&ip->prefix, text);
		add_item(out, "AllowedIPs", count++,
			 ip->remove                  ? "-"
			 : peer->replace_allowed_ips ? ""
						     : "+",
			 text);
	}
	end_list(out, count);
	if (*named < conf->endpoints.len && conf->endpoints.at[*named].peer == peer_index) {
		const struct conf_endpoint *e = &conf->endpoints.at[(*named)++];
		bool colon = strchr(e->host, ':') != NULL;

		buf_addf(out, "Endpoint = %s%s%s:%s\n", colon ? "[" : "", e->host, colon ? "]" : "",
			 e->port);
	} else if (peer->has_endpoint) {
		buf_str(out, "Endpoint = ");
		endpoint_format(&peer->endpoint, out);
		buf_char(out, '\n');
	}
	if (peer->has_keepalive)
		buf_addf(out, "PersistentKeepalive = %u\n", peer->keepalive);
}

void conf_write(const struct conf *conf, enum conf_reader reader, struct buf *ret_text)
{
	const struct wg_device *wg = &conf->wg;
	size_t named = 0;

	buf_str(ret_text, "[Interface]\n");
	if (wg->has_private_key)
		add_key(ret_text, "PrivateKey", &wg->private_key);
	if (conf->listen_port.text)
		buf_addf(ret_text, "ListenPort = %s\n", conf->listen_port.text);
	else if (wg->has_listen_port)
		buf_addf(ret_text, "ListenPort = %u\n", wg->listen_port);
	if (wg->has_fwmark)
		buf_addf(ret_text, "FwMark = 0x%x\n", wg->fwmark);
	if (reader == READER_WG_QUICK)
		write_quick_keys(conf, ret_text);
	for (size_t i = 0; i < wg->peers.len; i++)
		write_peer(conf, i, &named, ret_text);
}
