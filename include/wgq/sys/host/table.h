/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of routing tables, from the files that iproute2 reads (lib/rt_names.c of iproute2 6.7):
 *
 *	/etc/iproute2/rt_tables		the first of these three that there is
 *	/usr/share/iproute2/rt_tables
 *	/usr/lib/iproute2/rt_tables
 *
 * and rt_tables.d/NAME.conf in each of these folders, where a file hides its namesakes in later
 * folders. default, main, local and unspec are known without any file. */
#pragma once

#include <stdint.h>

#include "wgq/base/diag.h"

/* The number of a table's name. -ENOENT: there is no such name. A file that cannot be read, or
 * from its first bad line on, is passed over, as iproute2 does. */
int table_lookup(const char *name, uint32_t *ret, struct diag *d);
/* The same with files below another folder than the root. */
int table_lookup_below(const char *root, const char *name, uint32_t *ret, struct diag *d);
