/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces have IPv6. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/snap.h"

/* Of an interface; is_new: of one that is yet to be made, whatever has its name now. */
int ipv6_look(const char *ifname, bool is_new, struct ipv6 *ret, struct diag *d);

/* The name of another interface that is up and has IPv6, addresses or not; "": there is none but
 * lo, by which nothing leaves this host. */
int ipv6_find(const char *other_than, char ret_name[IFNAMSIZ], struct diag *d);
