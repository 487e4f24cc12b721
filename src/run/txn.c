// SPDX-License-Identifier: GPL-2.0-or-later
// Applies plans, and undoes them.
//
// Theory of operation
//
// Before a plan is applied, room is made for the inverses of all its steps. A step is taken wholly
// or not at all (world.h). Once it is taken, its inverse is appended to txn->inverses, where those
// of all plans of the transaction come together. Some steps have none, such as hooks
// (op_inverse()). A step that is back_only is not taken, and is in the list itself.
//
// A step that fails ends the plan. So does a signal, which is noticed between two steps; but not
// once a link is deleted that no inverse makes again, since there is no way back then.
//
// txn_undo() takes the inverses from the newest to the oldest:
//
//  - Where the transaction has made the link, what the kernel deletes with it (op_dies_with_link())
//    is left out until the link is deleted. Older inverses are about the link that was there before
//    (up --replace), and none of these is left out.
//  - Each is tried twice. If it fails, that is reported, and the next one is taken all the same.
//  - If the name belongs to another link by now (-ESTALE), only the link that was made or bound is
//    still deleted: the rest is not ours.
//  - back_only steps at the end of the list are dropped, since the step after them was not taken.
//    But a barrier is for the step before it, and stays.
//
// Before that, session_undo() asks whether the link is still there, and txn_forget() drops what
// went with it. Steps borrow from snapshots and wanted states, so these live until the undo is
// over.
#include "wgq/run/txn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Nothing comes after an undo, so its steps are tried twice: memory may be short for a moment only.
 * Only the last error is reported. */
enum { ONCE = 1, TWICE = 2 };

static int exec(struct txn *txn, const struct op *op, int tries, int *ret_status, struct diag *d)
{
	int r;

	do {
		_cleanup_diag_ struct diag said = {0};

		*ret_status = 0;
		r = world_exec(txn->world, op, ret_status, &said);
		if (r == 0 || tries == ONCE)
			diag_move(d, &said);
	} while (r < 0 && --tries > 0);
	return r;
}

/* A hook that may fail and does is taken all the same. */
static int exec_hook(struct txn *txn, const struct op *op, struct diag *d)
{
	_cleanup_diag_ struct diag said = {0};
	int status;

	if (exec(txn, op, ONCE, &status, &said) < 0) {
		sources_note_asked(&txn->context->conf->sources, op->line, &said);
		diag_demote(&said);
	}
	diag_move(d, &said);
	return 0;
}

static int take_step(struct txn *txn, const struct op *op, int tries, struct diag *d)
{
	struct op inverse;
	bool has_inverse = op_inverse(op, &inverse);
	int status;

	if (op->back_only) {
		txn->inverses.at[txn->inverses.len++] = *op;
		return 0;
	}
	txn->reporter->step(txn->reporter->context, op, false);
	int r = op->may_fail ? exec_hook(txn, op, d) : exec(txn, op, tries, &status, d);
	if (r < 0) {
		sources_note_asked(&txn->context->conf->sources, op->line, d);
		if (!txn->has_failed) {
			txn->failed = op->kind;
			txn->status = status;
		}
		txn->has_failed = true;
		return r;
	}
	txn->taken++;
	txn->final |= op->kind == OP_LINK_DEL && !has_inverse;
	if (has_inverse)
		txn->inverses.at[txn->inverses.len++] = inverse;
	return 0;
}

/* With the link gone there is no way back, so a signal no longer stops the way on. */
static bool is_stopped(const struct txn *txn)
{
	return txn->stop && *txn->stop && !txn->final;
}

int txn_apply(struct txn *txn, const struct plan *plan, struct diag *d)
{
	if (!vec_reserve(&txn->inverses, txn->inverses.len + plan->len))
		return diag_no_memory(d);
	vec_each(op, plan) {
		if (is_stopped(txn))
			return diag_refuse(d, EINTR, "stopped by %s", strsignal(*txn->stop));
		int r = take_step(txn, op, ONCE, d);
		if (r < 0)
			return r;
	}
	if (is_stopped(txn))
		return diag_refuse(d, EINTR, "stopped by %s", strsignal(*txn->stop));
	return 0;
}

int txn_try_all(struct txn *txn, const struct plan *plan, struct diag *d)
{
	int first = 0;

	if (!vec_reserve(&txn->inverses, txn->inverses.len + plan->len))
		return diag_no_memory(d);
	vec_each(op, plan) {
		int r = take_step(txn, op, op->kind == OP_HOOK ? ONCE : TWICE, d);
		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}

void txn_forgive(struct txn *txn)
{
	txn->has_failed = false;
	txn->status = 0;
}

static bool has_inverse(const struct txn *txn, enum op_kind kind)
{
	return vec_find(op, &txn->inverses, op->kind == kind);
}

bool txn_moves_link(const struct txn *txn)
{
	return has_inverse(txn, OP_LINK_DEL) || has_inverse(txn, OP_LINK_ADD);
}

void txn_keep(struct txn *txn)
{
	txn->inverses.len = 0;
	txn->taken = 0;
}

void txn_forget(struct txn *txn, bool replaced, struct diag *d)
{
	size_t kept = 0;

	vec_each(op, &txn->inverses)
		if (op->kind == OP_LINK_DEL ||
		    (!replaced && op_types[op->kind].removes && !op_dies_with_link(op)))
			txn->inverses.at[kept++] = *op;
	txn->inverses.len = txn->taken = kept;
	diag_note(d, replaced ? "another program took the interface down and made it again"
			      : "the interface is gone, and with it most of what was set");
}

/* They restore the order of the addresses, which changes when a deleted IPv4 address comes back. */
static bool is_needless(const struct op *op, const struct plan *inverses)
{
	if (!op->back_only || (op->kind != OP_ADDR_ADD && op->kind != OP_ADDR_DEL))
		return false;
	vec_each(inverse, inverses)
		if (!inverse->back_only && inverse->kind == OP_ADDR_ADD &&
		    inverse->addr.prefix.addr.family == AF_INET)
			return false;
	return true;
}

/* The step after them was not taken. But a barrier is for the step before it. */
static void drop_back_only(struct plan *inverses)
{
	for (const struct op *last; (last = vec_last(inverses)) && last->back_only;) {
		if (last->kind == OP_ROUTE_ADD && last->routes.group.lead == ROUTE_BARRIER)
			return;
		inverses->len--;
	}
}

void txn_undo(struct txn *txn, struct diag *d)
{
	bool link_goes = has_inverse(txn, OP_LINK_DEL), is_lost = false;
	size_t steps = txn->taken, failed = 0;
	_cleanup_diag_ struct diag failures = {0};

	drop_back_only(&txn->inverses);
	for (size_t i = txn->inverses.len; i-- > 0;) {
		const struct op *op = &txn->inverses.at[i];
		int status;

		if ((link_goes && op_dies_with_link(op)) || is_needless(op, &txn->inverses) ||
		    (is_lost && op->kind != OP_LINK_DEL))
			continue;
		/* Older steps are those of the link that was there before. */
		link_goes &= op->kind != OP_LINK_DEL;
		txn->reporter->step(txn->reporter->context, op, true);
		int r = exec(txn, op, TWICE, &status, &failures);
		failed += r < 0 && !op->back_only;
		/* What has its name by now is not ours. */
		is_lost |= r == -ESTALE;
	}
	txn_keep(txn);
	if (steps)
		diag_note(d, "undone: %zu of %zu steps", steps - failed, steps);
	diag_move(d, &failures);
}

void txn_release(struct txn *txn)
{
	plan_release(&txn->inverses);
}
