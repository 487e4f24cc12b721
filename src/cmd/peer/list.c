// SPDX-License-Identifier: GPL-2.0-or-later
// wgq peer list and show: the peers of a configuration, and what runs of them.
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/date.h"
#include "wgq/cmd/peer/peer.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/words.h"
#include "wgq/cmd/value.h"
#include "wgq/run/look/device.h"

enum { JSON_VERSION = 1 };

struct list {
	struct config config;
	struct roster roster;
	struct snap snap;
	bool exists;                     /* the interface */
	struct wg_peer_pointers running; /* by key */
	int64_t now;
};

static void list_release(struct list *list)
{
	vec_release(&list->running);
	snap_release(&list->snap);
	roster_release(&list->roster);
	config_release(&list->config);
}

/* What runs is told as far as it can be seen. */
static int look(struct list *list, const struct options *options, struct diag *d)
{
	struct config *config = &list->config;
	const struct host_options host_options = {.ifname = config->path.ifname};
	_cleanup_(host_free_at) struct host *host = NULL;
	_cleanup_diag_ struct diag unseen = {0};
	int r = config_load_text(options->args[0], config, d);
	const struct observe_query query = {.ifname = config->path.ifname, .what = LOOK_DEVICE};

	if (r == 0)
		r = roster_read(&config->text, config->path.ifname, &list->roster, d);
	if (r < 0)
		return r;
	list->now = time(NULL);
	list->exists = if_nametoindex(config->path.ifname);
	if (list->exists && host_open(&host_options, &host, &unseen) == 0)
		world_observe(host_world(host), &query, &list->snap, &unseen);
	return wg_peers_sort(&list->snap.wg.peers, 0, &list->running) < 0 ? diag_no_memory(d) : 0;
}

static const struct wg_peer *running(const struct list *list, const struct roster_peer *peer)
{
	return wg_peers_find(&list->running, &peer->peer->public_key);
}

static const char *state(const struct list *list, const struct roster_peer *peer)
{
	const struct wg_peer *runs = running(list, peer);

	if (peer->is_disabled)
		return runs ? "disabled, but up" : "disabled";
	if (peer->expires && peer->expires <= list->now)
		return runs ? "expired, but up" : "expired";
	if (list->exists && !snap_has_seen(&list->snap, LOOK_DEVICE))
		return "unknown";
	return runs ? "up" : list->snap.is_wireguard ? "not loaded" : "down";
}

static void add_allowed(const struct roster_peer *peer, struct buf *out)
{
	bool any = false;

	vec_each(ip, &peer->peer->allowed_ips) {
		buf_str(out, any ? ", " : "");
		prefix_add(&ip->prefix, out);
		any = true;
	}
	buf_str(out, any ? "" : "-");
}

static void draw(const struct list *list, struct buf *out)
{
	_cleanup_columns_ struct columns c = {.columns = {{.title = "peer", .cut = 24},
							  {.title = "state"},
							  {.title = "handshake"},
							  {.title = "expires"},
							  {.title = "allowed IPs", .cut = 12}},
					      .count = 5};
	struct term term;

	term_look(STDOUT_FILENO, &term);
	vec_each(peer, &list->roster) {
		const struct wg_peer *runs = running(list, peer);
		const char *is = state(list, peer);

		value_peer(peer->name, &peer->peer->public_key,
			   &columns_cell(&c, STYLE_BOLD)->text);
		buf_str(&columns_cell(&c, strcmp(is, "up") == 0 ? STYLE_GREEN : STYLE_DIM)->text,
			is);
		struct buf *ago = &columns_cell(&c, STYLE_PLAIN)->text;
		if (runs)
			words_ago(ago, runs->last_handshake, list->now);
		else
			buf_char(ago, '-');
		struct buf *expires = &columns_cell(&c, STYLE_PLAIN)->text;
		if (peer->expires)
			date_add(peer->expires, expires);
		else
			buf_char(expires, '-');
		add_allowed(peer, &columns_cell(&c, STYLE_PLAIN)->text);
	}
	columns_draw(&c, &term, 0, out);
}

static void add_json(const struct list *list, const struct roster_peer *peer, struct json *j)
{
	const struct wg_peer *runs = running(list, peer);
	const struct conf *conf = peer->is_disabled ? &list->roster.disabled : &list->roster.conf;
	const struct place at = conf_place(conf, peer->peer->line);
	_cleanup_buf_ struct buf expires = {0};

	json_object(j, NULL);
	json_string(j, "name", peer->name);
	value_json_key(j, "public_key", &peer->peer->public_key);
	json_string(j, "state", state(list, peer));
	json_bool(j, "disabled", peer->is_disabled);
	json_array(j, "allowed_ips");
	vec_each(ip, &peer->peer->allowed_ips)
		value_json_prefix(j, NULL, &ip->prefix);
	json_end(j);
	if (peer->expires)
		date_add(peer->expires, &expires);
	json_string(j, "expires", peer->expires ? buf_text(&expires) : NULL);
	json_string(j, "file", at.file);
	json_unsigned(j, "line", at.line);
	json_unsigned_or_null(j, "last_handshake", runs ? (uint64_t)runs->last_handshake : 0);
	json_end(j);
}

/* Of all peers, or of one. */
static int print_json(const struct list *list, const struct roster_peer *only, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct json j = {.out = &text};

	json_object(&j, NULL);
	json_unsigned(&j, "version", JSON_VERSION);
	json_string(&j, "interface", list->config.path.ifname);
	json_array(&j, "peers");
	vec_each(peer, &list->roster)
		if (!only || peer == only)
			add_json(list, peer, &j);
	json_end(&j);
	json_end(&j);
	return show_output(&text, d);
}

int peer_list(const struct options *options, struct diag *d)
{
	_cleanup_(list_release) struct list list = {0};
	_cleanup_buf_ struct buf text = {0};
	int r = look(&list, options, d);

	if (r == 0 && (options->given & OPTION_JSON)) {
		r = print_json(&list, NULL, d);
	} else if (r == 0 && list.roster.len) {
		draw(&list, &text);
		r = show_output(&text, d);
	}
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}

static void add_line(struct buf *out, const char *what, const struct buf *text)
{
	buf_addf(out, "%-14s%s\n", what, buf_text(text));
}

static void describe(const struct list *list, const struct roster_peer *peer, struct buf *out)
{
	const struct wg_peer *runs = running(list, peer);
	const struct conf *conf = peer->is_disabled ? &list->roster.disabled : &list->roster.conf;
	const struct place at = conf_place(conf, peer->peer->line);
	_cleanup_buf_ struct buf text = {0};

	value_peer(peer->name, &peer->peer->public_key, &text);
	add_line(out, "name", &text);
	buf_clear(&text);
	key_add(&peer->peer->public_key, &text);
	add_line(out, "public key", &text);
	buf_clear(&text);
	buf_str(&text, state(list, peer));
	add_line(out, "state", &text);
	buf_clear(&text);
	add_allowed(peer, &text);
	add_line(out, "allowed IPs", &text);
	buf_clear(&text);
	if (peer->expires) {
		date_add(peer->expires, &text);
		add_line(out, "expires", &text);
		buf_clear(&text);
	}
	if (runs && runs->has_endpoint) {
		endpoint_format(&runs->endpoint, &text);
		add_line(out, "endpoint", &text);
		buf_clear(&text);
	}
	if (runs) {
		words_ago(&text, runs->last_handshake, list->now);
		add_line(out, "handshake", &text);
		buf_clear(&text);
		words_bytes(&text, runs->rx_bytes);
		buf_str(&text, " received, ");
		words_bytes(&text, runs->tx_bytes);
		buf_str(&text, " sent");
		add_line(out, "traffic", &text);
		buf_clear(&text);
	}
	buf_printable(&text, at.file, strlen(at.file));
	buf_addf(&text, ":%u", at.line);
	add_line(out, "file", &text);
}

int peer_show(const struct options *options, struct diag *d)
{
	_cleanup_(list_release) struct list list = {0};
	_cleanup_buf_ struct buf text = {0};
	const struct roster_peer *peer;
	int r = look(&list, options, d);

	if (r == 0)
		r = roster_find(&list.roster, options->args[1], &peer, d);
	if (r == 0 && (options->given & OPTION_JSON)) {
		r = print_json(&list, peer, d);
	} else if (r == 0) {
		describe(&list, peer, &text);
		r = show_output(&text, d);
	}
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}
