/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do. */
#pragma once

#include <stdbool.h>

/* Whether it may configure the network of its namespace: CAP_NET_ADMIN, with any user id. */
bool privilege_net_admin(void);
