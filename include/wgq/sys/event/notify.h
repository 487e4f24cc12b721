/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager is told, by the protocol of sd_notify(3): datagrams of lines, to the
 * socket that NOTIFY_SOCKET names. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STATUS=...": whatever sd_notify(3) lists. Where nobody wants to know, nothing. */
void notify_send(const char *lines);
/* That the configuration is read again; "READY=1" says when it has been. */
void notify_reloading(void);
/* Milliseconds between two "WATCHDOG=1"; 0: nobody waits for them. */
uint64_t notify_watchdog(void);
