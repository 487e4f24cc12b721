// SPDX-License-Identifier: GPL-2.0-or-later
// What a step changes of wgq's own table, by the keys that it is made of.
#include <errno.h>
#include <string.h>

#include "wgq/net/walls.h"
#include "wgq/plan/text/change.h"

static enum change_sign sign_of(const struct buf *from, const struct buf *to)
{
	return !from->len ? CHANGE_ADD : !to->len ? CHANGE_REMOVE : CHANGE_ALTER;
}

/* Key by key. Where all values stay the same, the rules were changed by hand. */
int change_walls(const struct op *op, struct change_vec *changes)
{
	static const struct walls none;
	const struct walls *is = op->walls.is ? op->walls.is : &none;
	const struct walls *before = op->walls.before ? op->walls.before : &none;
	size_t listed = changes->len;
	int r = 0;

	for (enum wall_key key = 0; r == 0 && key < WALL_KEYS; key++) {
		_cleanup_buf_ struct buf from = {0}, to = {0};

		walls_value(before, key, &from);
		walls_value(is, key, &to);
		if (buf_status(&from) < 0 || buf_status(&to) < 0)
			return -ENOMEM;
		if (strcmp(buf_text(&from), buf_text(&to)) != 0)
			r = change_add(changes, CHANGE_FIREWALL, sign_of(&from, &to),
				       wall_key_name(key), buf_text(&from), buf_text(&to),
				       op->line);
	}
	if (r < 0 || changes->len != listed || op->walls.of_port)
		return r;
	return change_add(changes, CHANGE_FIREWALL,
			  op->kind == OP_WALLS_REMOVE ? CHANGE_REMOVE : CHANGE_ALTER,
			  "rules of the wgq table", "", "", op->line);
}
