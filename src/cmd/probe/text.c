// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: the results in words, as a table for people.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "wgq/cmd/probe/probe.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/cmd/value.h"

/* The verdicts, and what they do not tell apart. */
enum result_kind {
	RESULT_NO_ADDRESS = PROBE_CLOCK_BACK + 1,
	RESULT_NO_ROUTE,
	RESULT_INTO_TUNNEL,
	RESULT_NO_CARRIER,
	RESULT_FIREWALL,
};

static const struct result {
	const char *name, *meaning;
	enum style style;
} results[] = {
	[PROBE_ANSWERED] = {"answered", NULL, STYLE_GREEN},
	[PROBE_ELSEWHERE] = {"elsewhere",
			     "the peer receives our packets, but its answers come to another "
			     "address of this host",
			     STYLE_YELLOW},
	[PROBE_BUSY] = {"busy", "something answers, but is under load: ask again later",
			STYLE_YELLOW},
	[PROBE_OTHER_KEYS] = {"other-keys",
			      "the peer answers, but its preshared key differs from ours",
			      STYLE_RED},
	[PROBE_SILENT] = {"silent",
			  "nothing came back: the port is blocked on the way, or one side has a "
			  "wrong key of the other",
			  STYLE_RED},
	[PROBE_REFUSED] = {"refused", "that host answers, but nothing listens on the port",
			   STYLE_RED},
	[PROBE_UNREACHABLE] =
		{"unreachable",
		 "a router on the way has no route to it, or the neighbour does not answer",
		 STYLE_RED},
	[PROBE_NOT_SENT] = {"not-sent", "this host could not send", STYLE_RED},
	[PROBE_CLOCK_BACK] = {"clock",
			      "the clock of this host was set back: the peer ignores handshakes "
			      "until the clock has caught up",
			      STYLE_RED},
	[RESULT_NO_ADDRESS] = {"no-address", "the name has no address", STYLE_RED},
	[RESULT_NO_ROUTE] = {"no-route", "this host has no route to it", STYLE_RED},
	[RESULT_INTO_TUNNEL] = {"no-route", "the way to the endpoint leads into the tunnel itself",
				STYLE_RED},
	[RESULT_NO_CARRIER] = {"no-route", "the link that leads there has no carrier", STYLE_RED},
	[RESULT_FIREWALL] = {"not-sent", "this host's own firewall keeps it from being sent",
			     STYLE_RED},
};

static const struct result *result_of(const struct probe_row *row)
{
	if (!row->to.any.sa_family)
		return &results[RESULT_NO_ADDRESS];
	if (row->result.verdict != PROBE_NOT_SENT)
		return &results[row->result.verdict];
	switch (row->result.error) {
	case ELOOP:
		return &results[RESULT_INTO_TUNNEL];
	case ENETDOWN:
		return &results[RESULT_NO_CARRIER];
	case EPERM:
		return &results[RESULT_FIREWALL];
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
		return &results[RESULT_NO_ROUTE];
	}
	return &results[PROBE_NOT_SENT];
}

const char *probe_result_name(const struct probe_row *row)
{
	return result_of(row)->name;
}

const char *probe_result_meaning(const struct probe_row *row)
{
	return result_of(row)->meaning;
}

static void add_answer(const struct probe_row *row, struct buf *out)
{
	if (result_of(row) == &results[PROBE_ANSWERED])
		buf_addf(out, "%lld.%lld ms", (long long)(row->result.us / 1000),
			 (long long)(row->result.us % 1000 / 100));
	else
		buf_str(out, probe_result_name(row));
}

static void add_row(const struct probe_rows *rows, const struct probe_row *row,
		    struct columns *columns)
{
	const struct key *key = &rows->wg.peers.at[row->peer].public_key;
	char source[ADDR_TEXT_MAX];

	value_peer(peer_names_find(&rows->names, key), key,
		   &columns_cell(columns, STYLE_PLAIN)->text);
	struct buf *address = &columns_cell(columns, STYLE_PLAIN)->text;
	if (row->to.any.sa_family)
		endpoint_format(&row->to, address);
	else
		buf_char(address, '-');
	add_answer(row, &columns_cell(columns, result_of(row)->style)->text);
	buf_str(&columns_cell(columns, STYLE_PLAIN)->text, row->is_used ? "yes" : "no");
	struct buf *from = &columns_cell(columns, STYLE_PLAIN)->text;
	if (row->by.source.family) {
		addr_format(&row->by.source, source);
		buf_addf(from, "%s ", source);
		buf_printable(from, row->by.name, strlen(row->by.name));
	} else {
		buf_char(from, '-');
	}
	struct buf *endpoint = &columns_cell(columns, STYLE_DIM)->text;
	if (row->endpoint)
		buf_printable(endpoint, row->endpoint, strlen(row->endpoint));
	else
		buf_char(endpoint, '-');
}

/* Each meaning once, in the order in which they come. */
static void add_meanings(const struct probe_rows *rows, const struct term *term, struct buf *out)
{
	bool told[sizeof(results) / sizeof(results[0])] = {[PROBE_ANSWERED] = true};

	vec_each(row, rows) {
		const struct result *result = result_of(row);

		if (told[result - results])
			continue;
		told[result - results] = true;
		_cleanup_buf_ struct buf line = {0};
		buf_addf(&line, "%s: %s", result->name, result->meaning);
		if (result == &results[PROBE_NOT_SENT])
			buf_addf(&line, " (%s)", strerror(row->result.error));
		columns_wrap(term, 0, STYLE_PLAIN, buf_text(&line), out);
		out->failed |= line.failed;
	}
}

void probe_text(const struct probe_rows *rows, struct buf *out)
{
	_cleanup_columns_ struct columns columns = {
		.columns = {{"peer", .cut = 20},
			    {"address"},
			    {"answer", .right = true},
			    {"used"},
			    {"source"},
			    {"endpoint"}},
		.count = 6,
	};
	struct term term;

	term_look(STDOUT_FILENO, &term);
	vec_each(row, rows)
		add_row(rows, row, &columns);
	columns_draw(&columns, &term, 0, out);
	add_meanings(rows, &term, out);
}
