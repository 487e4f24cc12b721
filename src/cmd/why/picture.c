// SPDX-License-Identifier: GPL-2.0-or-later
// The lines that the picture of wgq why is made of.
#include "picture.h"

static const char *trunk(const struct why_picture *p)
{
	return p->term->utf8 ? "│" : "|";
}

static const char *branch(const struct why_picture *p)
{
	return p->term->utf8 ? "├─ " : "|- ";
}

const char *why_corner(const struct why_picture *p)
{
	return p->term->utf8 ? "└─ " : "`- ";
}

void why_indent(struct why_picture *p)
{
	for (size_t i = 0; i < p->depth; i++)
		buf_str(p->out, "   ");
}

void why_begin(struct why_picture *p, const char *label, enum style style)
{
	size_t start = p->out->len;

	why_indent(p);
	term_add(p->term, p->out, STYLE_DIM, branch(p));
	term_add(p->term, p->out, style, label);
	term_pad(p->out, start, 3 * (p->depth + 1) + WHY_LABEL_COLUMNS);
}

void why_begin_again(struct why_picture *p)
{
	size_t start = p->out->len;

	why_indent(p);
	term_add(p->term, p->out, STYLE_DIM, trunk(p));
	term_pad(p->out, start, 3 * (p->depth + 1) + WHY_LABEL_COLUMNS);
}
