// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: finds the peers that are to be asked, their endpoints, and the ways there.
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/probe/probe.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/sys/ask/names.h"

enum file_counts {
	FILE_COMPLETES, /* what the interface says */
	FILE_COUNTS,    /* keys and peers are the file's */
	FILE_NAMELESS,  /* it is of no interface */
};

/* One look: what all of it needs. */
struct gathering {
	enum file_counts as_file;
	struct probe_rows *rows;
	struct rtnetlink *rt;
	struct ifaddrs *host;
	struct diag *d;
	size_t peer;                     /* whose endpoints are added now */
	size_t first;                    /* his first row */
	const char *shown;               /* HOST:PORT of the file; NULL: of the interface */
	struct wg_peer_pointers of_file; /* its peers, by key */
	struct asked_names names;        /* its endpoints */
};

static int read_config(const char *argument, bool must_be, struct probe_rows *rows, struct diag *d)
{
	struct config *config = &rows->config;
	_cleanup_diag_ struct diag found = {0};
	const struct buf *text = &config->text.text;

	config->keeps_text = true;
	int r = config_load(NULL, argument, config, &found);
	if (r == 0)
		r = peer_names_read(buf_text(text), text->len, &rows->names, &found);
	config_text_release(&config->text);
	rows->has_conf = r == 0;
	if (r == 0 || must_be) {
		diag_move(d, &found);
		return r;
	}
	if (r != -ENOENT)
		diag_warn(d,
			  "%s has mistakes, so only the endpoints of the interface are asked: see "
			  "wgq check",
			  argument);
	return r == -ENOMEM ? r : 0;
}

/* What serves it, where it is up. */
static int read_device(struct gathering *g)
{
	struct probe_rows *rows = g->rows;
	struct link link;
	int r = rtnetlink_link_get(g->rt, rows->ifname, &link, g->d);

	if (r < 0 || !link.index)
		return r;
	r = device_server_of(&link, &rows->server, g->d);
	if (r == 0)
		r = device_get(rows->ifname, rows->server, &rows->wg, g->d);
	rows->link = link.index;
	rows->is_up = link.up;
	return r;
}

/* Keys and peers of the file in the place of the interface's; what the latter knows of sessions
 * stays, and so do its port and mark. */
static int take_file(struct probe_rows *rows, struct diag *d)
{
	const struct wg_device *from = &rows->config.conf.wg;
	_cleanup_wg_device_ struct wg_device device = rows->wg;
	struct wg_peer_pointers sorted = {0};

	rows->wg = (struct wg_device){
		.private_key = from->private_key,
		.listen_port = rows->link ? device.listen_port : from->listen_port,
		.fwmark = rows->link ? device.fwmark : from->fwmark,
	};
	if (wg_peers_sort(&device.peers, 0, &sorted) < 0)
		return diag_no_memory(d);
	vec_each(peer, &from->peers) {
		struct wg_peer *copy = wg_device_add_peer(&rows->wg);
		const struct wg_peer *known =
			sorted.len ? wg_peers_find(&sorted, &peer->public_key) : NULL;

		if (!copy)
			break;
		copy->public_key = peer->public_key;
		copy->line = peer->endpoint_line ? peer->endpoint_line : peer->line;
		copy->preshared_key = peer->preshared_key;
		copy->last_handshake = known ? known->last_handshake : 0;
		copy->keepalive = known ? known->keepalive : 0;
	}
	vec_release(&sorted);
	return rows->wg.peers.len == from->peers.len ? 0 : diag_no_memory(d);
}

static bool has_row(const struct gathering *g, const union endpoint *to)
{
	for (size_t i = g->first; i < g->rows->len; i++)
		if (endpoint_equal(&g->rows->at[i].to, to))
			return true;
	return false;
}

static struct probe_row *add_row(struct gathering *g, const union endpoint *to)
{
	struct probe_row *row = vec_push(g->rows);

	if (!row)
		return NULL;
	*row = (struct probe_row){.peer = g->peer, .to = *to, .result.verdict = PROBE_NOT_SENT};
	if (!g->shown)
		return row;
	row->endpoint = mem_strndup(g->shown, strlen(g->shown));
	return row->endpoint ? row : NULL;
}

/* A row for each way to it, unless it has been added before. */
static int add_endpoint(struct gathering *g, const union endpoint *to)
{
	const struct wg_peer *peer = &g->rows->wg.peers.at[g->peer];
	struct uplink_vec uplinks = {0};

	if (has_row(g, to))
		return 0;
	int r = uplinks_find(g->rt, g->host, to, g->rows->wg.fwmark, g->rows->link, &uplinks, g->d);
	for (size_t i = 0; r == 0 && i < uplinks.len; i++) {
		struct probe_row *row = add_row(g, to);

		if (!row) {
			r = diag_no_memory(g->d);
			break;
		}
		row->by = uplinks.at[i];
		row->result.error = uplinks.at[i].error;
		row->is_used = uplinks.at[i].routed && peer->has_endpoint &&
			       endpoint_equal(to, &peer->endpoint);
	}
	vec_release(&uplinks);
	return r;
}

static int add_shown(struct gathering *g, const char *shown, const union endpoint *at, size_t n)
{
	int r = 0;

	g->shown = shown;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_endpoint(g, &at[i]);
	g->shown = NULL;
	return r;
}

/* A name that has no address has a row that says so. */
static int add_named(struct gathering *g, const struct conf_endpoint *named)
{
	_cleanup_buf_ struct buf shown = {0};
	const struct endpoint_vec *found = asked_names_find(&g->names, named);

	buf_addf(&shown, strchr(named->host, ':') ? "[%s]:%s" : "%s:%s", named->host, named->port);
	if (buf_status(&shown) < 0)
		return diag_no_memory(g->d);
	if (named->number.any.sa_family)
		return add_shown(g, buf_text(&shown), &named->number, 1);
	if (found)
		return add_shown(g, buf_text(&shown), found->at, found->len);
	g->shown = buf_text(&shown);
	struct probe_row *row = add_row(g, &(const union endpoint){0});
	g->shown = NULL;
	return row ? 0 : diag_no_memory(g->d);
}

static int add_numeric(struct gathering *g, const union endpoint *to)
{
	_cleanup_buf_ struct buf shown = {0};

	endpoint_format(to, &shown);
	if (buf_status(&shown) < 0)
		return diag_no_memory(g->d);
	return add_shown(g, buf_text(&shown), to, 1);
}

/* Endpoint's, then FallbackEndpoint's. */
static int add_of_file(struct gathering *g, size_t index)
{
	const struct conf *conf = &g->rows->config.conf;
	const struct wg_peer *peer = &conf->wg.peers.at[index];
	int r = 0;

	if (peer->has_endpoint && peer->endpoint.any.sa_family)
		r = add_numeric(g, &peer->endpoint);
	vec_each(named, &conf->endpoints)
		if (r == 0 && named->peer == index)
			r = add_named(g, named);
	vec_each(named, &conf->fallback_endpoints)
		if (r == 0 && named->peer == index)
			r = add_named(g, named);
	return r;
}

/* What the interface uses comes last, where the file does not have it: the peer has roamed. */
static int add_peer(struct gathering *g, size_t index)
{
	const struct wg_peer *peer = &g->rows->wg.peers.at[index];
	const struct wg_peer *of_file =
		g->of_file.len ? wg_peers_find(&g->of_file, &peer->public_key) : NULL;
	int r = 0;

	g->peer = index;
	g->first = g->rows->len;
	if (of_file)
		r = add_of_file(g, (size_t)(of_file - g->rows->config.conf.wg.peers.at));
	if (r == 0 && peer->has_endpoint)
		r = add_endpoint(g, &peer->endpoint);
	return r;
}

/* A name is one before a key is. */
static int find_peer(const struct probe_rows *rows, const char *text, size_t *ret, struct diag *d)
{
	const struct wg_peer_vec *peers = &rows->wg.peers;
	size_t found = 0;

	for (size_t i = 0; i < peers->len; i++) {
		const char *name = peer_names_find(&rows->names, &peers->at[i].public_key);

		if (name && strcasecmp(name, text) == 0) {
			*ret = i;
			return 0;
		}
	}
	for (size_t i = 0; i < peers->len; i++) {
		char base64[KEY_BASE64_LEN + 1];

		key_to_base64(&peers->at[i].public_key, base64);
		if (strncmp(base64, text, strlen(text)) != 0)
			continue;
		*ret = i;
		found++;
	}
	if (found == 1)
		return 0;
	if (found > 1)
		return diag_refuse(d, EINVAL, "%zu peers of %s have keys that begin with `%s'",
				   found, rows->ifname, text);
	diag_refuse(d, ENOENT, "%s has no peer `%s'", rows->ifname, text);
	diag_hint(d, "give its name, its public key, or the beginning of that");
	return -ENOENT;
}

/* The device, and the file's peers and names, of which only those of peer `only` are looked up. */
static int prepare(struct gathering *g, const char *peer, size_t *ret_only)
{
	struct probe_rows *rows = g->rows;
	const struct conf *conf = &rows->config.conf;
	const struct wg_peer *only = NULL;
	int r = g->as_file == FILE_NAMELESS ? 0 : read_device(g);

	if (r == 0 && (!rows->link || g->as_file))
		r = take_file(rows, g->d);
	*ret_only = SIZE_MAX;
	if (r == 0 && peer)
		r = find_peer(rows, peer, ret_only, g->d);
	if (r < 0 || !rows->has_conf)
		return r;
	if (wg_peers_sort(&conf->wg.peers, 0, &g->of_file) < 0)
		return diag_no_memory(g->d);
	if (peer)
		only = wg_peers_find(&g->of_file, &rows->wg.peers.at[*ret_only].public_key);
	if (peer && !only)
		return 0;
	r = asked_names_ask(conf, only ? (size_t)(only - conf->wg.peers.at) : SIZE_MAX,
			    rows->wg.fwmark, &g->names, g->d);
	vec_each(name, &g->names)
		if (r == 0 && name->answer.outcome != ASK_FOUND)
			diag_warn(g->d, "cannot look up `%s': %s", name->of->host,
				  name->answer.reason);
	return r;
}

/* Those of the file in its order, then what else the interface has. */
static int add_all(struct gathering *g)
{
	struct wg_peer_vec *peers = &g->rows->wg.peers;
	struct wg_peer_pointers sorted = {0};
	int r = 0;

	if (wg_peers_sort(peers, 0, &sorted) < 0)
		return diag_no_memory(g->d);
	for (size_t i = 0; r == 0 && sorted.len && i < g->of_file.len; i++) {
		const struct wg_peer *peer =
			wg_peers_find(&sorted, &g->rows->config.conf.wg.peers.at[i].public_key);

		if (peer)
			r = add_peer(g, (size_t)(peer - peers->at));
	}
	for (size_t i = 0; r == 0 && i < peers->len; i++)
		if (!g->of_file.len || !wg_peers_find(&g->of_file, &peers->at[i].public_key))
			r = add_peer(g, i);
	vec_release(&sorted);
	return r;
}

static int gather(struct probe_rows *rows, const char *peer, enum file_counts as_file,
		  struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	struct gathering g = {.rows = rows, .d = d, .as_file = as_file};
	size_t only;
	int r = rtnetlink_open(&rt, d);

	g.rt = rt;
	if (r == 0)
		r = uplinks_look(&g.host, d);
	if (r == 0)
		r = prepare(&g, peer, &only);
	if (r == 0)
		r = only == SIZE_MAX ? add_all(&g) : add_peer(&g, only);
	uplinks_look_free(g.host);
	vec_release(&g.of_file);
	asked_names_release(&g.names);
	return r;
}

int probe_look(const char *argument, const char *peer, struct probe_rows *ret, struct diag *d)
{
	bool is_name = config_path_is_ifname(argument, strlen(argument));
	int r = read_config(argument, !is_name || !if_nametoindex(argument), ret, d);

	if (r < 0)
		return r;
	memcpy(ret->ifname, is_name ? argument : ret->config.path.ifname,
	       is_name ? strlen(argument) + 1 : sizeof(ret->ifname));
	return gather(ret, peer, FILE_COMPLETES, d);
}

int probe_look_config(struct config *config, struct probe_rows *ret, struct diag *d)
{
	bool is_stdin = strcmp(config->path.real, "/dev/stdin") == 0;

	ret->config = *config;
	*config = (struct config){0};
	ret->has_conf = true;
	memcpy(ret->ifname, ret->config.path.ifname, sizeof(ret->ifname));
	return gather(ret, NULL, is_stdin ? FILE_NAMELESS : FILE_COUNTS, d);
}

const struct probe_row *probe_best(const struct probe_rows *rows, size_t first, size_t *ret_next)
{
	const struct probe_row *best = &rows->at[first];
	size_t i = first + 1;

	for (; i < rows->len && rows->at[i].peer == best->peer; i++)
		if (rows->at[i].result.verdict < best->result.verdict)
			best = &rows->at[i];
	*ret_next = i;
	return best;
}

void probe_rows_release(struct probe_rows *rows)
{
	vec_each(row, rows)
		free(row->endpoint);
	vec_release(rows);
	wg_device_release(&rows->wg);
	peer_names_release(&rows->names);
	config_release(&rows->config);
}
