// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration file from its name to its values.
#include "wgq/cmd/config.h"

#include "wgq/conf/parse.h"

int config_load_text(const char *argument, struct config *ret, struct diag *d)
{
	int r = config_path_find(argument, &ret->path, d);

	if (r == 0)
		r = config_read(&ret->path, &ret->text, d);
	if (r == 0 && ret->path.world_accessible)
		diag_warn(d, "`%s' is world accessible", ret->path.real);
	return r;
}

int config_load(const char *argument, struct config *ret, struct diag *d)
{
	int r = config_load_text(argument, ret, d);

	if (r < 0)
		return r;
	return conf_parse(ret->path.given, ret->path.ifname, buf_text(&ret->text), ret->text.len,
			  &ret->conf, d);
}

void config_release(struct config *config)
{
	if (!config)
		return;
	conf_release(&config->conf);
	buf_release(&config->text);
	config_path_release(&config->path);
}
