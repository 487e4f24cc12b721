/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that wgq prints, but for usage and --watch. Colour only on a terminal, and not when NO_COLOR
 * is set (no-color.org). */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/cmd/options.h"
#include "wgq/plan/op.h"

/* Once, before all others. */
void show_init(const struct options *options);

/* A line of its own on stderr, unless quiet. */
void show_line(const char *line);

/* `[#] command`, a line for each object that the step is about. */
void show_step(const struct op *op, const struct op_context *context, bool undoing);

/* The progress of a step, such as "routes": on a terminal, a line that appears after a second, is
 * rewritten, and disappears at the end; elsewhere nothing. To be called often; a step begins with
 * fewer done than before. */
void show_progress(const char *what, size_t done, size_t total);

/* What `wgq run` has decided: a line on stderr or, for programs, one of JSON on stdout. priority is
 * that of syslog(3), for the journal; event a word for programs. */
void show_event(int priority, const char *ifname, const char *event, const char *text);

/* Prints and forgets all that is in d. */
void show_diag(struct diag *d);

/* What a verb was asked for, on stdout. A reader that has gone has read enough. */
int show_output(const struct buf *text, struct diag *d);
/* The same for what must be read to its end. */
int show_whole(const struct buf *text, struct diag *d);
/* The same as show_output() for a text that others wrote: exact, but printable on a terminal. */
int show_foreign(const struct buf *text, struct diag *d);

/* The plan as a shell script on stdout, or as more of one. */
int show_script(const struct plan *plan, const struct op_context *context, bool begin,
		struct diag *d);
