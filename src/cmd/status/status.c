// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: shows interfaces, their peers, and what is wrong with them.
#include "wgq/cmd/status/status.h"

#include <errno.h>
#include <unistd.h>

#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"

static int print(const struct options *options, const struct status_vec *statuses, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct term term;
	const struct status_view view = {
		.term = &term,
		.all = options->given & OPTION_ALL,
		.verbose = options->verbose,
	};

	term_look(STDOUT_FILENO, &term);
	if (options->given & OPTION_JSON)
		status_json(statuses, &text);
	else if (options->given & OPTION_OPENMETRICS)
		status_openmetrics(statuses, &text);
	else
		status_text(statuses, &view, &text);
	return show_output(&text, d);
}

static int show(const struct options *options, struct diag *d)
{
	static const struct status_vec none;
	_cleanup_statuses_ struct status_vec statuses = {0};
	int r = status_look(options, &none, &statuses, d);

	if (r == 0)
		r = print(options, &statuses, d);
	return r < 0 ? STATUS_FAILED : status_verdict(&statuses);
}

int verb_status(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	int status = STATUS_USAGE;

	if (options->given & OPTION_OPENMETRICS && options->given & (OPTION_WATCH | OPTION_JSON))
		diag_refuse(&d, EINVAL, "--openmetrics goes with neither --json nor --watch");
	else if (!(options->given & OPTION_WATCH))
		status = show(options, &d);
	else if (options->given & OPTION_JSON)
		diag_refuse(&d, EINVAL,
			    "--json and --watch exclude each other: run --json once a second");
	else
		status = watch_run(options, &d);
	show_diag(&d);
	return status;
}
