// SPDX-License-Identifier: GPL-2.0-or-later
// The policy rules in the picture of wgq why, and what the kernel says.
#include <linux/rtnetlink.h>

#include "picture.h"
#include "wgq/cmd/terminal/words.h"

enum {
	RULE_COLUMNS = 36, /* `lookup main suppress_prefixlength 0` */
	RUN_MAX = 3,       /* so many rules in a row that are not for the packet have lines */
};

/* The finding stands beside the rule, or below where there is no room for it. */
static void add_step(struct why_picture *p, const struct packet *packet,
		     const struct packet_step *step)
{
	_cleanup_buf_ struct buf rule = {0}, finding = {0}, label = {0};
	enum style style = why_outcome(step->outcome).style;
	size_t start = p->out->len, column = 3 * (p->depth + 1) + WHY_LABEL_COLUMNS;

	buf_addf(&label, "%5u", step->rule->priority);
	policy_rule_format(step->rule, &rule);
	why_finding(packet, step, &finding);
	why_begin(p, buf_text(&label), style == STYLE_DIM ? STYLE_DIM : STYLE_PLAIN);
	term_add(p->term, p->out, style == STYLE_DIM ? STYLE_DIM : STYLE_PLAIN, buf_text(&rule));
	if (term_columns(buf_text(&rule)) >= RULE_COLUMNS ||
	    (p->term->width &&
	     column + RULE_COLUMNS + 1 + term_columns(buf_text(&finding)) > p->term->width)) {
		why_end(p);
		why_begin_again(p);
		buf_str(p->out, "  ");
	} else {
		term_pad(p->out, start, column + RULE_COLUMNS + 1);
	}
	term_add(p->term, p->out, style, buf_text(&finding));
	why_end(p);
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

static void add_run(struct why_picture *p, const struct packet_way *way, size_t from, size_t n)
{
	_cleanup_buf_ struct buf text = {0};

	words_count(&text, n, "rule");
	buf_addf(&text, " from %u to %u: not %s", way->at[from].rule->priority,
		 way->at[from + n - 1].rule->priority,
		 way->at[from].outcome == PACKET_SKIPPED ? "for this packet" : "reached");
	why_begin(p, "  ...", STYLE_DIM);
	term_add(p->term, p->out, STYLE_DIM, buf_text(&text));
	why_end(p);
}

/* Which one is asked about is always shown. */
static bool has_target_step(const struct why_picture *p, const struct packet_way *way, size_t from,
			    size_t n)
{
	const struct packet_step *step = p->why->way.target.step;

	return step >= way->at + from && step < way->at + from + n;
}

static void add_steps(struct why_picture *p, const struct way_leg *leg)
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
		why_begin(p, "", STYLE_PLAIN);
		term_add(p->term, p->out, STYLE_RED, "no rule is left: no route");
		why_end(p);
	}
}

/* The kernel's own answer has a line where it is another. */
static void add_answer(struct why_picture *p, const struct way_leg *leg)
{
	_cleanup_buf_ struct buf text = {0};
	char table[POLICY_TABLE_TEXT_MAX];

	if (leg->asked && leg->agrees)
		return;
	why_begin(p, "kernel", STYLE_RED);
	if (!leg->asked) {
		buf_str(&text, "cannot be asked for its own answer");
	} else if (leg->answer_error) {
		buf_addf(&text, "DISAGREES: %s", why_error(leg->answer_error).text);
	} else {
		policy_table_format(leg->answer.table, table);
		buf_str(&text, "DISAGREES: ");
		policy_route_format(&leg->answer, &text);
		buf_addf(&text, " of table %s", table);
	}
	term_add(p->term, p->out, STYLE_RED, buf_text(&text));
	why_end(p);
}

static void add_warning(struct why_picture *p, const char *text)
{
	why_begin(p, "note", STYLE_YELLOW);
	term_add(p->term, p->out, STYLE_YELLOW, text);
	why_end(p);
}

static void add_connected(struct why_picture *p, const struct way_leg *leg)
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

static void add_notes(struct why_picture *p, const struct way_leg *leg)
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

void why_add_rules(struct why_picture *p, const struct way_leg *leg)
{
	if (leg->pinned)
		return;
	add_steps(p, leg);
	add_answer(p, leg);
	add_notes(p, leg);
}
