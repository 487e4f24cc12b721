/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From states to steps, in an order that is safe at each moment.
 *
 * In come the snapshot and the wanted state; out goes a plan, which is a list of steps (op.h). It
 * is printed by --dry-run and applied by run/txn.c. cmd/up.c and cmd/down.c call this header;
 * cmd/reload.c calls plan/reload, which makes its plan of the same steps (steps.h).
 *
 * The steps of up come in the order of wg-quick (linux.bash:327-344): rules before the default
 * route, so that nothing leaks between the two, and the firewall behind them. But name servers come
 * last: a program sets them, without the lock, and whoever takes it meets a whole tunnel. Those of
 * down are two plans: what can be undone, and, once the link is gone, what is only cleaned up.
 *
 *	op.c				what a step is, and its inverse
 *	diff.c				the plans of up and down, and steps that reload shares
 *	rules.c, rule_place.c		whose a policy rule is, and where a new one goes
 *	leftover.c			the rules of an interface whose link is gone
 *	services.c, servers.c		firewall and name servers as they are, and compared */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/plan/op.h"
#include "wgq/plan/want/want.h"

/* Each appends to ret, which borrows from the arguments. */
/* What cannot be done later, as far as the host now tells, is an error at once. walls: those of the
 * configuration, without a port that is not known yet. */
int diff_create(const struct conf *conf, const struct snap *snap, const struct walls *walls,
		struct plan *ret, struct diag *d);
int diff_hooks(const struct conf *conf, enum conf_hook_kind kind, struct plan *ret, struct diag *d);
/* The device and its addresses. walls: as for diff_create(). */
int diff_configure(const struct snap *snap, const struct want *want, const struct walls *walls,
		   struct plan *ret, struct diag *d);
/* What sends packets into it, and name servers. snap: the rules, and what is free, as seen after
 * the former plan. */
int diff_lead_in(const struct snap *snap, const struct want *want, const struct means *means,
		 struct plan *ret, struct diag *d);

/* Takes down what is there, whoever brought it up: the rules that lead into the interface's table,
 * each with the suppress rule that was added with it, the peers, the link. conf says whether the
 * rules are wg-quick's to delete (Table); NULL: it is not known, so the observed decides. */
int diff_detach(const struct conf *conf, const struct snap *snap, struct plan *ret, struct diag *d);
/* What outlives the link: name servers and firewall. */
int diff_clean(const struct conf *conf, const struct snap *snap, const struct means *means,
	       struct plan *ret, struct diag *d);
