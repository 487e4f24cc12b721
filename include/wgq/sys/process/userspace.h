/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Userspace implementations of WireGuard: wireguard-go, boringtun-cli and whatever else makes an
 * interface when called with its name, and serves /var/run/wireguard/IFACE.sock. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"

/* The program that wg-quick would start (linux.bash:89-97): that of the environment variable
 * WG_QUICK_USERSPACE_IMPLEMENTATION, else wireguard-go. Borrowed. */
const char *userspace_program(void);

/* Whether the kernel has WireGuard, so that a failure to make a link is not for lack of it. */
bool userspace_kernel_has_wireguard(void);

/* Whether a process answers on the socket of that name, be it in another network namespace. */
bool userspace_answers(const char *ifname);

/* Runs `program IFACE` and waits for its socket to answer. What has served a link of that name
 * before is given a moment to end first, and its stale socket is removed; -EADDRINUSE: it does not
 * end. The program's environment is ours, its standard input empty. */
int userspace_start(const char *program, const char *ifname, struct diag *d);

/* After the link was deleted, at which the program exits by itself: waits for its socket to go, for
 * 20 seconds at most, and removes one that nobody serves any more. Until then its port is open, and
 * what ListenOn keeps from it would get there. */
void userspace_wait_gone(const char *ifname);
