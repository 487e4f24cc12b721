// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: the results in words, as a table for people.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "wgq/cmd/probe/probe.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/cmd/value.h"

static bool is_no_route(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES ||
	       error == EINVAL || error == ELOOP;
}

const char *probe_result_name(const struct probe_row *row)
{
	if (!row->to.any.sa_family)
		return "no-address";
	switch (row->result.verdict) {
	case PROBE_ANSWERED:
		return "answered";
	case PROBE_ELSEWHERE:
		return "elsewhere";
	case PROBE_BUSY:
		return "busy";
	case PROBE_OTHER_KEYS:
		return "other-keys";
	case PROBE_POKE:
	case PROBE_SILENT:
		return "silent";
	case PROBE_REFUSED:
		return "refused";
	case PROBE_UNREACHABLE:
		return "unreachable";
	case PROBE_NOT_SENT:
		return is_no_route(row->result.error) ? "no-route" : "not-sent";
	case PROBE_CLOCK_BACK:
		return "clock";
	}
	return "";
}

const char *probe_result_meaning(const struct probe_row *row)
{
	if (!row->to.any.sa_family)
		return "the name has no address";
	switch (row->result.verdict) {
	case PROBE_ANSWERED:
		return NULL;
	case PROBE_ELSEWHERE:
		return "the peer has our packets, but its answers come to another address of this "
		       "host";
	case PROBE_BUSY:
		return "something answers, but is under load: ask again later";
	case PROBE_OTHER_KEYS:
		return "the peer has our packets, and answers, but its preshared key for us is "
		       "another one";
	case PROBE_POKE:
	case PROBE_SILENT:
		return "nothing came back: the port is blocked on the way, or one side has another "
		       "key of the other";
	case PROBE_REFUSED:
		return "that host answers, but nothing listens on the port";
	case PROBE_UNREACHABLE:
		return "a router on the way, or the neighbour table of this host, has no way there";
	case PROBE_NOT_SENT:
		if (row->result.error == ELOOP)
			return "the way to the endpoint leads into the tunnel itself";
		if (row->result.error == EPERM)
			return "this host's own firewall keeps it from being sent";
		return is_no_route(row->result.error) ? "this host has no way there"
						      : "this host could not send";
	case PROBE_CLOCK_BACK:
		return "the clock of this host was set back: the peer ignores handshakes until it "
		       "is past where it was";
	}
	return NULL;
}

static enum style style_of(const struct probe_row *row)
{
	switch (row->result.verdict) {
	case PROBE_ANSWERED:
		return STYLE_GREEN;
	case PROBE_ELSEWHERE:
	case PROBE_BUSY:
		return STYLE_YELLOW;
	case PROBE_POKE:
	case PROBE_OTHER_KEYS:
	case PROBE_SILENT:
	case PROBE_REFUSED:
	case PROBE_UNREACHABLE:
	case PROBE_NOT_SENT:
	case PROBE_CLOCK_BACK:
		return STYLE_RED;
	}
	return STYLE_PLAIN;
}

static void add_answer(const struct probe_row *row, struct buf *out)
{
	if (row->to.any.sa_family && row->result.verdict == PROBE_ANSWERED)
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
	add_answer(row, &columns_cell(columns, style_of(row))->text);
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
	vec_each(row, rows) {
		const char *meaning = probe_result_meaning(row);
		bool is_new = meaning;

		for (const struct probe_row *before = rows->at; is_new && before < row; before++) {
			const char *other = probe_result_meaning(before);

			is_new = !other || strcmp(other, meaning) != 0;
		}
		if (!is_new)
			continue;
		_cleanup_buf_ struct buf line = {0};
		buf_addf(&line, "%s: %s", probe_result_name(row), meaning);
		if (row->result.error && row->result.verdict == PROBE_NOT_SENT &&
		    !is_no_route(row->result.error))
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
