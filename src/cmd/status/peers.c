// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: draws the peers of an interface, few as paragraphs and many as a table.
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/status/status.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/words.h"
#include "wgq/cmd/value.h"

enum {
	INDENT = 2,
	PARAGRAPHS_MAX = 3, /* more peers than these make a table */
	PEERS_MAX = 20,     /* unless all are asked for */
	ALLOWED_MAX = 8,
	NAMES_MAX = 3, /* with the same finding */
};

void status_peer_name(const struct status *s, const struct wg_peer *peer, struct buf *out)
{
	value_peer(peer_names_find(&s->names, &peer->public_key), &peer->public_key, out);
}

static void add_allowed(const struct status_view *view, const struct wg_peer *peer, struct buf *out)
{
	size_t shown = 0, all = peer->allowed_ips.len;
	size_t most = view->all || all <= ALLOWED_MAX + 1 ? all : ALLOWED_MAX;

	for (; shown < most; shown++) {
		buf_str(out, shown ? ", " : "");
		prefix_add(&peer->allowed_ips.at[shown].prefix, out);
	}
	if (shown < all)
		buf_addf(out, " and %zu more", all - shown);
	if (!all)
		buf_str(out, "none");
}

static bool is_wrong(const struct status *s, size_t index)
{
	struct finding *end = s->findings.at + s->findings.len;

	for (struct finding *f = s->first_of[index]; f && f < end && f->peer == (long)index; f++)
		if (finding_is_wrong(f->kind))
			return true;
	return false;
}

static enum style handshake_style(const struct status *s, size_t index)
{
	const struct wg_peer *peer = &s->snap.wg.peers.at[index];

	if (is_wrong(s, index))
		return STYLE_RED;
	return peer->last_handshake && s->now - peer->last_handshake <= WG_SESSION_SECONDS
		       ? STYLE_GREEN
		       : STYLE_PLAIN;
}

static void draw_traffic(const struct status_view *view, const struct wg_peer *peer,
			 struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	words_bytes(&text, peer->rx_bytes);
	buf_str(&text, " received, ");
	words_bytes(&text, peer->tx_bytes);
	buf_str(&text, " sent");
	status_field(view, 2 * INDENT, "traffic", STYLE_PLAIN, buf_text(&text), out);
}

const union endpoint *status_other_endpoint(const struct status *s, const struct wg_peer *peer)
{
	const struct wg_peer *block =
		s->blocks.len ? wg_peers_find(&s->blocks, &peer->public_key) : NULL;

	return block && block->has_endpoint && peer->has_endpoint &&
			       !endpoint_equal(&block->endpoint, &peer->endpoint)
		       ? &block->endpoint
		       : NULL;
}

static void draw_endpoint(const struct status *s, const struct status_view *view,
			  const struct wg_peer *peer, struct buf *out)
{
	const union endpoint *other = status_other_endpoint(s, peer);
	_cleanup_buf_ struct buf endpoint = {0};

	endpoint_format(&peer->endpoint, &endpoint);
	if (other) {
		buf_str(&endpoint, ", in the file ");
		endpoint_format(other, &endpoint);
	}
	if (peer->has_endpoint)
		status_field(view, 2 * INDENT, "endpoint", STYLE_PLAIN, buf_text(&endpoint), out);
}

static void draw_paragraph(const struct status *s, const struct status_view *view, size_t index,
			   struct buf *out)
{
	const struct wg_peer *peer = &s->snap.wg.peers.at[index];
	const struct finding *end = s->findings.at + s->findings.len;
	_cleanup_buf_ struct buf name = {0}, ago = {0}, allowed = {0}, kept = {0};
	char key[KEY_BASE64_LEN + 1];

	status_peer_name(s, peer, &name);
	key_to_base64(&peer->public_key, key);
	buf_char(out, '\n');
	term_pad(out, out->len, INDENT);
	columns_wrap(view->term, INDENT, STYLE_BOLD, buf_text(&name), out);
	if (strcmp(buf_text(&name), key) != 0)
		status_field(view, 2 * INDENT, "public key", STYLE_PLAIN, key, out);
	draw_endpoint(s, view, peer, out);
	words_ago(&ago, peer->last_handshake, s->now);
	status_field(view, 2 * INDENT, "handshake", handshake_style(s, index), buf_text(&ago), out);
	if (peer->rx_bytes || peer->tx_bytes)
		draw_traffic(view, peer, out);
	add_allowed(view, peer, &allowed);
	if (snap_has_seen(&s->snap, LOOK_FOLLOWED) && s->followed[index])
		buf_addf(&allowed, "; %zu of them followed", s->followed[index]);
	status_field(view, 2 * INDENT, "allowed IPs", STYLE_PLAIN, buf_text(&allowed), out);
	buf_str(&kept, "every ");
	words_count(&kept, peer->keepalive, "second");
	if (peer->keepalive)
		status_field(view, 2 * INDENT, "keepalive", STYLE_PLAIN, buf_text(&kept), out);
	for (const struct finding *f = s->first_of[index]; f && f < end && f->peer == (long)index;
	     f++)
		status_finding(s, view, 2 * INDENT, f, "", out);
}

static void begin_table(const struct status_view *view, struct columns *c)
{
	const struct column peer = {"peer",
				    .cut = view->term->width / 3 ? view->term->width / 3 : 1};
	const struct column columns[] = {
		peer,
		{"handshake", .cut = 0},
		{"in/s", .right = true},
		{"out/s", .right = true},
		{"received", .right = true},
		{"sent", .right = true},
		{"endpoint", .cut = 0},
		{"allowed IPs", .cut = 12},
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (view->rates || (i != 2 && i != 3))
			c->columns[c->count++] = columns[i];
}

static void add_row(const struct status *s, const struct status_view *view, size_t index,
		    struct columns *c)
{
	const struct wg_peer *peer = &s->snap.wg.peers.at[index];
	const struct status_rate none = {0}, *rate = s->rates ? &s->rates[index] : &none;

	status_peer_name(s, peer, &columns_cell(c, STYLE_BOLD)->text);
	words_ago(&columns_cell(c, handshake_style(s, index))->text, peer->last_handshake, s->now);
	if (view->rates) {
		words_rate(&columns_cell(c, STYLE_PLAIN)->text, rate->rx, s->seconds);
		words_rate(&columns_cell(c, STYLE_PLAIN)->text, rate->tx, s->seconds);
	}
	words_bytes(&columns_cell(c, STYLE_PLAIN)->text, peer->rx_bytes);
	words_bytes(&columns_cell(c, STYLE_PLAIN)->text, peer->tx_bytes);
	struct buf *endpoint = &columns_cell(c, STYLE_PLAIN)->text;
	if (peer->has_endpoint)
		endpoint_format(&peer->endpoint, endpoint);
	else
		buf_char(endpoint, '-');
	add_allowed(view, peer, &columns_cell(c, STYLE_PLAIN)->text);
}

static void add_sum(const struct status *s, const struct status_view *view, struct columns *c)
{
	struct status_rate rate = {0};
	uint64_t rx = 0, tx = 0;

	for (size_t i = 0; i < s->snap.wg.peers.len; i++) {
		rx += s->snap.wg.peers.at[i].rx_bytes;
		tx += s->snap.wg.peers.at[i].tx_bytes;
		rate.rx += s->rates ? s->rates[i].rx : 0;
		rate.tx += s->rates ? s->rates[i].tx : 0;
	}
	words_count(&columns_cell(c, STYLE_DIM)->text, s->snap.wg.peers.len, "peer");
	columns_cell(c, STYLE_PLAIN);
	if (view->rates) {
		words_rate(&columns_cell(c, STYLE_PLAIN)->text, rate.rx, s->seconds);
		words_rate(&columns_cell(c, STYLE_PLAIN)->text, rate.tx, s->seconds);
	}
	words_bytes(&columns_cell(c, STYLE_PLAIN)->text, rx);
	words_bytes(&columns_cell(c, STYLE_PLAIN)->text, tx);
	columns_cell(c, STYLE_PLAIN);
	columns_cell(c, STYLE_PLAIN);
}

/* What several peers have in common is said once, with the names of the first ones. */
static void draw_common(const struct status *s, const struct status_view *view,
			enum finding_kind kind, struct buf *out)
{
	_cleanup_buf_ struct buf names = {0};
	const struct finding *first = NULL;
	size_t count = 0;

	vec_each(finding, &s->findings) {
		if (finding->peer == FINDING_NO_PEER || finding->kind != kind)
			continue;
		first = first ? first : finding;
		if (count++ >= NAMES_MAX)
			continue;
		buf_str(&names, names.len ? ", " : "");
		status_peer_name(s, &s->snap.wg.peers.at[finding->peer], &names);
	}
	if (!first)
		return;
	if (count > NAMES_MAX)
		buf_addf(&names, " and %zu more", count - NAMES_MAX);
	buf_str(&names, ": ");
	/* The detail is one peer's. */
	struct finding common = *first;
	char none[] = "";
	if (count > 1)
		common.detail = none;
	status_finding(s, view, INDENT, &common, buf_text(&names), out);
}

static void draw_table(const struct status *s, const struct status_view *view, size_t shown,
		       struct buf *out)
{
	_cleanup_columns_ struct columns columns = {0};

	begin_table(view, &columns);
	for (size_t i = 0; i < shown; i++)
		add_row(s, view, s->order[i], &columns);
	add_sum(s, view, &columns);
	buf_char(out, '\n');
	columns_draw(&columns, view->term, INDENT, out);
	for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++)
		draw_common(s, view, kind, out);
}

static void draw_rest(const struct status *s, const struct status_view *view, size_t shown,
		      struct buf *out)
{
	size_t peers = s->snap.wg.peers.len, wrong = 0;
	_cleanup_buf_ struct buf text = {0}, printable = {0};

	if (shown == peers)
		return;
	for (size_t i = shown; i < peers; i++)
		wrong += is_wrong(s, s->order[i]);
	words_count(&text, peers - shown, "more peer");
	if (wrong)
		buf_addf(&text, ", %zu of them with problems", wrong);
	buf_str(&text, ": wgq status --all ");
	buf_shell_word(&text, s->argument);
	buf_printable(&printable, buf_text(&text), text.len);
	buf_char(out, '\n');
	term_pad(out, out->len, INDENT);
	columns_wrap(view->term, INDENT, STYLE_DIM, buf_text(&printable), out);
}

void status_peers(const struct status *s, const struct status_view *view, struct buf *out)
{
	size_t peers = s->snap.wg.peers.len;
	size_t shown = view->all || peers <= PEERS_MAX + 1 ? peers : PEERS_MAX;

	if (!peers)
		return;
	if (view->rates || (peers > PARAGRAPHS_MAX && !view->verbose)) {
		draw_table(s, view, shown, out);
	} else {
		for (size_t i = 0; i < shown; i++)
			draw_paragraph(s, view, s->order[i], out);
	}
	draw_rest(s, view, shown, out);
}
