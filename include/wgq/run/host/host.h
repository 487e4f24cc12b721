/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real world: this host, seen and changed through the kernel and sys layers.
 *
 * In come the queries and steps of run/world.h. cmd/session.c opens it for the verbs that change a
 * tunnel or compare it, cmd/status/look.c to look.
 *
 *	host.c				opens and closes it
 *	prepare.c			how this host does things: struct means
 *	observe.c, observe_*.c		from a query to a snapshot
 *	exec.c, firewall.c, rules.c	takes one step
 *	link.c				which link is meant; the lock around programs
 *	lock.c				the lock between wgq processes */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/run/world.h"
#include "wgq/sys/dns/dns.h"

struct host;

enum firewall_choice { FIREWALL_AUTO, FIREWALL_OFF };

/* What the user asked for, where there are several ways. */
struct choices {
	enum dns_backend dns;
	enum firewall_choice firewall;
	bool userspace_never;
	const char *userspace; /* to be started in any case; NULL: only where it is needed */
};

struct host_options {
	struct choices choices;
	const char *ifname;
	const struct config_path *config; /* NULL: nothing is run or saved */
	const struct sources *sources;    /* of the configuration */
	/* A line for the user that no step foresaw: `[!] ...` or a command that is run instead. */
	void (*say)(const char *line);
	/* How far a step with many objects has come; may be called from another thread, but never
	 * in two at once. NULL: nobody asks. */
	void (*progress)(const char *what, size_t done, size_t total);
	const volatile sig_atomic_t *stop; /* ends the wait for the lock, and such a step */
};

int host_open(const struct host_options *options, struct host **ret, struct diag *d);
void host_free_at(struct host **host); /* for _cleanup_() */

/* Valid as long as the host. */
struct world *host_world(struct host *host);
