/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs that look at a tunnel under the lock, or change it, share: the host, a transaction
 * on it, and hooks as its barriers. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "wgq/cmd/config.h"
#include "wgq/cmd/options.h"
#include "wgq/plan/diff.h"
#include "wgq/plan/reload/reload.h"
#include "wgq/plan/want/want.h"
#include "wgq/run/host/host.h"
#include "wgq/run/txn.h"

struct session {
	const struct options *options;
	const char *ifname;
	const struct config_path *path;
	const struct conf *conf; /* NULL: there is none */
	struct world *world;
	struct host *host; /* the real world, owned; NULL in tests */
	struct txn txn;
	struct txn_reporter reporter;
	struct op_context context;
	struct means means;
	bool dry_run, script_begun;
	size_t hooks_run[HOOK_KINDS]; /* those that failed included */
	bool hooks_down;              /* PreDown or PostDown hooks ran, and no PreDown failed */
	/* Of reload: asked before a plan is applied; false: it is not, which is no error. NULL: it
	 * is, and roamed endpoints are warned of. */
	bool (*approve)(void *context, const struct snap *snap, const struct reload *reload,
			struct diag *d);
	/* Then, once it is applied or was not approved, under the lock: what belongs to it, and a
	 * failure undoes all of it. NULL: nothing does. */
	int (*finish)(void *context, struct diag *d);
	void *approve_context;
	/* The `wgq run` that looks after the interface, and leaves it alone until the session is
	 * closed. keeper_pid 0: there is none. */
	int keeper;
	pid_t keeper_pid;
};

/* Checks the right to configure the network, unless options ask for a dry run, and opens the host.
 * The session borrows its arguments. */
int session_open(struct session *s, const struct options *options, const struct config *config,
		 struct diag *d);
/* What session_open() does once it has a world; the tests bring their own. */
void session_init(struct session *s, const struct options *options, const struct config *config,
		  struct world *world);
void session_close(struct session *s);

/* Looks up the names that the configuration uses, before anything is changed. */
int session_resolve(struct conf *conf, struct diag *d);
/* The same for an interface that is up. */
int session_resolve_running(struct session *s, struct conf *conf, struct diag *d);

/* Shows the warnings in d, then applies a plan, or prints it as a script under --dry-run. _all:
 * tries every step, whatever becomes of the others. */
int session_apply(struct session *s, const struct plan *plan, struct diag *d);
int session_apply_all(struct session *s, const struct plan *plan, struct diag *d);
/* Takes back what was applied. */
void session_undo(struct session *s, struct diag *d);
/* Runs the hooks of a kind, with no lock held. */
int session_hooks(struct session *s, enum conf_hook_kind kind, struct diag *d);
/* After an undo, where PreDown and PostDown hooks have taken away what PreUp and PostUp make: those
 * of the latter that have not been run yet are what the interface, if it is there, lacks. */
void session_hooks_again(struct session *s, struct diag *d);
/* Those of PostUp; fails where they have taken a family off the link that it is to carry. */
int session_post_up(struct session *s, const struct want *want, struct diag *d);

int session_lock(struct session *s, struct diag *d);
void session_unlock(struct session *s);

/* The exit status for a result of 0 or -errno. */
int session_status(const struct session *s, int result);

/* Where a `wgq run` looks after the interface, it no longer does. */
void session_let_go(struct session *s);

/* The signal that asked to stop, 0: none. */
int session_signal(void);
bool session_is_stopped(void);
/* It is obeyed: what is done to end is not to stop for it. */
void session_forget_signal(void);

#define _cleanup_session_ _cleanup_(session_close)
