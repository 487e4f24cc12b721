/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one interface to effects: look at the host, and take a step.
 *
 * In come queries and steps; out go snapshots and results. cmd calls world_prepare(),
 * world_observe() and world_lock(); the transaction (txn.h) calls world_exec(). host_open()
 * (run/host) gives the real world. The tests have a fake one, which fails where they say.
 *
 *	txn.c		applies plans, and undoes them
 *	look		the surroundings of a tunnel; WireGuard devices, by whoever serves them
 *	host		the real world */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/plan/op.h"
#include "wgq/sys/file/config_path.h"

/* What is not asked for costs nothing. */
struct observe_query {
	const char *ifname;
	unsigned int what; /* enum look */
	bool bind;         /* the link that has the name now is meant from now on */
	bool lenient;      /* what this process has no right to see is unknown, with a warning */
	/* LOOK_FIREWALL_RULES: this one; the rules of iptables are those that were last seen. */
	const struct firewall *firewall;
	/* LOOK_FOLLOWED, with LOOK_DEVICE: of this one, as LOOK_MTU */
	/* LOOK_MTU: the ways to the endpoints of this, for packets with this mark; 0: none */
	const struct conf *conf;
	uint32_t mark;
	const struct config_path *config; /* LOOK_CONFIG */
};

enum purpose {
	PURPOSE_UP,      /* what cannot be done is an error */
	PURPOSE_RELOAD,  /* the same, but for name servers, of which it warns; and what a former
			    configuration may have needed counts too */
	PURPOSE_REPLACE, /* both, name servers as for up; and what is there can be made again */
	PURPOSE_DOWN,    /* what cannot be done is left out */
};

struct world_ops {
	/* Finds out how this host does what the configuration needs. */
	int (*prepare)(void *self, const struct conf *conf, enum purpose purpose, struct means *ret,
		       struct diag *d);
	/* -ESTALE: the name belongs to another link than the one that was made or bound. With
	 * query->bind, a new WireGuard link that is not up yet is accepted. */
	int (*observe)(void *self, const struct observe_query *query, struct snap *ret,
		       struct diag *d);
	/* Takes one step: all of it or, on failure, none. *ret_status is the exit status where the
	 * step is a program that ran and failed, which adds an error as well. -ESTALE as above. */
	int (*exec)(void *self, const struct op *op, int *ret_status, struct diag *d);
	/* Keeps other wgq processes from changing the host; waits for them. Does nothing when it
	 * is held already. While a look or a step runs another program, it is not held: a look
	 * does that first, and what was seen before such a step may have changed after it. */
	int (*lock)(void *self, struct diag *d);
	void (*unlock)(void *self);
};

struct world {
	const struct world_ops *ops;
	void *self;
};

static inline int world_prepare(struct world *w, const struct conf *conf, enum purpose purpose,
				struct means *ret, struct diag *d)
{
	return w->ops->prepare(w->self, conf, purpose, ret, d);
}

static inline int world_observe(struct world *w, const struct observe_query *query,
				struct snap *ret, struct diag *d)
{
	return w->ops->observe(w->self, query, ret, d);
}

static inline int world_exec(struct world *w, const struct op *op, int *ret_status, struct diag *d)
{
	return w->ops->exec(w->self, op, ret_status, d);
}

static inline int world_lock(struct world *w, struct diag *d)
{
	return w->ops->lock(w->self, d);
}

static inline void world_unlock(struct world *w)
{
	w->ops->unlock(w->self);
}
