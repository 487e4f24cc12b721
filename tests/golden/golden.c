// SPDX-License-Identifier: GPL-2.0-or-later
// Golden cases: each folder holds wg0.conf and what must come of it, `expect`: the messages as the
// user sees them, and the configuration as it was understood.
//
//	golden [--update] FOLDER
//
// takes every case in FOLDER; --update writes expect, for review with git diff.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cases.h"
#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/conf/parse/parse.h"

static void dump_texts(struct buf *out, const char *name, const struct conf_text_vec *texts)
{
	vec_each(item, texts) {
		buf_addf(out, "%s: ", name);
		buf_printable(out, item->text, strlen(item->text));
		buf_addf(out, " (line %u)\n", item->line);
	}
}

static void dump_table(struct buf *out, const struct conf *conf)
{
	switch (conf->table_kind) {
	case TABLE_AUTO:
		if (conf->table_line)
			buf_str(out, "table: auto\n");
		return;
	case TABLE_OFF:
		buf_str(out, "table: off\n");
		return;
	case TABLE_NUMBER:
		buf_addf(out, "table: number %u\n", conf->table);
		return;
	case TABLE_NAME:
		buf_addf(out, "table: name %s\n", conf->table_name);
		return;
	}
}

static void dump_prefixes(struct buf *out, const char *name, const struct conf_prefix_vec *list)
{
	vec_each(item, list) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&item->prefix, text);
		buf_addf(out, "%s: %s (line %u)\n", name, text, item->line);
	}
}

/* wgq's own keys of [Interface]. */
static void dump_own(struct buf *out, const struct conf *conf)
{
	const struct conf_text *key_file = &conf->private_key_file;

	if (key_file->text)
		buf_addf(out, "private key file: %s (line %u)\n", key_file->text, key_file->line);
	dump_prefixes(out, "address from key", &conf->address_from_key);
	dump_prefixes(out, "excluded ip", &conf->excluded_ips);
	vec_each(on, &conf->listen_on) {
		char text[ADDR_TEXT_MAX];

		addr_format(&on->addr, text);
		buf_addf(out, "listen on: %s %s (line %u)\n", on->ifname[0] ? "link" : "address",
			 on->ifname[0] ? on->ifname : text, on->line);
	}
	if (conf->forward_line)
		buf_addf(out, "forward: %d (line %u)\n", conf->forward, conf->forward_line);
	if (conf->masquerade_line)
		buf_addf(out, "masquerade: %d (line %u)\n", conf->masquerade,
			 conf->masquerade_line);
	vec_each(by, &conf->masquerade_by)
		buf_addf(out, "masquerade by: %s (line %u)\n", by->ifname, by->line);
	if (conf->kill_switch_line)
		buf_addf(out, "kill switch: %u (line %u)\n", conf->kill_switch,
			 conf->kill_switch_line);
	if (conf->isolate_peers_line)
		buf_addf(out, "isolate peers: %d (line %u)\n", conf->isolate_peers,
			 conf->isolate_peers_line);
	if (conf->metric_line)
		buf_addf(out, "metric: %u (line %u)\n", conf->metric, conf->metric_line);
	if (conf->multicast_line)
		buf_addf(out, "multicast: %d (line %u)\n", conf->multicast, conf->multicast_line);
	if (conf->shared_neighbour_line)
		buf_addf(out, "shared neighbour: %d (line %u)\n", conf->shared_neighbour,
			 conf->shared_neighbour_line);
}

static void dump_interface(struct buf *out, const struct conf *conf)
{
	static const char *const hooks[HOOK_KINDS] = {
		[HOOK_PRE_UP] = "pre up",
		[HOOK_POST_UP] = "post up",
		[HOOK_PRE_DOWN] = "pre down",
		[HOOK_POST_DOWN] = "post down",
	};

	if (conf->wg.has_private_key)
		buf_addf(out, "private key: %s\n",
			 key_is_zero(&conf->wg.private_key) ? "zero" : "set");
	if (conf->wg.has_listen_port)
		buf_addf(out, "listen port: %u\n", conf->wg.listen_port);
	if (conf->listen_port.text)
		buf_addf(out, "listen port: service %s\n", conf->listen_port.text);
	if (conf->wg.has_fwmark)
		buf_addf(out, "fwmark: 0x%x\n", conf->wg.fwmark);
	vec_each(a, &conf->addresses) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&a->prefix, text);
		buf_addf(out, "address: %s scope %u (line %u)\n", text, a->scope, a->line);
	}
	dump_texts(out, "dns server", &conf->dns_servers);
	dump_texts(out, "dns search", &conf->dns_search);
	if (conf->mtu_line)
		buf_addf(out, "mtu: %u\n", conf->mtu);
	dump_table(out, conf);
	if (conf->save_config)
		buf_str(out, "save config\n");
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		dump_texts(out, hooks[kind], &conf->hooks[kind]);
	dump_own(out, conf);
}

static void dump_peer(struct buf *out, const struct wg_peer *peer)
{
	char text[PREFIX_TEXT_MAX];

	key_to_base64(&peer->public_key, text);
	buf_addf(out, "peer: %s (line %u)\n", text, peer->line);
	if (peer->has_preshared_key)
		buf_addf(out, "  preshared key: %s\n",
			 key_is_zero(&peer->preshared_key) ? "none" : "set");
	if (peer->has_endpoint) {
		buf_str(out, "  endpoint: ");
		endpoint_format(&peer->endpoint, out);
		buf_char(out, '\n');
	}
	if (peer->has_keepalive)
		buf_addf(out, "  keepalive: %u\n", peer->keepalive);
	if (!peer->replace_allowed_ips)
		buf_str(out, "  changes the allowed IPs\n");
	vec_each(ip, &peer->allowed_ips) {
		prefix_format(&ip->prefix, text);
		buf_addf(out, "  allowed ip: %s%s (line %u)\n", ip->remove ? "-" : "", text,
			 ip->line);
	}
}

static void dump_fallbacks(struct buf *out, const struct conf *conf)
{
	vec_each(e, &conf->fallback_endpoints) {
		buf_addf(out, "fallback endpoint of peer %zu: host %s port %s (line %u)", e->peer,
			 e->host, e->port, e->line);
		if (e->number.any.sa_family) {
			buf_str(out, ", which is ");
			endpoint_format(&e->number, out);
		}
		buf_char(out, '\n');
	}
}

static void dump_routes(struct buf *out, const struct conf *conf)
{
	for (unsigned i = 0; i < 256; i++)
		if (conf->follows[i])
			buf_addf(out, "follows: protocol %u (line %u)\n", i, conf->follow_line);
	vec_each(routes, &conf->peer_routes) {
		buf_addf(out, "routes of peer %zu:", routes->peer);
		vec_each(prefix, &routes->accept) {
			buf_char(out, ' ');
			prefix_add(prefix, out);
		}
		if (routes->accept_line)
			buf_addf(out, " (line %u)", routes->accept_line);
		if (routes->max_line)
			buf_addf(out, " at most %u (line %u)", routes->max, routes->max_line);
		buf_char(out, '\n');
	}
}

static void dump(struct buf *out, const struct conf *conf)
{
	dump_interface(out, conf);
	vec_each(peer, &conf->wg.peers)
		dump_peer(out, peer);
	vec_each(e, &conf->endpoints)
		buf_addf(out, "endpoint of peer %zu: host %s port %s (line %u)\n", e->peer, e->host,
			 e->port, e->line);
	dump_fallbacks(out, conf);
	dump_routes(out, conf);
	vec_each(file, &conf->preshared_key_files)
		buf_addf(out, "preshared key file of peer %zu: %s (line %u)\n", file->peer,
			 file->text, file->line);
}

static void parse_case(const struct config_text *config, struct buf *ret)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};
	int r = conf_parse_files(&config->files, "wg0", buf_text(&config->text), &conf, &d);

	diag_format(&d, 0, "wgq", false, 0, ret);
	buf_addf(ret, "---- %s\n", r == 0 ? "ok" : r == -EINVAL ? "EINVAL" : strerror(-r));
	dump(ret, &conf);
}

/* 0: as expected. */
static int run_case(const char *folder, bool update)
{
	_cleanup_config_text_ struct config_text config = {0};
	_cleanup_buf_ struct buf result = {0};
	int r = case_read_config(folder, "wg0.conf", &config);

	if (r < 0) {
		fprintf(stderr, "%s/wg0.conf: %s\n", folder, strerror(-r));
		return 1;
	}
	parse_case(&config, &result);
	return !case_is_as_expected(folder, &result, update);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	bool update = argc == 3 && strcmp(argv[1], "--update") == 0;
	const char *root = argc >= 2 ? argv[argc - 1] : "";
	struct dirent **cases;
	int failed = 0;

	int count = argc == 2 || update ? scandir(root, &cases, is_case, alphasort) : -1;
	if (count < 0) {
		fprintf(stderr, "usage: %s [--update] FOLDER\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < count; i++) {
		_cleanup_buf_ struct buf folder = {0};

		buf_addf(&folder, "%s/%s", root, cases[i]->d_name);
		failed += run_case(buf_text(&folder), update);
		free(cases[i]);
	}
	free(cases);
	printf("%d cases, %d failed\n", count, failed);
	return failed || !count;
}
