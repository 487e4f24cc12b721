/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who besides root, and whoever runs this, may read or change a file. Hooks are run as root, so
 * nobody else should be able to change a file that has them or that leads to them.
 *
 * As sshd(8) and sudo(8) look at theirs: whoever may write into a folder on the way can put another
 * file in its place. A sticky folder such as /tmp keeps each one's own. Links are followed, and
 * where they are counts as well. */
#pragma once

#include <stdbool.h>

#include "wgq/base/mem.h"
#include "wgq/base/sources.h"

struct trust {
	bool readable; /* every user can reach and read it */
	char *path;    /* the file, or the first folder on the way that others may write to; NULL:
			  there is none. Owned */
	char by[32];   /* who may: "every user", "group 100", "user 1000" */
	const char *remedy; /* a command that ends it, without its last argument, the path */
};

/* 0 or -errno; what could not be looked at counts as safe. */
int trust_look(const char *path, struct trust *ret);
/* The same of each file of a configuration; the drop-ins, which come behind it, are in one folder,
 * whose way is walked once. */
void trust_look_all(const struct sources *files, struct trust *ret);
void trust_release(struct trust *trust);

#define _cleanup_trust_ _cleanup_(trust_release)
