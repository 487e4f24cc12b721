// SPDX-License-Identifier: GPL-2.0-or-later
// wgq strip: prints a configuration without the keys that wg(8) does not know.
#include "wgq/base/buf.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/save/write.h"

static int strip_one(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_buf_ struct buf stripped = {.secret = true};
	int r = config_load_text(argument, &config, d);

	if (r == 0)
		config_warn(options, &config, d);
	if (r == 0)
		r = conf_parse_save_config(config.path.given, buf_text(&config.text.text),
					   config.text.text.len, d);
	if (r < 0)
		return STATUS_FAILED;
	conf_strip(buf_text(&config.text.text), config.text.text.len, &stripped);
	r = show_foreign(&stripped, d);
	return r < 0 || diag_errors(d) ? STATUS_FAILED : STATUS_OK;
}

int verb_strip(const struct options *options)
{
	return verb_each(options, strip_one);
}
