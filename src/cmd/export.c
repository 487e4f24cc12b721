// SPDX-License-Identifier: GPL-2.0-or-later
// wgq export: prints a configuration as another program takes it.
#include <errno.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/save/networkmanager.h"

static int export(const struct options *options, struct buf *ret, struct diag *d)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_diag_ struct diag lost = {0};
	int r;

	if (strcmp(options->args[0], "networkmanager") != 0)
		return diag_refuse(d, EINVAL, "`%s' is not a format: wgq export networkmanager",
				   options->args[0]);
	r = config_load(options, options->args[1], &config, d);
	if (r == 0)
		r = conf_export_networkmanager(&config.conf, ret, &lost, d);
	if (r < 0)
		return r;
	bool whole = !lost.len || options->given & OPTION_LOSSY;

	diag_move(d, &lost);
	if (whole)
		return 0;
	r = diag_refuse(d, EINVAL, "%s is not exported: something would be lost",
			config.path.given);
	diag_hint(d, "--lossy leaves it out");
	return r;
}

int verb_export(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {.secret = true};
	int r = export(options, &text, &d);

	if (r == 0)
		r = show_foreign(&text, &d);
	show_diag(&d);
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}
