/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host's UDP sockets tell without sending anything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/net/addr.h"

/* Whether nobody listens on the port, in either family. */
bool udp_port_is_free(uint16_t port);

/* The address from which this host speaks to the Internet, IPv4 if it can. False: it has no way
 * there. */
int udp_own_address(struct addr *ret);
