/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes that are there and not wanted, and the reasons for removing them. */
#pragma once

#include "wgq/plan/reload/tables.h"

enum suspect_mark {
	SUSPECT_EXPLAINED = 1 << 0, /* an allowed IP of the running device is this prefix */
	SUSPECT_LED = 1 << 1,       /* a wanted peer takes what it leads to */
};

struct suspect {
	struct prefix prefix;
	unsigned marks;
};
struct suspect_vec {
	VEC(struct suspect);
};

/* Lists what the changes would remove, each prefix as often as it is in a table. -ENOMEM is
 * returned without an error in a struct diag. Released with vec_release(). */
int suspects_list(const struct table_change_vec *changes, struct suspect_vec *ret);
/* Marks what an allowed IP of the peers reaches. */
void suspects_mark(struct suspect_vec *suspects, const struct wg_peer_vec *peers,
		   bool (*reaches)(const struct prefix *, const struct prefix *),
		   enum suspect_mark how);
bool suspects_are_ours(const struct suspect_vec *suspects, const struct prefix *prefix);
