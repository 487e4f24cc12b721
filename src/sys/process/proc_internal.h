/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What proc.c, proc_env.c and proc_hook.c share. */
#pragma once

#include <sys/mman.h>

#include "wgq/base/diag.h"
#include "wgq/sys/process/proc.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3 */
#endif

struct proc_variable {
	const char *name;
	const char *value;
};

/* A copy of our environment with LC_ALL=C and the given variables, which end with a NULL name, in
 * place of what has their names. NULL: no memory. */
char **proc_environment(const struct proc_variable *added);
void proc_environment_free(char ***environment);

/* Before a child: everything above standard error is closed on exec from now on, also what we
 * were given open; and SIGCHLD is not ignored, or the exit status would be lost. */
void proc_seal(void);

/* proc_run_files() with a given environment, and a given time in milliseconds; 0: as a hook, in our
 * process group and for as long as it takes. */
int proc_run_in(const char *const argv[], const struct proc_files *files, char *const environment[],
		unsigned int limit, int *ret_status, struct diag *d);
