/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Unix sockets of this network namespace, as ss(8) lists them: sock_diag(7) over netlink. */
#pragma once

#include <sys/stat.h>

/* Whether a socket that listens is bound to the file; file NULL: to a path that ends so, for those
 * who may not look at the file. A socket is in the network namespace in which its process made it,
 * wherever its file is seen. 1, 0 or -errno; -ENOENT, -EPROTONOSUPPORT: the kernel lacks
 * CONFIG_UNIX_DIAG. */
int unix_diag_listens(const char *ending, const struct stat *file);
