// SPDX-License-Identifier: GPL-2.0-or-later
// wgq strip: prints a configuration as wg(8) or wg-quick takes it.
#include <errno.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/derive.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/save/write.h"

/* Whether all that the reader needs is in the text of the one file. */
static bool is_in_text(const struct conf *conf)
{
	return conf->sources.len == 1 && !conf->private_key_file.text &&
	       !conf->preshared_key_files.len && !conf->address_from_key.len && !conf->expired;
}

static void warn_of_lost(const struct conf *conf, struct diag *d)
{
	vec_each(own, &conf->own) {
		const struct place at = conf_place(conf, own->line);

		if (own->is_hook)
			diag_warn_at(d, &at, NULL, "%s: if it fails, wg-quick does not go on",
				     own->key);
		else if (!conf_own_is_written(own))
			diag_warn_at(d, &at, NULL, "%s is left out: wg-quick does not know it",
				     own->key);
	}
}

/* wg-quick reads no more of a file to strip it than SaveConfig, so that its mistakes are wg(8)'s.
 */
static int strip_text(const struct config *config, struct buf *ret, struct diag *d)
{
	const struct buf *text = &config->text.text;
	int r = conf_parse_save_config(config->path.given, buf_text(text), text->len, d);

	if (r == 0)
		conf_strip(buf_text(text), text->len, READER_WG, ret);
	return r;
}

static int strip(struct config *config, enum conf_reader reader, struct buf *ret, struct diag *d)
{
	_cleanup_diag_ struct diag found = {0};
	const struct buf *text = &config->text.text;
	int r = conf_parse_files(&config->text.files, config->path.ifname, buf_text(text),
				 &config->conf, &found);

	if (r == -ENOMEM)
		return diag_no_memory(d);
	if (reader == READER_WG && is_in_text(&config->conf))
		return strip_text(config, ret, d);
	diag_move(d, &found);
	if (r == 0)
		r = config_read_keys(config, d);
	if (r == 0)
		r = conf_derive(&config->conf, d);
	if (r < 0)
		return r;
	if (reader == READER_WG_QUICK)
		warn_of_lost(&config->conf, d);
	if (is_in_text(&config->conf))
		conf_strip(buf_text(text), text->len, reader, ret);
	else
		conf_write(&config->conf, reader, ret);
	return 0;
}

int verb_strip(const struct options *options, const char *argument, struct diag *d)
{
	enum conf_reader reader = options->given & OPTION_WG_QUICK ? READER_WG_QUICK : READER_WG;
	_cleanup_config_ struct config config = {0};
	_cleanup_buf_ struct buf stripped = {.secret = true};
	int r = config_load_text(argument, &config, d);

	if (r == 0) {
		config_warn(options, &config, d);
		r = strip(&config, reader, &stripped, d);
	}
	if (r == 0)
		r = show_foreign(&stripped, d);
	return r < 0 || diag_errors(d) ? STATUS_FAILED : STATUS_OK;
}
