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

/* What to look at; what is not asked for is left zero, and costs nothing. */
struct observe_query {
	const char *ifname;
	bool bind;        /* the link that has the name now is meant from now on */
	bool device;      /* the WireGuard device with its peers */
	bool rules;       /* policy rules, and what their tables lead to */
	bool marks;       /* with rules: of all WireGuard devices, where a rule may be left over */
	bool free_table;  /* a number for a full tunnel */
	bool addresses;   /* of the interface */
	bool main_routes; /* its routes in table main */
	bool tables;      /* every route out of the interface */
	bool barriers;    /* that a wgq that was killed has left */
	bool firewall;
	/* Whether it has exactly this one, the rules of iptables being those that were last looked
	 * at; NULL: not asked. */
	const struct firewall *firewall_is;
	bool dns;      /* after prepare(): whether resolvconf has an entry */
	bool dns_set;  /* after prepare(): what name servers are set for the interface */
	uint32_t mark; /* of the encrypted packets, for the ways to the endpoints; 0: none */
	bool lenient;  /* what this process has no right to see is left out with a warning */
	const struct conf *mtu_of; /* the ways to its endpoints; NULL: none */
	const char *config_file;   /* its text; NULL: none */
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
