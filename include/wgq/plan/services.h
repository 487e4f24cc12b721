/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall, the walls, and the name servers that an interface has, as far as the
 * host shows them: what an undo brings back. */
#pragma once

#include <stdbool.h>

#include "wgq/net/snap.h"
#include "wgq/plan/op.h"

struct services {
	bool has_firewall, has_dns;
	const struct walls *walls; /* NULL: there is no such table */
	struct firewall firewall;
	struct dns_setting dns;

	struct addr_vec addrs;
	struct conf_text_vec servers, search;
};

/* snap needs device, addresses, rules, firewall, dns_set; *ret has to be zeroed, and stays in its
 * place. 0 or -ENOMEM. */
int services_find(const char *ifname, const struct snap *snap, struct services *ret);
void services_release(struct services *services);
