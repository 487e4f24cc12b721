// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why as a picture: a line for each decision, a branch for each tunnel.
#include <netinet/in.h>
#include <string.h>

#include "picture.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/words.h"

static void begin_name(struct why_picture *p, const char *name)
{
	_cleanup_buf_ struct buf label = {0};

	buf_printable(&label, name, strlen(name));
	if (term_columns(buf_text(&label)) >= WHY_LABEL_COLUMNS)
		buf_str(&label, " ");
	why_begin(p, buf_text(&label), STYLE_BOLD);
}

/* How much of the way outside a tunnel's packets need. */
static void add_room(struct why_picture *p, size_t i)
{
	const struct way_leg *leg = &p->why->way.legs[i];
	const struct way_leg *inner = i ? &p->why->way.legs[i - 1] : NULL;
	uint32_t around = leg->packet.to.family == AF_INET6 ? WG_OVERHEAD_IPV6 : WG_OVERHEAD_IPV4;

	buf_addf(p->out, "MTU %u", leg->mtu);
	if (!inner || !inner->link.index || leg->mtu < around)
		return;
	buf_addf(p->out, ", less %u for WireGuard: ", around);
	if (inner->link.mtu <= leg->mtu - around)
		buf_addf(p->out, "%u, enough for the %u of ", leg->mtu - around, inner->link.mtu);
	else
		term_addf(p->term, p->out, STYLE_YELLOW, "%u, less than the %u of ",
			  leg->mtu - around, inner->link.mtu);
	buf_printable(p->out, inner->link.name, strlen(inner->link.name));
}

static void add_link(struct why_picture *p, size_t i)
{
	const struct way_leg *leg = &p->why->way.legs[i];

	if (!leg->link.index)
		return;
	begin_name(p, leg->link.name);
	if (leg->pinned)
		buf_str(p->out, "named by the endpoint; ");
	if (leg->tunnel.is_wireguard)
		term_add(p->term, p->out, STYLE_CYAN, "WireGuard, ");
	add_room(p, i);
	if (!leg->link.up)
		term_add(p->term, p->out, STYLE_RED, ", down");
	why_end(p);
}

static void add_handshake(struct why_picture *p, const struct wg_peer *peer)
{
	if (!peer->last_handshake) {
		term_add(p->term, p->out, STYLE_YELLOW, "no handshake yet");
		return;
	}
	buf_str(p->out, "handshake ");
	words_ago(p->out, peer->last_handshake, p->why->now);
}

static void add_peer(struct why_picture *p, size_t i)
{
	const struct way_tunnel *tunnel = &p->why->way.legs[i].tunnel;
	const char *name = p->why->peer_names[i];

	why_begin(p, "peer", STYLE_BOLD);
	if (tunnel->hidden || !tunnel->peer) {
		term_add(p->term, p->out, STYLE_RED,
			 tunnel->hidden ? "only root may see them"
					: "none has it in its AllowedIPs: dropped (ENOKEY)");
		why_end(p);
		return;
	}
	key_add(&tunnel->peer->public_key, p->out);
	if (name) {
		buf_str(p->out, " ");
		buf_printable(p->out, name, strlen(name));
	}
	why_end(p);
	why_begin_again(p);
	buf_str(p->out, "by its allowed IP ");
	prefix_add(&tunnel->allowed, p->out);
	buf_str(p->out, "; ");
	add_handshake(p, tunnel->peer);
	why_end(p);
}

static void add_firewall(struct why_picture *p, const struct way_leg *leg)
{
	const struct way_tunnel *tunnel = &leg->tunnel;

	if (!tunnel->has_firewall)
		return;
	why_begin(p, "nft", STYLE_BOLD);
	buf_str(p->out, "table wg-quick-");
	buf_printable(p->out, leg->link.name, strlen(leg->link.name));
	buf_str(p->out, " drops packets to its addresses from elsewhere");
	if (tunnel->firewall_mark) {
		why_end(p);
		why_begin_again(p);
		buf_addf(p->out, "and keeps mark %u for answers to encrypted packets",
			 tunnel->firewall_mark);
	}
	why_end(p);
}

static void add_listen(struct why_picture *p, size_t i)
{
	const struct way *way = &p->why->way;
	const struct way_tunnel *tunnel = &way->legs[i].tunnel;
	_cleanup_buf_ struct buf text = {0};

	if (!walls_have(&tunnel->walls, WALL_LISTEN))
		return;
	walls_value(&tunnel->walls, WALL_KEY_LISTEN_ON, &text);
	why_begin(p, "nft", STYLE_BOLD);
	buf_str(p->out, "table wgq-");
	buf_printable(p->out, way->legs[i].link.name, strlen(way->legs[i].link.name));
	buf_str(p->out, " accepts packets to its port only on ");
	buf_printable(p->out, buf_text(&text), text.len);
	why_end(p);
	if (!way_drops_answers(way, i))
		return;
	why_begin_again(p);
	term_add(p->term, p->out, STYLE_RED, "so it drops the answers, which come in by ");
	buf_printable(p->out, way->legs[i + 1].link.name, strlen(way->legs[i + 1].link.name));
	why_end(p);
}

/* The end of a leg that goes on in another: the packet around. */
static void add_sealing(struct why_picture *p, const struct way_leg *leg)
{
	const struct way_tunnel *tunnel = &leg->tunnel;

	why_indent(p);
	term_add(p->term, p->out, STYLE_DIM, why_corner(p));
	buf_str(p->out, "encrypted to ");
	endpoint_format(&tunnel->peer->endpoint, p->out);
	if (tunnel->device.fwmark)
		buf_addf(p->out, " with mark %u", tunnel->device.fwmark);
	else
		buf_str(p->out, " with no mark");
	why_end(p);
}

static bool kernel_agrees(const struct way *way)
{
	for (size_t i = 0; i < way->count; i++)
		if (!way->legs[i].pinned && !(way->legs[i].asked && way->legs[i].agrees))
			return false;
	return true;
}

static void add_end(struct why_picture *p)
{
	const struct way *way = &p->why->way;
	const struct why_word end = why_way_end(way);

	why_indent(p);
	term_add(p->term, p->out, STYLE_DIM, why_corner(p));
	term_add(p->term, p->out, end.style, end.text);
	if (kernel_agrees(way))
		term_add(p->term, p->out, STYLE_DIM, " (the kernel says the same)");
	why_end(p);
}

static void add_leg(struct why_picture *p, size_t i)
{
	const struct way_leg *leg = &p->why->way.legs[i];

	why_add_rules(p, leg);
	add_link(p, i);
	if (!leg->tunnel.is_wireguard)
		return;
	if (p->why->way.end != WAY_LOOP || i + 1 < p->why->way.count) {
		add_peer(p, i);
		add_firewall(p, leg);
		add_listen(p, i);
	}
}

static void add_title(struct why_picture *p)
{
	const struct packet *packet = &p->why->way.legs[0].packet;
	char text[ADDR_TEXT_MAX];

	addr_format(&packet->to, text);
	term_add(p->term, p->out, STYLE_BOLD, text);
	if (p->why->asked) {
		buf_str(p->out, ", which ");
		buf_printable(p->out, p->why->asked, strlen(p->why->asked));
		buf_str(p->out, " is");
	}
	buf_str(p->out, ", from ");
	addr_format(&packet->from, text);
	buf_str(p->out, packet->from.family ? text : "this host");
	if (packet->mark)
		buf_addf(p->out, ", with mark %u\n", packet->mark);
	else
		buf_str(p->out, ", with no mark\n");
}

void why_text(const struct why *why, const struct term *term, struct buf *ret_text)
{
	struct why_picture p = {.why = why, .term = term, .out = ret_text};
	_cleanup_buf_ struct buf sentence = {0};

	add_title(&p);
	for (size_t i = 0; i < why->way.count; i++) {
		add_leg(&p, i);
		if (i + 1 < why->way.count) {
			add_sealing(&p, &why->way.legs[i]);
			p.depth++;
		}
	}
	add_end(&p);
	buf_char(ret_text, '\n');
	why_sentence(why, &sentence);
	columns_wrap(term, 0, STYLE_PLAIN, buf_text(&sentence), ret_text);
}
