/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins (net/pin.h) over rtnetlink: `wgq run` makes and removes them; down removes what is left. */
#pragma once

#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/net/pin.h"

/* Leads packets to an endpoint out of a link, by the gateway that a look-up from the source says. A
 * pin that the tunnel has for the endpoint is replaced, without a moment in which there is none.
 * -EHOSTUNREACH: the look-up does not lead out of the link. */
int rtnetlink_pin(struct rtnetlink *rt, const char *ifname, const struct pin *pin, struct diag *d);
/* Removes the rules, then the route. It is no error where they are gone. */
int rtnetlink_unpin(struct rtnetlink *rt, const char *ifname, const union endpoint *to,
		    struct diag *d);
/* Appends the endpoints that a tunnel has pins for. */
int rtnetlink_pins_list(struct rtnetlink *rt, const char *ifname, struct endpoint_vec *ret,
			struct diag *d);
