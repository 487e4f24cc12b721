// SPDX-License-Identifier: GPL-2.0-or-later
// The lines that the picture of wgq why is made of.
#include "picture.h"

static const char *trunk(const struct why_picture *p)
{
	return p->term->utf8 ? "│" : "|";
}

const char *why_corner(const struct why_picture *p)
{
	return p->term->utf8 ? "└─ " : "`- ";
}

void why_indent(struct why_picture *p)
{
	p->line = p->out->len;
	p->is_below = false;
	for (size_t i = 0; i < p->depth; i++)
		buf_str(p->out, "   ");
}

void why_begin(struct why_picture *p, const char *label, enum style style)
{
	why_indent(p);
	term_add(p->term, p->out, STYLE_DIM, p->term->utf8 ? "├─ " : "|- ");
	term_add(p->term, p->out, style, label);
	term_pad(p->out, p->line, 3 * (p->depth + 1) + WHY_LABEL_COLUMNS);
	p->is_below = true;
}

void why_begin_again(struct why_picture *p)
{
	why_indent(p);
	term_add(p->term, p->out, STYLE_DIM, trunk(p));
	term_pad(p->out, p->line, 3 * (p->depth + 1) + WHY_LABEL_COLUMNS);
	p->is_below = true;
}

void why_end(struct why_picture *p)
{
	_cleanup_buf_ struct buf indent = {0};

	term_pad(&indent, 0, 3 * p->depth);
	if (p->is_below) {
		term_add(p->term, &indent, STYLE_DIM, trunk(p));
		term_pad(&indent, 0, 3 * (p->depth + 1) + WHY_LABEL_COLUMNS);
	} else {
		term_pad(&indent, 0, 3 * (p->depth + 1));
	}
	buf_wrap(p->out, p->line, buf_text(&indent), p->term->width);
	buf_char(p->out, '\n');
	p->out->failed |= indent.failed;
}
