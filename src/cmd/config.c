// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration, with its drop-ins, from its name to its values.
#include "wgq/cmd/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/conf/derive.h"
#include "wgq/conf/expire.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/sys/file/config_text.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/file/io.h"
#include "wgq/sys/file/key_file.h"
#include "wgq/sys/file/trust.h"

static const char shown_stdin[] = "<stdin>";

int config_load_text(const char *argument, struct config *ret, struct diag *d)
{
	int r = config_path_find(argument, &ret->path, d);

	return r == 0 ? config_text_read(&ret->path, &ret->text, d) : r;
}

static void hint_command(const char *command, const char *path, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	buf_addf(&text, "%s ", command);
	buf_shell_word(&text, path);
	diag_hint(d, "%s", buf_text(&text));
}

static void warn_of_readers(const char *path, struct diag *d)
{
	diag_warn(d, "every user of this host can read `%s'", path);
	hint_command("chmod 600", path, d);
}

void config_warn(const struct options *options, const struct config *config, struct diag *d)
{
	_cleanup_buf_ struct buf told = {0};

	if (options->as_wg_quick) {
		if (config->path.world_accessible)
			diag_warn(d, "`%s' is world accessible", config->path.real);
		return;
	}
	const struct sources *files = &config->text.files;
	_cleanup_free_ struct trust *trust = mem_calloc(files->len, sizeof(*trust));
	if (trust)
		trust_look_all(files, trust);
	for (size_t i = 0; trust && i < files->len; i++) {
		const char *path = trust[i].path;

		if (trust[i].readable)
			warn_of_readers(files->at[i].real, d);
		/* Once for the folder that all are in. */
		if (path && strcmp(buf_text(&told), path) != 0) {
			diag_warn(d, "%s can change `%s', whose hooks are run as root", trust[i].by,
				  files->at[i].real);
			hint_command(trust[i].remedy, path, d);
			buf_clear(&told);
			buf_str(&told, path);
		}
		trust_release(&trust[i]);
	}
}

/* The name becomes the path that it was found by. A relative one that is not found may be known to
 * systemd alone: only then -ENOENT is returned. */
static int read_key(const struct config *config, char **name, uint32_t line, struct key *ret,
		    struct diag *d)
{
	const char *const configs[] = {config->path.given, config->path.real};
	bool is_stdin = strcmp(config->path.given, shown_stdin) == 0;
	_cleanup_free_ char *path = key_file_find(*name, configs, is_stdin ? 1 : 2);
	_cleanup_trust_ struct trust trust = {0};
	bool is_absolute = (*name)[0] == '/';

	if (!path)
		return diag_no_memory(d);
	int r = key_file_read(path, ret, d);
	if (r < 0) {
		sources_note_asked(&config->conf.sources, line, d);
		return r == -ENOENT && is_absolute ? -EINVAL : r;
	}
	trust_look(path, &trust);
	if (trust.readable) {
		warn_of_readers(path, d);
		diag_id(d, "world-readable");
	}
	/* As it is written, so that a link on the way to it is seen to change. */
	free(*name);
	*name = path[0] == '/' ? steal(path) : realpath(path, NULL);
	return *name ? 0 : diag_no_memory(d);
}

int config_read_keys(struct config *config, struct diag *d)
{
	struct conf *conf = &config->conf;
	struct conf_text *own = &conf->private_key_file;
	int r = 0;

	if (own->text)
		r = read_key(config, &own->text, own->line, &conf->wg.private_key, d);
	if (r == 0 && own->text) {
		conf->wg.has_private_key = true;
		conf->private_key_line = own->line;
	}
	vec_each(file, &conf->preshared_key_files) {
		struct wg_peer *peer = &conf->wg.peers.at[file->peer];

		if (r == 0)
			r = read_key(config, &file->text, file->line, &peer->preshared_key, d);
		peer->has_preshared_key = r == 0;
		peer->preshared_key_line = file->line;
	}
	return r;
}

int config_parse(struct config *config, struct diag *d)
{
	int r = conf_parse_files(&config->text.files, config->path.ifname,
				 buf_text(&config->text.text), &config->conf, d);

	if (r == 0)
		r = conf_drop_expired(&config->conf, time(NULL), d);
	if (r < 0 || config->without_keys)
		return r;
	r = config_read_keys(config, d);
	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	return conf_derive(&config->conf, d);
}

int config_load(const struct options *options, const char *argument, struct config *ret,
		struct diag *d)
{
	int r = config_load_text(argument, ret, d);

	/* What could be read may have more mistakes. */
	if (r == 0 || (r == -EINVAL && ret->text.files.len)) {
		if (options)
			config_warn(options, ret, d);
		int parsed = config_parse(ret, d);
		r = r < 0 ? r : parsed;
	}
	/* It may be many megabytes, and what was made of it refers to it no more. */
	if (!ret->keeps_text)
		config_text_release(&ret->text);
	return r;
}

static int name_stdin(const char *ifname, struct config_path *ret, struct diag *d)
{
	static const char real[] = "/dev/stdin";
	size_t n = strlen(ifname);

	if (!config_path_is_ifname(ifname, n) || !config_path_kernel_allows(ifname, n))
		return diag_refuse(d, EINVAL, "`%s' is not the name of an interface", ifname);
	memcpy(ret->ifname, ifname, n + 1);
	ret->given = mem_strndup(shown_stdin, strlen(shown_stdin));
	ret->real = mem_strndup(real, strlen(real));
	return ret->given && ret->real ? 0 : diag_no_memory(d);
}

int config_load_stdin(const char *ifname, struct config *ret, struct diag *d)
{
	int r = name_stdin(ifname, &ret->path, d);

	if (r < 0)
		return r;
	struct buf *text = &ret->text.text;
	text->secret = true;
	r = io_read_all(STDIN_FILENO, 0, FILE_SIZE_MAX, text);
	if (r == 0 && sources_add(&ret->text.files, ret->path.given, ret->path.real, buf_text(text),
				  text->len) < 0)
		r = -ENOMEM;
	if (r == -ENOMEM)
		return diag_no_memory(d);
	return r < 0 ? diag_fail(d, -r, "cannot read standard input") : config_parse(ret, d);
}

void config_clean(const struct config *config)
{
	vec_each(file, &config->conf.sources)
		file_clean(file->real);
}

void config_release(struct config *config)
{
	if (!config)
		return;
	conf_release(&config->conf);
	config_text_release(&config->text);
	config_path_release(&config->path);
}
