/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do. */
#pragma once

#include <stdbool.h>

#include "wgq/base/diag.h"

/* Whether it may configure the network of its namespace: CAP_NET_ADMIN, with any user id. */
bool privilege_net_admin(void);

/* Adds a hint on why a file or socket was refused with this error; of errors that are no refusals
 * nothing. */
void privilege_hint(int error, struct diag *d);
