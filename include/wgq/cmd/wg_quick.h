/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Called by the name wg-quick, wgq has its command line: its usage, its words, its way to root and
 * its exit statuses, so that scripts go on working. */
#pragma once

#include <stdbool.h>

#include "wgq/cmd/options.h"

/* Whether argv[0] says wg-quick. */
bool wg_quick_is_called(const char *argv0);

/* As options_parse(). Without root it starts itself again by sudo, and does not return. */
int wg_quick_parse(int argc, char **argv, struct options *ret);
