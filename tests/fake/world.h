/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host made of words: each object is a line such as "rule 4 not fwmark 51820 lookup 51820". Steps
 * add and remove lines, as the kernel would, and fail where the test says. */
#pragma once

#include <signal.h>
#include <stddef.h>

#include "wgq/run/world.h"

struct fake_lines {
	VEC(char *);
};

struct fake {
	struct world world;
	struct fake_lines lines;    /* the state, sorted */
	size_t steps;               /* taken or tried so far, looks included */
	size_t fail_at;             /* the step that fails, from 1; 0: none */
	size_t fail_undo_at;        /* from then on every step fails, those of undoing included */
	size_t stop_at;             /* the step in which a signal comes */
	volatile sig_atomic_t stop; /* its number */
	bool locked;
	uint32_t free_table;     /* others take one whenever the lock is given away */
	bool taken_table;        /* one that others had was used */
	bool hook_under_lock;    /* a hook ran while the lock was held */
	const char *config_text; /* of the configuration file; borrowed */
	char *saved;             /* its new text; NULL: it was not saved */
};

void fake_init(struct fake *fake);
void fake_release(struct fake *fake);
/* What somebody else makes: a line. 0 or -errno. */
int fake_add(struct fake *fake, const char *line);
/* The state as one text; the caller's. */
char *fake_state(const struct fake *fake);
