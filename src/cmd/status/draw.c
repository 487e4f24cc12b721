// SPDX-License-Identifier: GPL-2.0-or-later
// What interfaces and peers are both drawn with: a field, and what is wrong.
#include <string.h>

#include "wgq/cmd/status/status.h"
#include "wgq/cmd/terminal/columns.h"

/* Columns for the label of a field. */
enum { LABEL = 13 };

void status_field(const struct status_view *view, size_t indent, const char *label,
		  enum style style, const char *value, struct buf *out)
{
	size_t start = out->len;

	term_pad(out, start, indent);
	term_add(view->term, out, STYLE_DIM, label);
	term_pad(out, start, indent + LABEL);
	columns_wrap(view->term, indent + LABEL, style, value, out);
}

void status_finding(const struct status *s, const struct status_view *view, size_t indent,
		    const struct finding *finding, const char *of, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0}, remedy = {0}, shown = {0};
	bool wrong = finding_is_wrong(finding->kind);

	buf_addf(&text, "%s%s", of, finding_text(finding->kind));
	if (finding->detail[0])
		buf_addf(&text, ": %s", finding->detail);
	finding_remedy(finding->kind, s->ifname, s->argument, &remedy);
	buf_printable(&shown, buf_text(&remedy), remedy.len);
	term_pad(out, out->len, indent);
	term_add(view->term, out, wrong ? STYLE_RED : STYLE_YELLOW, wrong ? "! " : "- ");
	columns_wrap(view->term, indent + 2, wrong ? STYLE_RED : STYLE_YELLOW, buf_text(&text),
		     out);
	term_pad(out, out->len, indent + 2);
	columns_wrap(view->term, indent + 2, STYLE_PLAIN, buf_text(&shown), out);
	out->failed = out->failed || text.failed || shown.failed;
}
