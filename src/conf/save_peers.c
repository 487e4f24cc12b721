// SPDX-License-Identifier: GPL-2.0-or-later
// The peers of a saved configuration: those that are gone, those that changed, and new ones.
#include <stdlib.h>
#include <string.h>

#include "save_internal.h"
#include "wgq/base/mem.h"

/* ---- changed peers ---- */

struct peer_saver {
	struct saver *s;
	struct save_match match;
	struct save_allowed allowed;
	size_t *first_added;     /* by peer of the device: index into allowed.added */
	uint32_t *endpoint_name; /* by peer of the file: index into conf->endpoints; NO_PEER */
};

static const struct save_section *section_of(const struct peer_saver *p, uint32_t i)
{
	const struct save_layout *layout = &p->s->layout;

	return &layout->sections.at[layout->peers.at[i]];
}

/* The line with the key that counts, of the peer's sections from `i` back; *ret_i: its section. */
static const struct save_line *peer_line(const struct peer_saver *p, uint32_t i, enum key_id id,
					 uint32_t *ret_i)
{
	for (; i != NO_PEER; i = p->match.earlier[i]) {
		const struct save_line *line = layout_last(&p->s->layout, section_of(p, i), id);

		if (line) {
			*ret_i = i;
			return line;
		}
	}
	return NULL;
}

static void add_preshared_key(struct buf *keys, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	buf_addf(keys, "PresharedKey = %s\n", text);
	mem_wipe(text, sizeof(text));
}

static void drop_preshared_keys(struct peer_saver *p, uint32_t i)
{
	for (; i != NO_PEER; i = p->match.earlier[i]) {
		const struct save_section *section = section_of(p, i);

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

	if (key_equal(wanted, &peer->preshared_key) || save_hooks_set(p->s->conf, "preshared-key"))
		return;
	if (!line) {
		add_preshared_key(new_keys, &peer->preshared_key);
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

/* The scope of a link-local address by its name: numbers change. */
static void add_endpoint(const struct saver *s, const union endpoint *e, struct buf *text)
{
	char name[IF_NAMESIZE], addr_text[ADDR_TEXT_MAX];
	struct addr addr = endpoint_addr(e);

	if (addr.family != AF_INET6 || !e->in6.sin6_scope_id || !s->now->scope_name ||
	    !s->now->scope_name(e->in6.sin6_scope_id, name)) {
		endpoint_format(e, text);
		return;
	}
	addr_format(&addr, addr_text);
	buf_addf(text, "[%s%%%s]:%u", addr_text, name, ntohs(e->in6.sin6_port));
}

static void keep_name(struct saver *s, const struct conf_endpoint *named, struct buf *value)
{
	const struct place at = {.file = s->conf->path, .line = named->line};
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

	if (!peer->has_endpoint)
		return;
	add_endpoint(s, &peer->endpoint, &text);
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

/* What the peer has and its sections do not say. */
static void list_added(const struct peer_saver *p, uint32_t peer, struct buf *list)
{
	const struct save_moved *moved = p->allowed.added.at;

	for (size_t i = p->first_added[peer]; i < p->allowed.added.len && moved[i].peer == peer;
	     i++)
		save_add_prefix(list, &moved[i].prefix);
}

static void save_peer(struct peer_saver *p, uint32_t i)
{
	const struct wg_peer *peer = &p->s->now->device->peers.at[i];
	uint32_t last = p->match.last_of[i];
	const struct save_section *section = section_of(p, last);
	_cleanup_buf_ struct buf new_keys = {.secret = true}, allowed = {0};

	save_preshared_key(p, peer, last, &new_keys);
	if (!layout_last(&p->s->layout, section, KEY_ALLOWED_IPS)) {
		list_added(p, i, &allowed);
		if (allowed.len)
			buf_addf(&new_keys, "AllowedIPs = %s\n", allowed.data);
		new_keys.failed |= allowed.failed;
	}
	save_endpoint(p, peer, last, &new_keys);
	save_keepalive(p, peer, last, &new_keys);
	if (new_keys.len || new_keys.failed)
		edit_insert(&p->s->edit, section->keys_end, EDIT_NEW_LINE, &new_keys);
}

/* ---- AllowedIPs ---- */

/* The allowed IPs of the file, one after the other. */
struct allowed_cursor {
	const bool *drop;
	size_t next, end; /* of the line */
};

static bool keeps_allowed_ip(void *context)
{
	struct allowed_cursor *c = context;

	return c->next >= c->end || !c->drop[c->next++];
}

/* Leaves a line alone unless it loses or gains something. *cursor is moved behind it. */
static void save_allowed_line(struct peer_saver *p, uint32_t i, const struct save_line *line,
			      size_t items, struct allowed_cursor *cursor)
{
	const struct save_section *section = section_of(p, i);
	uint32_t peer = p->match.device_of[i];
	_cleanup_buf_ struct buf added = {0};
	bool changed = false;

	cursor->end = cursor->next + items;
	if (p->match.last_of[peer] == i &&
	    layout_last(&p->s->layout, section, KEY_ALLOWED_IPS) == line)
		list_added(p, peer, &added);
	for (size_t k = cursor->next; k < cursor->end; k++)
		changed |= cursor->drop[k];
	if (changed || added.len || added.failed)
		edit_list(&p->s->edit, line, keeps_allowed_ip, cursor, &added);
	cursor->next = cursor->end;
}

static void save_allowed_lists(struct peer_saver *p)
{
	struct allowed_cursor cursor = {.drop = p->allowed.drop};

	for (uint32_t i = 0; i < p->s->conf->wg.peers.len; i++) {
		const struct allowed_ip_vec *ips = &p->s->conf->wg.peers.at[i].allowed_ips;
		const struct save_section *section = section_of(p, i);
		size_t ip = 0, end = cursor.next + ips->len;

		if (p->match.device_of[i] == NO_PEER) {
			cursor.next = end;
			continue;
		}
		for (size_t l = 0; l < section->line_count; l++) {
			const struct save_line *line =
				&p->s->layout.lines.at[section->first_line + l];
			size_t before = ip;

			if (line->id != KEY_ALLOWED_IPS)
				continue;
			while (ip < ips->len && ips->at[ip].line == line->number)
				ip++;
			save_allowed_line(p, i, line, ip - before, &cursor);
		}
		cursor.next = end;
	}
}

/* ---- removed and new peers ---- */

static void drop_sections(struct peer_saver *p)
{
	const struct buf nothing = {0};
	uint32_t tail = (uint32_t)p->s->layout.n, from, to;

	for (uint32_t i = (uint32_t)p->s->conf->wg.peers.len; i-- > 0;) {
		if (p->match.device_of[i] != NO_PEER)
			continue;
		layout_extent(&p->s->layout, section_of(p, i), tail, &from, &to);
		edit_replace(&p->s->edit, from, to - from, &nothing);
		if (to >= tail)
			tail = from;
	}
}

/* As `wg showconf` prints it (showconf.c:60-97). */
static void add_section(struct peer_saver *p, const struct wg_peer *peer)
{
	_cleanup_buf_ struct buf section = {.secret = true}, allowed = {0};
	char key[KEY_BASE64_LEN + 1];

	key_to_base64(&peer->public_key, key);
	buf_addf(&section, "[Peer]\nPublicKey = %s\n", key);
	if (!key_is_zero(&peer->preshared_key) && !save_hooks_set(p->s->conf, "preshared-key"))
		add_preshared_key(&section, &peer->preshared_key);
	vec_each(ip, &peer->allowed_ips)
		save_add_prefix(&allowed, &ip->prefix);
	if (allowed.len)
		buf_addf(&section, "AllowedIPs = %s\n", allowed.data);
	section.failed |= allowed.failed;
	if (peer->has_endpoint) {
		buf_str(&section, "Endpoint = ");
		add_endpoint(p->s, &peer->endpoint, &section);
		buf_char(&section, '\n');
	}
	if (peer->keepalive)
		buf_addf(&section, "PersistentKeepalive = %u\n", peer->keepalive);
	edit_insert(&p->s->edit, (uint32_t)p->s->layout.n, EDIT_NEW_PARAGRAPH, &section);
}

/* ---- all of it ---- */

static int index_tables(struct peer_saver *p)
{
	const struct conf *conf = p->s->conf;
	size_t peers = p->s->now->device->peers.len;

	p->first_added = mem_calloc(peers, sizeof(*p->first_added));
	p->endpoint_name = mem_calloc(conf->wg.peers.len, sizeof(*p->endpoint_name));
	if (!p->first_added || !p->endpoint_name)
		return diag_no_memory(p->s->d);
	for (size_t i = p->allowed.added.len; i-- > 0;)
		p->first_added[p->allowed.added.at[i].peer] = i;
	for (size_t i = 0; i < conf->wg.peers.len; i++)
		p->endpoint_name[i] = NO_PEER;
	for (uint32_t i = 0; i < conf->endpoints.len; i++)
		if (conf->endpoints.at[i].peer < conf->wg.peers.len)
			p->endpoint_name[conf->endpoints.at[i].peer] = i;
	return 0;
}

static void save_all(struct peer_saver *p)
{
	const struct wg_peer_vec *peers = &p->s->now->device->peers;

	drop_sections(p);
	save_allowed_lists(p);
	for (uint32_t i = 0; i < peers->len; i++)
		if (p->match.last_of[i] != NO_PEER)
			save_peer(p, i);
	/* Behind the new keys of the last section, which may end where the text does. */
	for (uint32_t i = 0; i < peers->len; i++)
		if (p->match.last_of[i] == NO_PEER)
			add_section(p, &peers->at[i]);
}

int save_peers(struct saver *s)
{
	struct peer_saver p = {.s = s};
	int r = save_match_init(&p.match, s->conf, s->now->device, s->d);

	if (r == 0)
		r = save_allowed_find(s->conf, s->now->device, &p.match, &p.allowed, s->d);
	if (r == 0)
		r = index_tables(&p);
	if (r == 0)
		save_all(&p);
	save_match_release(&p.match);
	save_allowed_release(&p.allowed);
	free(p.first_added);
	free(p.endpoint_name);
	return r;
}
