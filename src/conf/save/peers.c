// SPDX-License-Identifier: GPL-2.0-or-later
// The peers of a saved configuration: those that are gone, their allowed IPs, and new ones.
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "wgq/base/mem.h"
#include "wgq/conf/names/peer_comments.h"

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
	const struct save_section *section = save_section_of(p, i);
	uint32_t peer = p->match.device_of[i];
	_cleanup_buf_ struct buf added = {0};
	bool changed = false;

	cursor->end = cursor->next + items;
	if (p->match.last_of[peer] == i &&
	    layout_last(&p->s->layout, section, KEY_ALLOWED_IPS) == line)
		save_list_added(p, peer, &added);
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
		const struct save_section *section = save_section_of(p, i);
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

static int compare_parts(const void *a, const void *b)
{
	const struct peer_part *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* What adjoins or overlaps is deleted as one, from the end on. */
static void drop_parts(struct saver *s, const struct peer_part *parts, size_t count)
{
	const struct save_layout *layout = &s->layout;
	const struct save_file *file = NULL;
	const struct buf nothing = {0};
	uint32_t tail = 0;

	for (size_t i = count; i-- > 0;) {
		uint32_t from = (uint32_t)parts[i].at, to = (uint32_t)parts[i].end;

		if (file != layout_file(layout, from)) {
			file = layout_file(layout, from);
			tail = file->end;
		}
		for (; i && parts[i - 1].end >= from; i--) {
			from = (uint32_t)parts[i - 1].at;
			if (parts[i - 1].end > to)
				to = (uint32_t)parts[i - 1].end;
		}
		layout_widen(layout, tail, &from, &to);
		edit_replace(&s->edit, from, to - from, &nothing);
		if (to >= tail)
			tail = from;
	}
}

/* Appends what goes with the peers that are gone, of one file; *peer: the first one in it. */
static int find_parts(const struct saver *s, const uint32_t *device_of,
		      const struct save_file *file, size_t *peer, struct peer_comments *ret)
{
	const struct save_layout *layout = &s->layout;
	_cleanup_peer_comments_ struct peer_comments comments = {0};
	size_t first = *peer;

	if (peer_comments_read(layout->text + file->at, file->end - file->at, &comments) < 0)
		return diag_no_memory(s->d);
	*peer += comments.peers.len;
	if (*peer > layout->peers.len)
		return 0;
	vec_each(part, &comments.parts) {
		if (device_of[first + part->peer] != NO_PEER)
			continue;
		struct peer_part *added = vec_push(&ret->parts);
		if (!added)
			return diag_no_memory(s->d);
		*added = (struct peer_part){.peer = first + part->peer,
					    .at = file->at + part->at,
					    .end = file->at + part->end};
	}
	return 0;
}

int save_drop_peers(struct saver *s, const uint32_t *device_of)
{
	_cleanup_peer_comments_ struct peer_comments gone = {0};
	const struct save_layout *layout = &s->layout;
	size_t peers = 0;

	vec_each(file, &layout->files) {
		int r = find_parts(s, device_of, file, &peers, &gone);

		if (r < 0)
			return r;
	}
	if (peers != layout->peers.len)
		return diag_refuse(s->d, EPROTO, "%s: a [Peer] that was not there before",
				   s->conf->path);
	if (gone.parts.len)
		qsort(gone.parts.at, gone.parts.len, sizeof(gone.parts.at[0]), compare_parts);
	drop_parts(s, gone.parts.at, gone.parts.len);
	return 0;
}

/* As `wg showconf` prints it (showconf.c:60-97). */
static void add_section(struct peer_saver *p, const struct wg_peer *peer)
{
	_cleanup_buf_ struct buf section = {.secret = true}, allowed = {0};
	char key[KEY_BASE64_LEN + 1];

	key_to_base64(&peer->public_key, key);
	buf_addf(&section, "[Peer]\nPublicKey = %s\n", key);
	if (!key_is_zero(&peer->preshared_key) &&
	    !hooks_set(&p->s->conf->effects, &peer->public_key, "preshared-key"))
		save_add_preshared_key(&section, &peer->preshared_key);
	vec_each(ip, &peer->allowed_ips)
		edit_add_prefix(&allowed, &ip->prefix);
	if (allowed.len)
		buf_addf(&section, "AllowedIPs = %s\n", allowed.data);
	section.failed |= allowed.failed;
	if (save_has_endpoint(peer)) {
		_cleanup_buf_ struct buf endpoint = {0};

		save_add_endpoint(p->s, &peer->endpoint, &endpoint);
		/* It may be set, or learned from a packet. */
		if (p->s->now->endpoints) {
			buf_addf(&section, "Endpoint = %s\n", buf_text(&endpoint));
		} else {
			diag_warn(p->s->d, "the new peer %s is saved without its endpoint, %s", key,
				  buf_text(&endpoint));
			diag_hint(p->s->d, "wgq save --endpoints saves it, and those of all other "
					   "peers");
		}
		section.failed |= endpoint.failed;
	}
	if (peer->keepalive)
		buf_addf(&section, "PersistentKeepalive = %u\n", peer->keepalive);
	edit_insert(&p->s->edit, p->s->layout.files.at[0].end, EDIT_NEW_PARAGRAPH, &section);
}

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

static int save_all(struct peer_saver *p)
{
	const struct wg_peer_vec *peers = &p->s->now->device->peers;
	int r = save_drop_peers(p->s, p->match.device_of);

	if (r < 0)
		return r;
	save_allowed_lists(p);
	for (uint32_t i = 0; i < peers->len; i++)
		if (p->match.last_of[i] != NO_PEER)
			save_peer(p, i);
	/* Behind the new keys of the last section, which may end where the text does. */
	for (uint32_t i = 0; i < peers->len; i++)
		if (p->match.last_of[i] == NO_PEER)
			add_section(p, &peers->at[i]);
	return 0;
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
		r = save_all(&p);
	save_match_release(&p.match);
	save_allowed_release(&p.allowed);
	free(p.first_added);
	free(p.endpoint_name);
	return r;
}
