/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What c-ares calls instead of socket(2) and the like. Only the connect tells which server a socket
 * is for: there it gets the device's mark, and is bound to the server's link. So a server of the
 * one uplink is not asked through the other one, and fe80::1 of a link is reached at all. */
#pragma once

#include "cares_load.h"
#include "wgq/sys/dns/outside.h"

/* The context of the functions. */
struct sockets {
	uint32_t mark;
	struct dns_server_vec servers;
};

extern const struct ares_socket_functions sockets_functions;
