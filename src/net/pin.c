// SPDX-License-Identifier: GPL-2.0-or-later
// Pins as values.
#include "wgq/net/pin.h"

#include <linux/fib_rules.h>
#include <netinet/in.h>

/* A name's checksum has the lower three bytes. */
enum { PIN_TABLES = 0x77000000, PIN_SUM_MASK = 0xffffff };

uint32_t pin_table(const char *ifname)
{
	return PIN_TABLES | (route_window(ifname) & PIN_SUM_MASK);
}

bool pin_of_rule(const struct policy_rule *rule, const char *ifname, union endpoint *ret_to)
{
	if (rule->action != FR_ACT_TO_TBL || rule->protocol != PIN_PROTOCOL ||
	    rule->table != pin_table(ifname) || rule->ip_proto != IPPROTO_UDP ||
	    rule->to.len != addr_bits(&rule->to.addr))
		return false;
	*ret_to = endpoint_make(&rule->to.addr, rule->dport.first, 0);
	return true;
}
