/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs: hooks, and helpers such as a userspace WireGuard, resolvconf and iptables.
 *
 * In come a command and its input; out go its exit status and output. run/host and sys/dns run
 * programs by this room; others only ask whether a program is there.
 *
 *	proc.c, proc_env.c	runs a program; its environment and descriptors
 *	proc_hook.c		runs a hook
 *	iptables.c		the firewall by iptables-restore
 *	userspace.c		starts a userspace WireGuard, and waits for its end
 *
 * Children get an empty signal mask, the signal dispositions that wgq was started with (SIGPIPE,
 * SIGXFSZ and SIGCHLD: the default), no file descriptors but 0, 1 and 2, and the caller's
 * environment with LC_ALL=C (linux.bash:9) and what the call adds. wgq waits for their end, as
 * bash does; a signal that comes meanwhile is for the caller to notice afterwards.
 *
 * Hooks stay in wgq's process group, so that a Ctrl-C reaches them too, and may take as long as
 * they like. A helper has a process group of its own, which is killed when the helper has not
 * ended after PROC_HELPER_MS, or PROC_STOPPED_MS after a signal that wgq catches: an error,
 * -ETIMEDOUT. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"

enum { PROC_HELPER_MS = 15000, PROC_STOPPED_MS = 1000 };

/* Runs a helper to its end. argv ends with NULL; argv[0] is looked up in PATH. input becomes its
 * standard input; NULL: that is empty. *ret_status is its exit status, or one of those below. An
 * error is only added when no process could be made, or it did not end. */
enum {
	PROC_CANNOT_EXECUTE = 126,
	PROC_NOT_FOUND = 127, /* there is no such program */
	PROC_KILLED = 128,    /* plus the number of the signal that did it */
};
int proc_run(const char *const argv[], const char *input, int *ret_status, struct diag *d);

/* The same with more of its files in the caller's hands. */
struct proc_files {
	const char *input;   /* as above */
	struct buf *ret_out; /* standard output goes here; NULL: ours */
	struct buf *ret_err; /* standard error is passed on as it comes, and its first
				PROC_KEEP_MAX bytes are kept here; NULL: ours */
	bool hold_err;       /* it is not passed on */
};
enum { PROC_KEEP_MAX = 16384, PROC_OUT_MAX = 1 << 28 };
int proc_run_files(const char *const argv[], const struct proc_files *files, int *ret_status,
		   struct diag *d);

/* One hook, as wg-quick runs it (linux.bash:291-298): %i is replaced by the interface's name, then
 * `bash -O extglob -e -o pipefail -c` runs it, or `sh -e -c` where there is no bash. INTERFACE and
 * CONFIG_FILE are in its environment; standard input is ours. *ret_status as above. */
struct hook_context {
	const char *ifname;
	const char *config_file;
};
int proc_run_hook(const char *command, const struct hook_context *context, int *ret_status,
		  struct diag *d);

/* Whether a program of this name is in PATH (or at this path) and may be executed. */
bool proc_exists(const char *name);
/* The same for root, whose PATH has the sbin folders, which that of the caller may not. */
bool proc_exists_for_root(const char *name);
/* The path that this is; malloc()ed, NULL: none (or no memory). */
char *proc_find(const char *name);
