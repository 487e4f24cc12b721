/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside change_list(), whose file has all but WireGuard, which is change_wg.c's. All return 0 or
 * -ENOMEM. */
#pragma once

#include <stdint.h>

#include "wgq/plan/text/change.h"

/* Appends a change; the texts are copied. Where `from` and `to` are both "" the object alone says
 * it. */
int change_add(struct change_vec *changes, enum change_group group, enum change_sign sign,
	       const char *object, const char *from, const char *to, uint32_t line);
/* A number of the interface's that becomes another one. */
int change_add_number(struct change_vec *changes, const char *object, uint32_t from, uint32_t to,
		      uint32_t line);

/* The fwmark, as OP_WG_MARK and OP_WG_CHANGE set it. */
int change_mark(struct change_vec *changes, uint32_t from, uint32_t to);
/* An OP_WG_CHANGE. */
int change_wg(const struct op *op, struct change_vec *changes);
/* Makes one change of a peer that goes and one that comes with the same allowed IPs, and with no
 * other name: it has a new key. */
int change_find_new_keys(const struct peer_names *names, struct change_vec *changes);
