// SPDX-License-Identifier: GPL-2.0-or-later
// One peer of a saved configuration that stays: its keys and their values.
#include <string.h>

#include "internal.h"

const struct save_section *save_section_of(const struct peer_saver *p, uint32_t i)
{
	const struct save_layout *layout = &p->s->layout;

	return &layout->sections.at[layout->peers.at[i]];
}

/* The line with the key that counts, of the peer's sections from `i` back; *ret_i: its section. */
static const struct save_line *peer_line(const struct peer_saver *p, uint32_t i, enum key_id id,
					 uint32_t *ret_i)
{
	for (; i != NO_PEER; i = p->match.earlier[i]) {
		const struct save_line *line =
			layout_last(&p->s->layout, save_section_of(p, i), id);

		if (line) {
			*ret_i = i;
			return line;
		}
	}
	return NULL;
}

void save_add_preshared_key(struct buf *keys, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	buf_addf(keys, "PresharedKey = %s\n", text);
	mem_wipe(text, sizeof(text));
}

static void drop_preshared_keys(struct peer_saver *p, uint32_t i)
{
	for (; i != NO_PEER; i = p->match.earlier[i]) {
		const struct save_section *section = save_section_of(p, i);

		for (size_t l = 0; l < section->line_count; l++) {
			const struct save_line *line =
				&p->s->layout.lines.at[section->first_line + l];

			if (line->id == KEY_PRESHARED_KEY)
				edit_drop_line(&p->s->edit, line);
		}
	}
}

static void save_preshared_key(struct peer_saver *p, const struct wg_peer *peer, uint32_t last,
			       struct buf *new_keys)
{
	static const struct key none;
	uint32_t i = 0;
	const struct save_line *line = peer_line(p, last, KEY_PRESHARED_KEY, &i);
	const struct key *wanted = line ? &p->s->conf->wg.peers.at[i].preshared_key : &none;
	char text[KEY_BASE64_LEN + 1];

	if (key_equal(wanted, &peer->preshared_key) ||
	    hooks_set(&p->s->conf->effects, &peer->public_key, "preshared-key"))
		return;
	if (!line) {
		save_add_preshared_key(new_keys, &peer->preshared_key);
	} else if (key_is_zero(&peer->preshared_key)) {
		drop_preshared_keys(p, last);
	} else {
		_cleanup_buf_ struct buf value = {.secret = true};

		key_to_base64(&peer->preshared_key, text);
		buf_str(&value, text);
		mem_wipe(text, sizeof(text));
		edit_value(&p->s->edit, line, &value);
	}
}

/* A link-local address cannot be used without its link, which userspace WireGuard does not report.
 */
bool save_has_endpoint(const struct wg_peer *peer)
{
	struct addr addr = endpoint_addr(&peer->endpoint);

	return peer->has_endpoint &&
	       (!addr_is_link_local(&addr) || endpoint_scope(&peer->endpoint));
}

void save_add_endpoint(const struct saver *s, const union endpoint *e, struct buf *text)
{
	char name[IF_NAMESIZE], addr_text[ADDR_TEXT_MAX];
	struct addr addr = endpoint_addr(e);
	uint32_t scope = endpoint_scope(e);

	if (!scope || !s->now->scope_name || !s->now->scope_name(scope, name)) {
		endpoint_format(e, text);
		return;
	}
	addr_format(&addr, addr_text);
	buf_addf(text, "[%s%%%s]:%u", addr_text, name, endpoint_port(e));
}

static void keep_name(struct saver *s, const struct conf_endpoint *named, struct buf *value)
{
	const struct place at = conf_place(s->conf, named->line);
	bool colon = strchr(named->host, ':') != NULL;
	_cleanup_buf_ struct buf name = {0}, now = {0};

	buf_mem(&now, buf_text(value), value->len);
	buf_addf(&name, "%s%s%s:%s", colon ? "[" : "", named->host, colon ? "]" : "", named->port);
	buf_addf(value, " # %s", buf_text(&name));
	diag_warn_at(s->d, &at, NULL,
		     "the peer is at %s now, which %s is not; the name is kept as "
		     "a comment",
		     buf_text(&now), buf_text(&name));
}

/* A peer that was not heard of yet has none: then the file knows more. */
static void save_endpoint(struct peer_saver *p, const struct wg_peer *peer, uint32_t last,
			  struct buf *new_keys)
{
	struct saver *s = p->s;
	_cleanup_buf_ struct buf text = {0};
	uint32_t i = 0;
	const struct save_line *line = peer_line(p, last, KEY_ENDPOINT, &i);

	if (!save_has_endpoint(peer) || (!line && !s->now->endpoints))
		return;
	save_add_endpoint(s, &peer->endpoint, &text);
	if (!line) {
		buf_addf(new_keys, "Endpoint = %s\n", buf_text(&text));
		return;
	}
	const struct wg_peer *wanted = &s->conf->wg.peers.at[i];
	if (!wanted->has_endpoint || endpoint_equal(&wanted->endpoint, &peer->endpoint))
		return;
	if (p->endpoint_name[i] != NO_PEER)
		keep_name(s, &s->conf->endpoints.at[p->endpoint_name[i]], &text);
	edit_value(&s->edit, line, &text);
}

static void save_keepalive(struct peer_saver *p, const struct wg_peer *peer, uint32_t last,
			   struct buf *new_keys)
{
	_cleanup_buf_ struct buf text = {0};
	uint32_t i = 0;
	const struct save_line *line = peer_line(p, last, KEY_KEEPALIVE, &i);
	uint16_t wanted = line ? p->s->conf->wg.peers.at[i].keepalive : 0;

	if (peer->keepalive == wanted)
		return;
	if (!line) {
		buf_addf(new_keys, "PersistentKeepalive = %u\n", peer->keepalive);
		return;
	}
	if (peer->keepalive)
		buf_addf(&text, "%u", peer->keepalive);
	else
		buf_str(&text, "off");
	edit_value(&p->s->edit, line, &text);
}

void save_list_added(const struct peer_saver *p, uint32_t peer, struct buf *list)
{
	const struct save_moved *moved = p->allowed.added.at;

	for (size_t i = p->first_added[peer]; i < p->allowed.added.len && moved[i].peer == peer;
	     i++)
		edit_add_prefix(list, &moved[i].prefix);
}

/* Where a key that the peer does not have yet is added: in the first file that has the peer. */
static const struct save_section *home_of(const struct peer_saver *p, uint32_t last)
{
	const struct save_layout *layout = &p->s->layout;
	uint32_t first = last;

	while (p->match.earlier[first] != NO_PEER)
		first = p->match.earlier[first];
	const struct save_file *file = layout_file(layout, save_section_of(p, first)->at);
	while (save_section_of(p, last)->at > file->end)
		last = p->match.earlier[last];
	return save_section_of(p, last);
}

static void add_keys(struct peer_saver *p, const struct save_section *section,
		     const struct buf *keys)
{
	if (keys->len || keys->failed)
		edit_insert(&p->s->edit, section->keys_end, EDIT_NEW_LINE, keys);
}

void save_peer(struct peer_saver *p, uint32_t i)
{
	const struct wg_peer *peer = &p->s->now->device->peers.at[i];
	uint32_t last = p->match.last_of[i];
	const struct save_section *section = save_section_of(p, last);
	_cleanup_buf_ struct buf keys = {.secret = true}, allowed = {0}, more = {.secret = true};

	save_preshared_key(p, peer, last, &keys);
	/* The last list has a say about those before it. */
	if (!layout_last(&p->s->layout, section, KEY_ALLOWED_IPS)) {
		save_list_added(p, i, &allowed);
		if (allowed.len)
			buf_addf(&more, "AllowedIPs = %s\n", allowed.data);
		more.failed |= allowed.failed;
	}
	add_keys(p, home_of(p, last), &keys);
	add_keys(p, section, &more);
	buf_clear(&keys);
	save_endpoint(p, peer, last, &keys);
	save_keepalive(p, peer, last, &keys);
	add_keys(p, home_of(p, last), &keys);
}
