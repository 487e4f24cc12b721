// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: draws interfaces for people.
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/cmd/status/status.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/words.h"
#include "wgq/plan/follow/follow.h"

enum { INDENT = 2 };

/* On a line of its own where there is no room. */
static void add_part(const struct status_view *view, enum style style, const char *text,
		     size_t *line, struct buf *out)
{
	const struct term *t = view->term;
	size_t used = term_columns(buf_text(out) + *line);

	if (t->width && used + 2 + term_columns(text) > t->width) {
		buf_char(out, '\n');
		*line = out->len;
	}
	buf_str(out, "  ");
	term_add(t, out, style, text);
}

static void add_peers(const struct status *s, const struct status_view *view, size_t *line,
		      struct buf *out)
{
	const struct wg_peer_vec *peers = &s->snap.wg.peers;
	_cleanup_buf_ struct buf text = {0};
	size_t on_line = 0;

	vec_each(peer, peers)
		on_line +=
			peer->last_handshake && s->now - peer->last_handshake <= WG_SESSION_SECONDS;
	buf_addf(&text, "%zu of ", on_line);
	words_count(&text, peers->len, "peer");
	buf_str(&text, " on line");
	if (peers->len)
		add_part(view, STYLE_PLAIN, buf_text(&text), line, out);
}

void status_head(const struct status *s, const struct status_view *view, struct buf *out)
{
	_cleanup_buf_ struct buf name = {0}, problems = {0};
	size_t wrong = 0, line = out->len;

	vec_each(finding, &s->findings)
		wrong += finding_is_wrong(finding->kind);
	buf_printable(&name, s->ifname, strlen(s->ifname));
	term_add(view->term, out, STYLE_BOLD, buf_text(&name));
	if (!s->snap.link.index)
		add_part(view, STYLE_RED, "not up", &line, out);
	else
		add_part(view, s->snap.link.up ? STYLE_GREEN : STYLE_RED,
			 s->snap.link.up ? "up" : "down", &line, out);
	if (s->snap.is_userspace)
		add_part(view, STYLE_PLAIN, "in userspace", &line, out);
	add_peers(s, view, &line, out);
	words_count(&problems, wrong, "problem");
	if (wrong)
		add_part(view, STYLE_RED, buf_text(&problems), &line, out);
	buf_char(out, '\n');
}

static void draw_device(const struct status *s, const struct status_view *view, struct buf *out)
{
	const struct wg_device *wg = &s->snap.wg;
	_cleanup_buf_ struct buf text = {0}, key = {0};

	if (snap_has_seen(&s->snap, LOOK_DEVICE) && !key_is_zero(&wg->public_key)) {
		key_add(&wg->public_key, &key);
		status_field(view, INDENT, "public key", STYLE_PLAIN, buf_text(&key), out);
	}
	if (snap_has_seen(&s->snap, LOOK_DEVICE)) {
		buf_addf(&text, "port %u", wg->listen_port);
		if (wg->fwmark)
			buf_addf(&text, ", mark %u (0x%x)", wg->fwmark, wg->fwmark);
		buf_str(&text, ", ");
	}
	buf_addf(&text, "MTU %u", s->snap.link.mtu);
	status_field(view, INDENT, "settings", STYLE_PLAIN, buf_text(&text), out);
}

static void draw_keeper(const struct status *s, const struct status_view *view, struct buf *out)
{
	const struct status_keeper *keeper = &s->keeper;
	_cleanup_buf_ struct buf text = {0}, last = {0};

	if (!keeper->process)
		return;
	buf_addf(&text, "by wgq run, process %d", (int)keeper->process);
	if (keeper->silent)
		buf_str(&text, ", which does not answer: it is busy, or stopped");
	if (keeper->state) {
		buf_str(&text, ": ");
		buf_printable(&text, keeper->state, strlen(keeper->state));
	}
	status_field(view, INDENT, "kept", keeper->state ? STYLE_RED : STYLE_PLAIN, buf_text(&text),
		     out);
	if (!keeper->last)
		return;
	words_ago(&last, keeper->last_at, s->now);
	buf_str(&last, ": ");
	buf_printable(&last, keeper->last, strlen(keeper->last));
	status_field(view, INDENT, "", STYLE_PLAIN, buf_text(&last), out);
}

static void draw_addresses(const struct status *s, const struct status_view *view, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	vec_each(addr, &s->snap.addrs) {
		/* The fe80:: that the kernel gives to each tun device. */
		if (addr->protocol == ADDR_PROTOCOL_KERNEL_LL)
			continue;
		buf_str(&text, text.len ? ", " : "");
		prefix_add(&addr->prefix, &text);
	}
	status_field(view, INDENT, "addresses", STYLE_PLAIN, text.len ? buf_text(&text) : "none",
		     out);
}

static void draw_routes(const struct status *s, const struct status_view *view, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	vec_each(table, &s->snap.tables) {
		size_t n = snap_count_routes(&s->snap, table);

		if (!n)
			continue;
		buf_str(&text, text.len ? ", " : "");
		words_count(&text, n, "route");
		if (table->group.table == RT_TABLE_MAIN)
			buf_str(&text, " in table main");
		else
			buf_addf(&text, " in table %u", table->group.table);
	}
	if (text.len)
		status_field(view, INDENT, "routes", STYLE_PLAIN, buf_text(&text), out);
}

/* How many are followed, and of those that are refused how many for which reason, with one of them.
 */
static void draw_followed(const struct status *s, const struct status_view *view, struct buf *out)
{
	const struct followed_vec *followed = &s->snap.followed;
	const struct followed *first[FOLLOW_REFUSALS] = {NULL};
	size_t count[FOLLOW_REFUSALS] = {0};
	_cleanup_buf_ struct buf text = {0};

	if (!snap_has_seen(&s->snap, LOOK_FOLLOWED))
		return;
	vec_each(f, followed) {
		if (!count[f->refusal]++)
			first[f->refusal] = f;
	}
	words_count(&text, count[FOLLOW_GRANTED], "route");
	if (s->keeper.process && s->keeper.lag >= 0)
		buf_addf(&text, ", the last change after %ld ms", s->keeper.lag);
	status_field(view, INDENT, "followed", STYLE_PLAIN, buf_text(&text), out);
	for (enum follow_refusal why = FOLLOW_GRANTED + 1; why < FOLLOW_REFUSALS; why++) {
		_cleanup_buf_ struct buf refused = {0};

		if (!count[why])
			continue;
		words_count(&refused, count[why], "route");
		buf_addf(&refused, ", %s", count[why] > 1 ? "such as " : "");
		prefix_add(&first[why]->prefix, &refused);
		buf_addf(&refused, ": %s", follow_refusal_text(why));
		status_field(view, INDENT, "refused",
			     why == FOLLOW_OF_FILE ? STYLE_PLAIN : STYLE_YELLOW, buf_text(&refused),
			     out);
	}
}

static void draw_rules(const struct status *s, const struct status_view *view, struct buf *out)
{
	vec_each(tunnel, &s->snap.tunnel_rules) {
		const struct rule *rule = &tunnel->rule;
		_cleanup_buf_ struct buf text = {0};

		if (!tunnel->leads_here && rule->table != s->snap.wg.fwmark)
			continue;
		buf_addf(&text, "%s %u: not fwmark %u lookup %u",
			 rule->family == AF_INET6 ? "IPv6" : "IPv4", rule->priority, rule->fwmark,
			 rule->table);
		status_field(view, INDENT, "rule", STYLE_PLAIN, buf_text(&text), out);
	}
}

/* Each line of a list that another program has written, as one line. */
static void add_lines(struct buf *list, const struct buf *lines)
{
	for (const char *line = buf_text(lines); *line;) {
		size_t n = strcspn(line, "\n");

		if (list->len)
			buf_str(list, ", ");
		buf_printable(list, line, n);
		line += n + (line[n] == '\n');
	}
}

static void draw_pins(const struct status *s, const struct status_view *view, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	vec_each(to, &s->pins) {
		buf_str(&text, text.len ? ", " : "");
		endpoint_format(to, &text);
	}
	if (text.len)
		status_field(view, INDENT, "pinned", STYLE_PLAIN, buf_text(&text), out);
}

static void draw_dns(const struct status *s, const struct status_view *view, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	add_lines(&text, &s->snap.dns_servers);
	add_lines(&text, &s->snap.dns_search);
	if (text.len)
		status_field(view, INDENT, "DNS", STYLE_PLAIN, buf_text(&text), out);
}

/* What a wall has done so far. */
static void add_packets(const struct walls *walls, enum wall_key key, struct buf *out)
{
	switch (key) {
	case WALL_KEY_LISTEN_ON:
		return;
	case WALL_KEY_MASQUERADE:
		buf_str(out, ": ");
		words_count(out, walls_packets(walls, WALL_NAT), "connection");
		return;
	case WALL_KEY_ISOLATE_PEERS:
		buf_str(out, ": ");
		words_count(out, walls_packets(walls, WALL_ISOLATE), "packet");
		buf_str(out, " rejected");
		return;
	case WALL_KEY_KILL_SWITCH:
		buf_str(out, ": ");
		words_count(out, walls_packets(walls, WALL_OUTPUT), "packet");
		buf_addf(out, " of this host and %" PRIu64 " forwarded rejected",
			 walls_packets(walls, WALL_FORWARD));
		return;
	case WALL_KEYS:
		return;
	}
}

static void draw_walls(const struct status *s, const struct status_view *view, struct buf *out)
{
	const struct walls *walls = &s->snap.walls;

	for (enum wall_key key = 0; key < WALL_KEYS; key++) {
		_cleanup_buf_ struct buf text = {0}, shown = {0};

		walls_value(walls, key, &text);
		buf_printable(&shown, buf_text(&text), text.len);
		if (!text.len)
			continue;
		add_packets(walls, key, &shown);
		status_field(view, INDENT, wall_key_name(key), STYLE_PLAIN, buf_text(&shown), out);
	}
}

static void draw_unseen(const struct status *s, const struct status_view *view, struct buf *out)
{
	vec_each(item, &s->unseen) {
		_cleanup_buf_ struct buf raw = {0}, text = {0};

		diag_message(item, &raw);
		buf_printable(&text, buf_text(&raw), raw.len);
		status_field(view, INDENT, "not seen", STYLE_YELLOW, buf_text(&text), out);
	}
}

static void draw(const struct status *s, const struct status_view *view, struct buf *out)
{
	_cleanup_buf_ struct buf path = {0};

	if (!view->headless)
		status_head(s, view, out);
	if (s->snap.link.index) {
		draw_device(s, view, out);
		draw_keeper(s, view, out);
		draw_addresses(s, view, out);
		draw_routes(s, view, out);
		draw_followed(s, view, out);
		draw_rules(s, view, out);
		draw_pins(s, view, out);
		if (snap_has_seen(&s->snap, LOOK_FIREWALL) && s->snap.has_firewall)
			status_field(view, INDENT, "firewall", STYLE_PLAIN, "on", out);
		draw_walls(s, view, out);
		draw_dns(s, view, out);
		if (s->lacks_file)
			status_field(view, INDENT, "file", STYLE_YELLOW,
				     "none: what it should be is not known", out);
	} else {
		buf_printable(&path, s->config.path.given, strlen(s->config.path.given));
		status_field(view, INDENT, "file", STYLE_PLAIN, buf_text(&path), out);
		draw_keeper(s, view, out);
		draw_pins(s, view, out);
		draw_walls(s, view, out);
	}
	draw_unseen(s, view, out);
	vec_each(finding, &s->findings)
		if (finding->peer == FINDING_NO_PEER)
			status_finding(s, view, INDENT, finding, "", out);
	status_peers(s, view, out);
}

void status_text(const struct status_vec *statuses, const struct status_view *view, struct buf *out)
{
	vec_each(s, statuses) {
		if (s != statuses->at)
			buf_char(out, '\n');
		draw(s, view, out);
	}
	if (!statuses->len)
		buf_str(out, "no WireGuard interface is up\n");
}
