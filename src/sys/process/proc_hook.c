// SPDX-License-Identifier: GPL-2.0-or-later
// Hooks: shell commands of the configuration, run as wg-quick runs them.
#include <errno.h>
#include <stdlib.h>

#include "proc_internal.h"
#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/conf/hook/hooks.h"

int proc_run_hook(const char *command, const struct hook_context *context, int *ret_status,
		  struct diag *d)
{
	const struct proc_variable variables[] = {
		{"INTERFACE", context->ifname},
		{"CONFIG_FILE", context->config_file},
		{NULL, NULL},
	};
	_cleanup_(proc_environment_free) char **environment = proc_environment(variables);
	_cleanup_buf_ struct buf text = {0};

	hook_expand(command, context->ifname, &text);
	if (!environment || buf_status(&text) < 0)
		return diag_no_memory(d);

	/* wg-quick evaluates hooks inside itself: set -e -o pipefail; shopt -s extglob
	 * (linux.bash:7-8). After `--` a command may begin with a dash. */
	const char *const bash[] = {"bash", "-O", "extglob",       "-e", "-o", "pipefail",
				    "-c",   "--", buf_text(&text), NULL};
	const char *const sh[] = {"sh", "-e", "-c", "--", buf_text(&text), NULL};
	bool has_bash = proc_exists("bash");

	if (!has_bash && !proc_exists("sh")) {
		diag_refuse(d, ENOENT, "cannot run a hook: there is no bash and no sh");
		diag_hint(d, "PATH is `%s'", getenv("PATH") ? getenv("PATH") : "");
		return -ENOENT;
	}
	return proc_run_in(has_bash ? bash : sh, &(struct proc_files){0}, environment, 0,
			   ret_status, d);
}
