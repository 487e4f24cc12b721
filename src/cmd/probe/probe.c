// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: is it the network or the key?
#include "wgq/cmd/probe/probe.h"

#include <errno.h>

#include "wgq/cmd/show.h"
#include "wgq/cmd/value.h"
#include "wgq/cmd/verbs.h"
#include "wgq/sys/privilege.h"

enum { STATUS_NO_ANSWER = 1, STATUS_UNASKED = 2 };

static int check_privilege(struct diag *d)
{
	if (privilege_net_admin())
		return 0;
	diag_refuse(d, EPERM,
		    "probes need the device's keys (CAP_NET_ADMIN) and raw packets (CAP_NET_RAW)");
	privilege_hint(EPERM, d);
	return -EPERM;
}

static int status_of(const struct probe_rows *rows)
{
	for (size_t first = 0, next; first < rows->len; first = next)
		if (probe_best(rows, first, &next)->result.verdict != PROBE_ANSWERED)
			return STATUS_NO_ANSWER;
	return STATUS_OK;
}

static int probe(const struct options *options, struct diag *d)
{
	_cleanup_probe_rows_ struct probe_rows rows = {0};
	_cleanup_buf_ struct buf out = {0};
	int r = check_privilege(d);

	if (r == 0)
		r = probe_look(options->args[0], options->arg_count > 1 ? options->args[1] : NULL,
			       &rows, d);
	if (r == 0 && !rows.len)
		r = diag_refuse(d, ENOENT, "no endpoint of %s is known", rows.ifname);
	if (r == 0)
		r = probe_ask(&rows, d);
	if (r < 0)
		return STATUS_UNASKED;
	show_diag(d);
	if (options->given & OPTION_JSON)
		probe_json(&rows, &out);
	else
		probe_text(&rows, &out);
	return show_output(&out, d) < 0 ? STATUS_UNASKED : status_of(&rows);
}

int verb_probe(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	int status = probe(options, &d);

	show_diag(&d);
	return status;
}

int probe_check(struct config *config, struct diag *d)
{
	_cleanup_probe_rows_ struct probe_rows rows = {0};
	int r = check_privilege(d);

	if (r == 0)
		r = probe_look_config(config, &rows, d);
	if (r == 0)
		r = probe_ask(&rows, d);
	for (size_t first = 0, next; r == 0 && first < rows.len; first = next) {
		const struct probe_row *best = probe_best(&rows, first, &next);
		const struct place at =
			conf_place(&rows.config.conf, rows.wg.peers.at[best->peer].line);
		_cleanup_buf_ struct buf endpoint = {0};

		if (best->result.verdict == PROBE_ANSWERED)
			continue;
		if (best->endpoint)
			buf_printable(&endpoint, best->endpoint, strlen(best->endpoint));
		else
			endpoint_format(&best->to, &endpoint);
		diag_warn_at(d, &at, "wgq probe shows all its endpoints",
			     "the peer does not answer at %s: %s", buf_text(&endpoint),
			     probe_result_meaning(best));
		diag_id(d, "no-answer");
	}
	return r;
}
