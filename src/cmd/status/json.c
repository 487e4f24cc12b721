// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: draws interfaces for programs, as packaging/schema/status.schema.json says.
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/json.h"
#include "wgq/cmd/status/status.h"
#include "wgq/cmd/value.h"
#include "wgq/plan/follow/follow.h"

/* Rises when a program that reads the old one would be misled. New fields may come at any time. */
enum { STATUS_JSON_VERSION = 1 };

static void put_finding(struct json *j, const struct status *s, const struct finding *finding)
{
	_cleanup_buf_ struct buf remedy = {0};

	finding_remedy(finding->kind, s->ifname, s->argument, &remedy);
	json_object(j, NULL);
	json_string(j, "id", finding_name(finding->kind));
	json_bool(j, "wrong", finding_is_wrong(finding->kind));
	json_string(j, "message", finding_text(finding->kind));
	json_string(j, "detail", finding->detail[0] ? finding->detail : NULL);
	json_string(j, "remedy", buf_text(&remedy));
	json_end(j);
}

static void put_findings_of(struct json *j, const struct status *s, const struct finding *first,
			    long peer)
{
	const struct finding *end = s->findings.at + s->findings.len;

	json_array(j, "findings");
	for (const struct finding *f = first; f && f < end && f->peer == peer; f++)
		put_finding(j, s, f);
	json_end(j);
}

static void put_peer(struct json *j, const struct status *s, size_t index)
{
	const struct wg_peer *peer = &s->snap.wg.peers.at[index];

	json_object(j, NULL);
	value_json_key(j, "public_key", &peer->public_key);
	json_string(j, "name", peer_names_find(&s->names, &peer->public_key));
	json_bool(j, "preshared_key", !key_is_zero(&peer->preshared_key));
	value_json_endpoint(j, "endpoint", peer->has_endpoint ? &peer->endpoint : NULL);
	value_json_endpoint(j, "endpoint_in_file", status_other_endpoint(s, peer));
	json_unsigned_or_null(j, "last_handshake", (uint64_t)peer->last_handshake);
	json_unsigned(j, "rx_bytes", peer->rx_bytes);
	json_unsigned(j, "tx_bytes", peer->tx_bytes);
	json_array(j, "allowed_ips");
	vec_each(ip, &peer->allowed_ips)
		value_json_prefix(j, NULL, &ip->prefix);
	json_end(j);
	if (snap_has_seen(&s->snap, LOOK_FOLLOWED))
		json_unsigned(j, "followed", s->followed[index]);
	json_unsigned_or_null(j, "persistent_keepalive", peer->keepalive);
	put_findings_of(j, s, s->first_of[index], (long)index);
	json_end(j);
}

static void put_peers(struct json *j, const struct status *s)
{
	if (!snap_has_seen(&s->snap, LOOK_DEVICE)) {
		json_null(j, "peers");
		return;
	}
	json_array(j, "peers");
	for (size_t i = 0; i < s->snap.wg.peers.len; i++)
		put_peer(j, s, s->order[i]);
	json_end(j);
}

static void put_routes(struct json *j, const struct status *s)
{
	json_array(j, "routes");
	vec_each(table, &s->snap.tables) {
		size_t n = snap_count_routes(&s->snap, table);

		if (!n)
			continue;
		json_object(j, NULL);
		json_unsigned(j, "table", table->group.table);
		json_unsigned(j, "count", n);
		json_end(j);
	}
	json_end(j);
}

static void put_rules(struct json *j, const struct status *s)
{
	json_array(j, "rules");
	vec_each(tunnel, &s->snap.tunnel_rules) {
		const struct rule *rule = &tunnel->rule;

		if (!tunnel->leads_here && rule->table != s->snap.wg.fwmark)
			continue;
		json_object(j, NULL);
		json_string(j, "family", rule->family == AF_INET6 ? "IPv6" : "IPv4");
		json_unsigned(j, "priority", rule->priority);
		json_unsigned(j, "not_fwmark", rule->fwmark);
		json_unsigned(j, "table", rule->table);
		json_end(j);
	}
	json_end(j);
}

static void put_lines(struct json *j, const char *name, const struct buf *lines)
{
	json_array(j, name);
	for (const char *line = buf_text(lines); *line;) {
		size_t n = strcspn(line, "\n");

		json_string_n(j, NULL, line, n);
		line += n + (line[n] == '\n');
	}
	json_end(j);
}

static void put_dns(struct json *j, const struct status *s)
{
	if (!snap_has_seen(&s->snap, LOOK_DNS)) {
		json_null(j, "dns");
		return;
	}
	json_object(j, "dns");
	put_lines(j, "servers", &s->snap.dns_servers);
	put_lines(j, "search", &s->snap.dns_search);
	json_end(j);
}

static void put_unseen(struct json *j, const struct status *s)
{
	json_array(j, "not_seen");
	vec_each(item, &s->unseen) {
		_cleanup_buf_ struct buf text = {0};

		diag_message(item, &text);
		json_string(j, NULL, buf_text(&text));
	}
	json_end(j);
}

static void put_link(struct json *j, const struct status *s)
{
	const struct snap *snap = &s->snap;

	json_string(j, "served_by",
		    !snap->link.index    ? NULL
		    : snap->is_userspace ? "userspace"
					 : "kernel");
	value_json_key(j, "public_key", &snap->wg.public_key);
	json_unsigned_or_null(j, "listen_port", snap->wg.listen_port);
	json_unsigned_or_null(j, "fwmark", snap->wg.fwmark);
	json_unsigned_or_null(j, "mtu", snap->link.mtu);
	json_array(j, "addresses");
	vec_each(addr, &snap->addrs)
		value_json_prefix(j, NULL, &addr->prefix);
	json_end(j);
	put_routes(j, s);
	put_rules(j, s);
	if (snap_has_seen(snap, LOOK_FIREWALL))
		json_bool(j, "firewall", snap->has_firewall);
	else
		json_null(j, "firewall");
	bool has_table = snap_has_seen(snap, LOOK_FIREWALL) && snap->has_own_table;
	value_json_walls(j, has_table ? &snap->walls : NULL);
	json_bool(j, "multicast", snap->link.multicast);
	put_dns(j, s);
}

static void put_keeper(struct json *j, const struct status *s)
{
	const struct status_keeper *keeper = &s->keeper;

	if (!keeper->process) {
		json_null(j, "kept_by");
		return;
	}
	json_object(j, "kept_by");
	json_unsigned(j, "process", (uint64_t)keeper->process);
	json_bool(j, "answers", !keeper->silent);
	json_string(j, "problem", keeper->state);
	json_string(j, "last", keeper->last);
	json_unsigned_or_null(j, "last_time", (uint64_t)keeper->last_at);
	json_end(j);
}

/* Of a million that are refused the first show what is wrong. */
static void put_follows(struct json *j, const struct status *s)
{
	enum { SHOWN = 1000 };
	const struct followed_vec *followed = &s->snap.followed;
	size_t count[FOLLOW_REFUSALS] = {0}, shown = 0;

	if (!snap_has_seen(&s->snap, LOOK_FOLLOWED)) {
		json_null(j, "follows");
		return;
	}
	vec_each(f, followed)
		count[f->refusal]++;
	json_object(j, "follows");
	json_unsigned(j, "followed", count[FOLLOW_GRANTED]);
	json_unsigned(j, "refused_count", followed->len - count[FOLLOW_GRANTED]);
	json_array(j, "refused");
	for (size_t i = 0; i < followed->len && shown < SHOWN; i++) {
		const struct followed *f = &followed->at[i];

		if (f->refusal == FOLLOW_GRANTED)
			continue;
		json_object(j, NULL);
		value_json_prefix(j, "prefix", &f->prefix);
		json_string(j, "reason", follow_refusal_name(f->refusal));
		json_string(j, "message", follow_refusal_text(f->refusal));
		json_end(j);
		shown++;
	}
	json_end(j);
	if (s->keeper.process && s->keeper.lag >= 0)
		json_unsigned(j, "lag_ms", (uint64_t)s->keeper.lag);
	else
		json_null(j, "lag_ms");
	json_end(j);
}

static void put_pins(struct json *j, const struct status *s)
{
	json_array(j, "pins");
	vec_each(to, &s->pins) {
		_cleanup_buf_ struct buf text = {0};

		endpoint_format(to, &text);
		json_string(j, NULL, buf_text(&text));
	}
	json_end(j);
}

static void put_interface(struct json *j, const struct status *s)
{
	const struct finding *first = s->findings.len && s->findings.at[0].peer == FINDING_NO_PEER
					      ? s->findings.at
					      : NULL;

	json_object(j, NULL);
	json_string(j, "name", s->ifname);
	json_string(j, "state", !s->snap.link.index ? "absent" : s->snap.link.up ? "up" : "down");
	json_string(j, "configuration", s->config.path.given);
	put_keeper(j, s);
	put_pins(j, s);
	put_link(j, s);
	put_follows(j, s);
	put_peers(j, s);
	put_findings_of(j, s, first, FINDING_NO_PEER);
	put_unseen(j, s);
	json_end(j);
}

void status_json(const struct status_vec *statuses, struct buf *out)
{
	struct json j = {.out = out};

	json_object(&j, NULL);
	json_number(&j, "version", STATUS_JSON_VERSION);
	json_number(&j, "exit_status", status_verdict(statuses));
	if (statuses->len)
		json_number(&j, "time", statuses->at[0].now);
	else
		json_null(&j, "time");
	json_array(&j, "interfaces");
	vec_each(s, statuses)
		put_interface(&j, s);
	json_end(&j);
	json_end(&j);
}
