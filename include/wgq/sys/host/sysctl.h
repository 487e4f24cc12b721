/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel settings below /proc/sys. Names are paths with slashes, since interface names may hold
 * dots: "net/ipv4/conf/all/src_valid_mark".
 *
 * This room has the settings and facts of the host that do not come over netlink. run/host and
 * run/look call it, sys/resolve asks for table names, and `wgq init` for random bytes. All of it
 * but sysctl_set() only looks.
 *
 *	sysctl.c		settings
 *	forwarding.c		whether this host forwards packets
 *	ipv6.c, rp_filter.c	which interfaces have IPv6, or filter by reverse path
 *	neighbours.c		how full the table of IPv6 neighbours is
 *	table.c			numbers of named routing tables
 *	module.c		why there is no WireGuard module
 *	random.c		random bytes for keys */
#pragma once

#include "wgq/base/diag.h"

/* A number; -ENOENT: no such setting (no error is added to d for it). */
int sysctl_get(const char *name, long *ret, struct diag *d);
int sysctl_set(const char *name, long value, struct diag *d);
