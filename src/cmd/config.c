// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration file from its name to its values.
#include "wgq/cmd/config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/file/io.h"
#include "wgq/sys/file/trust.h"

int config_load_text(const char *argument, struct config *ret, struct diag *d)
{
	int r = config_path_find(argument, &ret->path, d);

	if (r == 0)
		r = config_path_read(&ret->path, &ret->text, d);
	return r;
}

static void hint_command(const char *command, const char *path, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	buf_addf(&text, "%s ", command);
	buf_shell_word(&text, path);
	diag_hint(d, "%s", buf_text(&text));
}

void config_warn(const struct options *options, const struct config *config, struct diag *d)
{
	_cleanup_trust_ struct trust trust = {0};
	const char *path = config->path.real;

	if (options->as_wg_quick) {
		if (config->path.world_accessible)
			diag_warn(d, "`%s' is world accessible", path);
		return;
	}
	trust_look(config->path.given, &trust);
	if (trust.readable) {
		diag_warn(d, "every user of this host can read `%s'", path);
		hint_command("chmod 600", path, d);
	}
	if (trust.path) {
		diag_warn(d, "%s can change `%s', whose hooks are run as root", trust.by, path);
		hint_command(trust.remedy, trust.path, d);
	}
}

static int parse(struct config *config, struct diag *d)
{
	return conf_parse(config->path.given, config->path.ifname, buf_text(&config->text),
			  config->text.len, &config->conf, d);
}

/* It may be many megabytes, and what was made of it refers to it no more. */
static void drop_text(struct config *config)
{
	if (!config->keeps_text)
		buf_release(&config->text);
}

int config_load(const struct options *options, const char *argument, struct config *ret,
		struct diag *d)
{
	int r = config_load_text(argument, ret, d);

	if (r == 0) {
		config_warn(options, ret, d);
		r = parse(ret, d);
	}
	drop_text(ret);
	return r;
}

static int name_stdin(const char *ifname, struct config_path *ret, struct diag *d)
{
	static const char shown[] = "<stdin>", real[] = "/dev/stdin";
	size_t n = strlen(ifname);

	if (!config_path_is_ifname(ifname, n) || !config_path_kernel_allows(ifname, n))
		return diag_refuse(d, EINVAL, "`%s' is not the name of an interface", ifname);
	memcpy(ret->ifname, ifname, n + 1);
	ret->given = mem_strndup(shown, strlen(shown));
	ret->real = mem_strndup(real, strlen(real));
	return ret->given && ret->real ? 0 : diag_no_memory(d);
}

int config_load_stdin(const char *ifname, struct config *ret, struct diag *d)
{
	int r = name_stdin(ifname, &ret->path, d);

	if (r < 0)
		return r;
	ret->text.secret = true;
	r = io_read_all(STDIN_FILENO, FILE_SIZE_MAX, &ret->text);
	if (r == -ENOMEM)
		return diag_no_memory(d);
	return r < 0 ? diag_fail(d, -r, "cannot read standard input") : parse(ret, d);
}

void config_release(struct config *config)
{
	if (!config)
		return;
	conf_release(&config->conf);
	buf_release(&config->text);
	config_path_release(&config->path);
}
