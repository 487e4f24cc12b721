/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From which addresses, and by which links, an encrypted packet can leave for an endpoint. Needs no
 * rights. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/net/addr.h"
#include "wgq/net/wg.h"

struct uplink {
	struct addr source; /* family 0: there is no way; error says why */
	uint32_t link;
	char name[IFNAMSIZ];
	bool routed; /* a look-up without a source leads here */
	/* Positive errno. ELOOP: the way leads into the tunnel itself; ENETDOWN: its link has no
	 * carrier. */
	int error;
};

struct uplink_vec {
	VEC(struct uplink);
};

/* The links and addresses of this host at one moment; one look serves many endpoints. */
struct ifaddrs;
int uplinks_look(struct ifaddrs **ret, struct diag *d);
void uplinks_look_free(struct ifaddrs *look);
static inline void uplinks_look_free_at(struct ifaddrs **look)
{
	uplinks_look_free(*look);
}

/* First the way of packets with the mark. Then each other link that has a carrier and a global
 * address of the family from which a look-up, with the mark too, leads out of it, so that rules by
 * source count. tunnel: the index of the interface itself, which does not count; 0: it is down. */
int uplinks_find(struct rtnetlink *rt, const struct ifaddrs *look, const union endpoint *to,
		 uint32_t mark, uint32_t tunnel, struct uplink_vec *ret, struct diag *d);
