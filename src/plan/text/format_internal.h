/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of op_format() that deal with WireGuard itself. */
#pragma once

#include "wgq/plan/op.h"

/* OP_WG_SET for sh. */
void format_wg_set(const struct op *op, const struct op_context *context, struct buf *out);
/* OP_WG_CHANGE in either form. */
void format_wg_change(const struct op *op, const struct op_context *context, enum op_form form,
		      size_t limit, struct buf *out);
