/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins: what leads the encrypted packets of a tunnel to one endpoint out of a link that the routes
 * do not choose. `wgq run` makes them (plan/reach/reach.h), a rule and a route each:
 *
 *	90: from all to 192.0.2.1 fwmark M ipproto udp sport P dport 51820 lookup T proto 119
 *	192.0.2.1 via 10.0.1.1 dev eth1 table T proto 119 src 10.0.1.7
 *
 * P is the tunnel's own port and M its mark, if it has one: what another program sends to the
 * endpoint is not led past a full tunnel. T is a checksum of the tunnel's name, so that its pins
 * are found when it is gone. A route goes with its link; then the rule leads to an empty table,
 * and packets go on as if it were not there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/vec.h"
#include "wgq/net/policy.h"
#include "wgq/net/wg.h"

enum { PIN_PRIORITY = 90, PIN_PROTOCOL = 119 };

struct pin {
	union endpoint to;
	struct addr source; /* of the link */
	uint32_t link;
	uint32_t mark; /* the device's; 0: none */
	uint16_t port; /* the device's */
};

uint32_t pin_table(const char *ifname);
/* Whether a rule is a pin of the tunnel; then of which endpoint. */
bool pin_of_rule(const struct policy_rule *rule, const char *ifname, union endpoint *ret_to);
