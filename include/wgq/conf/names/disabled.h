/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers that are disabled: each of their lines is commented out by DISABLED_MARK, as PiVPN does it,
 * so that nothing is lost and whoever edits the file sees what it was. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"
#include "wgq/base/sources.h"
#include "wgq/conf/parse/line.h"

#define DISABLED_MARK "#[disabled] "

/* Whether a line was disabled; *ret: what it was. */
bool disabled_line(struct slice line, struct slice *ret);
/* The same files with the same lines, but only what was disabled, without the mark: other lines are
 * empty. ret has to be zeroed. */
int disabled_view(const struct config_text *text, struct config_text *ret, struct diag *d);
