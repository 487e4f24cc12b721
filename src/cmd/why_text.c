// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why as a picture: a line for each decision, a branch for each tunnel.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/cmd/why.h"
#include "wgq/cmd/words.h"

enum {
	LABEL_COLUMNS = 7, /* "rule" numbers, and words */
	RULE_COLUMNS = 36, /* `lookup main suppress_prefixlength 0` */
	RUN_MAX = 3,       /* so many rules in a row that are not for the packet have lines */
};

struct picture {
	const struct why *why;
	const struct term *term;
	struct buf *out;
	size_t depth;
};

static const char *trunk(const struct picture *p)
{
	return p->term->utf8 ? "│" : "|";
}

static const char *branch(const struct picture *p)
{
	return p->term->utf8 ? "├─ " : "|- ";
}

static const char *corner(const struct picture *p)
{
	return p->term->utf8 ? "└─ " : "`- ";
}

static void indent(struct picture *p)
{
	for (size_t i = 0; i < p->depth; i++)
		buf_str(p->out, "   ");
}

/* The beginning of a line, up to where its text stands. */
static void begin(struct picture *p, const char *label, enum style style)
{
	size_t start = p->out->len;

	indent(p);
	term_add(p->term, p->out, STYLE_DIM, branch(p));
	term_add(p->term, p->out, style, label);
	term_pad(p->out, start, 3 * (p->depth + 1) + LABEL_COLUMNS);
}

/* One more line of the same. */
static void begin_again(struct picture *p)
{
	size_t start = p->out->len;

	indent(p);
	term_add(p->term, p->out, STYLE_DIM, trunk(p));
	term_pad(p->out, start, 3 * (p->depth + 1) + LABEL_COLUMNS);
}

static void begin_name(struct picture *p, const char *name)
{
	_cleanup_buf_ struct buf label = {0};

	buf_printable(&label, name, strlen(name));
	if (term_columns(buf_text(&label)) >= LABEL_COLUMNS)
		buf_str(&label, " ");
	begin(p, buf_text(&label), STYLE_BOLD);
}

static enum style outcome_style(enum packet_outcome outcome)
{
	switch (outcome) {
	case PACKET_NOT_REACHED:
	case PACKET_SKIPPED:
	case PACKET_NO_ROUTE:
	case PACKET_PASSED:
		return STYLE_DIM;
	case PACKET_DEPENDS:
	case PACKET_SUPPRESSED:
	case PACKET_THROWN:
	case PACKET_JUMPED:
		return STYLE_YELLOW;
	case PACKET_DECIDED:
		return STYLE_GREEN;
	}
	return STYLE_PLAIN;
}

/* The finding stands beside the rule, or below where there is no room for it. */
static void add_step(struct picture *p, const struct packet *packet, const struct packet_step *step)
{
	_cleanup_buf_ struct buf rule = {0}, finding = {0}, label = {0};
	enum style style = outcome_style(step->outcome);
	size_t start = p->out->len, column = 3 * (p->depth + 1) + LABEL_COLUMNS;

	buf_addf(&label, "%5u", step->rule->priority);
	policy_rule_format(step->rule, &rule);
	why_finding(packet, step, &finding);
	begin(p, buf_text(&label), style == STYLE_DIM ? STYLE_DIM : STYLE_PLAIN);
	term_add(p->term, p->out, style == STYLE_DIM ? STYLE_DIM : STYLE_PLAIN, buf_text(&rule));
	if (term_columns(buf_text(&rule)) >= RULE_COLUMNS ||
	    (p->term->width &&
	     column + RULE_COLUMNS + 1 + term_columns(buf_text(&finding)) > p->term->width)) {
		buf_char(p->out, '\n');
		begin_again(p);
		buf_str(p->out, "  ");
	} else {
		term_pad(p->out, start, column + RULE_COLUMNS + 1);
	}
	term_add(p->term, p->out, style, buf_text(&finding));
	buf_char(p->out, '\n');
}

/* The rules from one on that are passed over in the same way. */
static size_t run_length(const struct packet_way *way, size_t from)
{
	enum packet_outcome outcome = way->at[from].outcome;
	size_t n = 1;

	if (outcome != PACKET_SKIPPED && outcome != PACKET_NOT_REACHED)
		return 1;
	while (from + n < way->len && way->at[from + n].outcome == outcome)
		n++;
	return n;
}

static void add_run(struct picture *p, const struct packet_way *way, size_t from, size_t n)
{
	_cleanup_buf_ struct buf text = {0};

	words_count(&text, n, "rule");
	buf_addf(&text, " from %u to %u: not %s", way->at[from].rule->priority,
		 way->at[from + n - 1].rule->priority,
		 way->at[from].outcome == PACKET_SKIPPED ? "for this packet" : "reached");
	begin(p, "  ...", STYLE_DIM);
	term_add(p->term, p->out, STYLE_DIM, buf_text(&text));
	buf_char(p->out, '\n');
}

/* Which one is asked about is always shown. */
static bool has_target_step(const struct picture *p, const struct packet_way *way, size_t from,
			    size_t n)
{
	const struct packet_step *step = p->why->way.target.step;

	return step >= way->at + from && step < way->at + from + n;
}

static void add_rules(struct picture *p, const struct way_leg *leg)
{
	const struct packet_way *way = &leg->way;

	for (size_t i = 0; i < way->len;) {
		size_t n = run_length(way, i);

		if (n > 1 && !p->why->verbose && !has_target_step(p, way, i, n) &&
		    (n > RUN_MAX || way->at[i].outcome == PACKET_NOT_REACHED)) {
			add_run(p, way, i, n);
			i += n;
			continue;
		}
		add_step(p, &leg->packet, &way->at[i++]);
	}
	if (way->decided >= way->len) {
		begin(p, "", STYLE_PLAIN);
		term_add(p->term, p->out, STYLE_RED, "no rule is left: no route");
		buf_char(p->out, '\n');
	}
}

static const char *error_text(int error)
{
	switch (error) {
	case ENETUNREACH:
		return "no route (ENETUNREACH)";
	case EHOSTUNREACH:
		return "unreachable (EHOSTUNREACH)";
	case EACCES:
		return "prohibited (EACCES)";
	default:
		return "refused (EINVAL)";
	}
}

/* The kernel's own answer has a line where it is another. */
static void add_answer(struct picture *p, const struct way_leg *leg)
{
	_cleanup_buf_ struct buf text = {0};
	char table[POLICY_TABLE_TEXT_MAX];

	if (leg->pinned || (leg->asked && leg->agrees))
		return;
	begin(p, "kernel", STYLE_RED);
	if (!leg->asked) {
		buf_str(&text, "cannot be asked for its own answer");
	} else if (leg->answer_error) {
		buf_addf(&text, "DISAGREES: %s", error_text(leg->answer_error));
	} else {
		policy_table_format(leg->answer.table, table);
		buf_str(&text, "DISAGREES: ");
		policy_route_format(&leg->answer, &text);
		buf_addf(&text, " of table %s", table);
	}
	term_add(p->term, p->out, STYLE_RED, buf_text(&text));
	buf_char(p->out, '\n');
}

static void add_warning(struct picture *p, const char *text)
{
	begin(p, "note", STYLE_YELLOW);
	term_add(p->term, p->out, STYLE_YELLOW, text);
	buf_char(p->out, '\n');
}

static void add_connected(struct picture *p, const struct way_leg *leg)
{
	_cleanup_buf_ struct buf text = {0};
	const struct packet_way *way = &leg->connected_way;
	char source[ADDR_TEXT_MAX];

	if (!leg->differs_connected)
		return;
	addr_format(&leg->connected.from, source);
	buf_addf(&text, "from %s, as a program that connects will ask again: ", source);
	if (way->decided < way->len) {
		buf_addf(&text, "rule %u, ", way->at[way->decided].rule->priority);
		why_finding(&leg->connected, &way->at[way->decided], &text);
	} else {
		buf_str(&text, "no route");
	}
	add_warning(p, buf_text(&text));
}

static void add_notes(struct picture *p, const struct way_leg *leg)
{
	char source[ADDR_TEXT_MAX];
	_cleanup_buf_ struct buf text = {0};
	bool by_user = false;

	if (leg->from_elsewhere) {
		addr_format(&leg->packet.from, source);
		buf_addf(&text, "%s is no address of this host", source);
		add_warning(p, buf_text(&text));
	}
	for (size_t i = 0; i < leg->way.len && i <= leg->way.decided; i++)
		by_user |= leg->way.at[i].rule->has_uid;
	if (by_user) {
		buf_clear(&text);
		buf_addf(&text, "some rules go by the user; here it is %u", leg->packet.uid);
		add_warning(p, buf_text(&text));
	}
	add_connected(p, leg);
}

/* How much of the way outside a tunnel's packets need. */
static void add_room(struct picture *p, size_t i)
{
	const struct way_leg *leg = &p->why->way.legs[i];
	const struct way_leg *inner = i ? &p->why->way.legs[i - 1] : NULL;
	uint32_t around = leg->packet.to.family == AF_INET6 ? WAY_AROUND_IPV6 : WAY_AROUND_IPV4;

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

static void add_link(struct picture *p, size_t i)
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
	buf_char(p->out, '\n');
}

static void add_handshake(struct picture *p, const struct wg_peer *peer)
{
	if (!peer->last_handshake) {
		term_add(p->term, p->out, STYLE_YELLOW, "no handshake yet");
		return;
	}
	buf_str(p->out, "handshake ");
	words_ago(p->out, peer->last_handshake, p->why->now);
}

static void add_peer(struct picture *p, size_t i)
{
	const struct way_tunnel *tunnel = &p->why->way.legs[i].tunnel;
	const char *name = p->why->peer_names[i];
	char text[KEY_BASE64_LEN + 1], prefix[PREFIX_TEXT_MAX];

	begin(p, "peer", STYLE_BOLD);
	if (tunnel->hidden || !tunnel->peer) {
		term_add(p->term, p->out, STYLE_RED,
			 tunnel->hidden ? "only root may see them"
					: "none has it in its AllowedIPs: dropped (ENOKEY)");
		buf_char(p->out, '\n');
		return;
	}
	key_to_base64(&tunnel->peer->public_key, text);
	buf_str(p->out, text);
	if (name) {
		buf_str(p->out, " ");
		buf_printable(p->out, name, strlen(name));
	}
	buf_char(p->out, '\n');
	begin_again(p);
	prefix_format(&tunnel->allowed, prefix);
	buf_addf(p->out, "by its allowed IP %s; ", prefix);
	add_handshake(p, tunnel->peer);
	buf_char(p->out, '\n');
}

static void add_firewall(struct picture *p, const struct way_leg *leg)
{
	const struct way_tunnel *tunnel = &leg->tunnel;

	if (!tunnel->has_firewall)
		return;
	begin(p, "nft", STYLE_BOLD);
	buf_str(p->out, "table wg-quick-");
	buf_printable(p->out, leg->link.name, strlen(leg->link.name));
	buf_str(p->out, " drops packets to its addresses from elsewhere");
	if (tunnel->firewall_mark) {
		buf_char(p->out, '\n');
		begin_again(p);
		buf_addf(p->out, "and keeps mark %u for answers to encrypted packets",
			 tunnel->firewall_mark);
	}
	buf_char(p->out, '\n');
}

/* The end of a leg that goes on in another: the packet around. */
static void add_sealing(struct picture *p, const struct way_leg *leg)
{
	const struct way_tunnel *tunnel = &leg->tunnel;

	indent(p);
	term_add(p->term, p->out, STYLE_DIM, corner(p));
	buf_str(p->out, "encrypted to ");
	endpoint_format(&tunnel->peer->endpoint, p->out);
	if (tunnel->device.fwmark)
		buf_addf(p->out, " with mark %u", tunnel->device.fwmark);
	else
		buf_str(p->out, " with no mark");
	buf_char(p->out, '\n');
}

static bool kernel_agrees(const struct way *way)
{
	for (size_t i = 0; i < way->count; i++)
		if (!way->legs[i].pinned && !(way->legs[i].asked && way->legs[i].agrees))
			return false;
	return true;
}

static void add_end(struct picture *p)
{
	const struct way *way = &p->why->way;
	const struct way_leg *leg = &way->legs[way->count - 1];
	enum style style = STYLE_RED;
	const char *text = "";

	switch (way->end) {
	case WAY_LEAVES:
		style = STYLE_GREEN;
		text = way->count > 1 ? "leaves, encrypted" : "leaves, not through WireGuard";
		break;
	case WAY_STAYS:
		style = STYLE_GREEN;
		text = "stays on this host";
		break;
	case WAY_NOT_SENT:
		text = packet_fate(&leg->way) == PACKET_BLACKHOLED ? "dropped" : "not sent";
		break;
	case WAY_NOT_OURS:
		text = "not sent: its source is refused";
		break;
	case WAY_NO_PEER:
		text = "dropped";
		break;
	case WAY_NO_ENDPOINT:
		text = "dropped: the peer has no endpoint (EDESTADDRREQ)";
		break;
	case WAY_LOOP:
		text = "dropped: a loop, the tunnel's packets go into the tunnel (ELOOP)";
		break;
	case WAY_HIDDEN:
		style = STYLE_YELLOW;
		text = "not followed further";
		break;
	case WAY_TOO_LONG:
		style = STYLE_YELLOW;
		text = "not followed further: too many tunnels";
		break;
	}
	indent(p);
	term_add(p->term, p->out, STYLE_DIM, corner(p));
	term_add(p->term, p->out, style, text);
	if (kernel_agrees(way))
		term_add(p->term, p->out, STYLE_DIM, " (the kernel says the same)");
	buf_char(p->out, '\n');
}

static void add_leg(struct picture *p, size_t i)
{
	const struct way_leg *leg = &p->why->way.legs[i];

	if (!leg->pinned)
		add_rules(p, leg);
	add_answer(p, leg);
	add_notes(p, leg);
	add_link(p, i);
	if (!leg->tunnel.is_wireguard)
		return;
	if (p->why->way.end != WAY_LOOP || i + 1 < p->why->way.count) {
		add_peer(p, i);
		add_firewall(p, leg);
	}
}

static void add_title(struct picture *p)
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

/* At blanks, where the terminal ends; SIZE_MAX columns: nowhere. */
static void add_wrapped(const char *text, size_t width, struct buf *out)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && width && column + 1 + n > width) {
			buf_char(out, '\n');
			column = 0;
		} else if (column) {
			buf_char(out, ' ');
			column++;
		}
		buf_mem(out, text, n);
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	buf_char(out, '\n');
}

void why_text(const struct why *why, const struct term *term, struct buf *ret_text)
{
	struct picture p = {.why = why, .term = term, .out = ret_text};
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
	add_wrapped(buf_text(&sentence), term->width, ret_text);
}
