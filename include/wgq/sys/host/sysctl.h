/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel settings below /proc/sys. Names are paths with slashes, since interface names may hold
 * dots: "net/ipv4/conf/all/src_valid_mark". */
#pragma once

#include "wgq/base/diag.h"

/* A number; -ENOENT: no such setting (no error is added to d for it). */
int sysctl_get(const char *name, long *ret, struct diag *d);
int sysctl_set(const char *name, long value, struct diag *d);
