/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of steps that are too long for the table of op.c. */
#pragma once

#include "wgq/plan/op.h"

void format_wg_set(const struct op *op, const struct op_context *context, struct buf *out);
void format_wg_change(const struct op *op, const struct op_context *context, struct buf *out);
void format_firewall_set(const struct op *op, const struct op_context *context, struct buf *out);
void format_firewall_remove(const struct op *op, const struct op_context *context, struct buf *out);
void format_walls_set(const struct op *op, const struct op_context *context, struct buf *out);
void format_walls_remove(const struct op *op, const struct op_context *context, struct buf *out);
void format_dns_set(const struct op *op, const struct op_context *context, struct buf *out);
void format_dns_unset(const struct op *op, const struct op_context *context, struct buf *out);
