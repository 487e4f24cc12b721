/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All or nothing: applies plans step by step, and takes the steps back, newest first, when one
 * fails or a signal asks to stop.
 *
 *	struct txn txn = {.world = &world, .reporter = &reporter, .context = &context};
 *	r = txn_apply(&txn, &plan, d);		as often as there are plans
 *	if (r < 0)
 *		txn_undo(&txn, d);		the host is as it was; d says so
 *	txn_release(&txn);
 *
 * A step that fails has changed nothing (world.h), so it is not undone. Every step's inverse is
 * known, and there is room to remember it, before the step is taken: undoing allocates nothing but
 * the texts that it reports. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/plan/op.h"
#include "wgq/run/world.h"

struct txn_reporter {
	/* Called before each step; undoing says that it takes one back. */
	void (*step)(void *context, const struct op *op, bool undoing);
	void *context;
};

struct txn {
	struct world *world;
	const struct txn_reporter *reporter;
	const struct op_context *context;
	const volatile sig_atomic_t *stop; /* the number of a signal that asks to stop; 0: none */

	struct plan inverses; /* of the steps that were taken, oldest first */
	size_t taken;         /* steps, those without an inverse included */
	bool final;           /* one of them cannot be taken back: signals come too late */
	bool has_failed;
	enum op_kind failed; /* the first step that did */
	int status;          /* of the program that this step is; 0: it is none */
};

/* Stops at the first step that fails, with the step, its line of the configuration and the kernel's
 * words in d. */
int txn_apply(struct txn *txn, const struct plan *plan, struct diag *d);

/* The same for steps that each stand alone: all are tried, once more when they fail (hooks are
 * not), and every failure is reported. */
int txn_try_all(struct txn *txn, const struct plan *plan, struct diag *d);

/* What was done so far stays, whatever comes. */
void txn_keep(struct txn *txn);
/* The step that failed does not make the verb fail. */
void txn_forgive(struct txn *txn);
/* Whether the link was made or deleted. */
bool txn_moves_link(const struct txn *txn);
/* The link is gone: only what outlives it is left to be taken back. Or, replaced, another has its
 * name: only the link itself is. Notes at the newest error that it is so. */
void txn_forget(struct txn *txn, bool replaced, struct diag *d);
/* Notes at the newest error how far it came. Steps that cannot be taken back, in two attempts, are
 * reported as errors of their own. */
void txn_undo(struct txn *txn, struct diag *d);
void txn_release(struct txn *txn);

#define _cleanup_txn_ _cleanup_(txn_release)
