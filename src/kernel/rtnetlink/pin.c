// SPDX-License-Identifier: GPL-2.0-or-later
// Pins: a rule and a route for each.
#include "wgq/kernel/rtnetlink/pin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "internal.h"
#include "wgq/kernel/rtnetlink/policy.h"

static void put_addr(struct nlmsghdr *m, uint16_t type, const struct addr *addr)
{
	mnl_attr_put(m, type, addr_bits(addr) / 8, addr->bytes);
}

static struct nlmsghdr *rule_begin(struct rtnetlink_message *message, int type, int flags,
				   uint32_t table, const union endpoint *to)
{
	const struct addr addr = endpoint_addr(to);
	const struct fib_rule_hdr head = {
		.family = addr.family, .dst_len = addr_bits(&addr), .action = FR_ACT_TO_TBL};
	const struct fib_rule_port_range port = {endpoint_port(to), endpoint_port(to)};
	struct nlmsghdr *m = rtnetlink_begin(message, type, flags, &head, sizeof(head));

	put_addr(m, FRA_DST, &addr);
	mnl_attr_put_u32(m, FRA_PRIORITY, PIN_PRIORITY);
	mnl_attr_put_u32(m, FRA_TABLE, table);
	mnl_attr_put_u8(m, FRA_PROTOCOL, PIN_PROTOCOL);
	mnl_attr_put_u8(m, FRA_IP_PROTO, IPPROTO_UDP);
	mnl_attr_put(m, FRA_DPORT_RANGE, sizeof(port), &port);
	return m;
}

static struct nlmsghdr *route_begin(struct rtnetlink_message *message, int type, int flags,
				    uint32_t table, const struct addr *to, const struct addr *via)
{
	const struct rtmsg head = {
		.rtm_family = to->family,
		.rtm_dst_len = addr_bits(to),
		.rtm_protocol = PIN_PROTOCOL,
		.rtm_type = RTN_UNICAST,
		.rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE
			     : via->family        ? RT_SCOPE_UNIVERSE
						  : RT_SCOPE_LINK,
		/* The gateway is one that the kernel uses already. */
		.rtm_flags = via->family ? RTNH_F_ONLINK : 0,
	};
	struct nlmsghdr *m = rtnetlink_begin(message, type, flags, &head, sizeof(head));

	put_addr(m, RTA_DST, to);
	mnl_attr_put_u32(m, RTA_TABLE, table);
	return m;
}

int rtnetlink_pin(struct rtnetlink *rt, const char *ifname, const struct pin *pin, struct diag *d)
{
	const struct packet packet = {.to = endpoint_addr(&pin->to),
				      .from = pin->source,
				      .mark = pin->mark,
				      .ip_proto = IPPROTO_UDP};
	const struct fib_rule_port_range port = {pin->port, pin->port};
	char text[ADDR_TEXT_MAX], link_text[RTNETLINK_LINK_TEXT_MAX];
	uint32_t table = pin_table(ifname);
	struct rtnetlink_message message;
	struct policy_route way;
	struct ack ack;
	int error;
	int r = rtnetlink_policy_ask(rt, &packet, &way, &error, d);

	if (r < 0)
		return r;
	addr_format(&packet.to, text);
	rtnetlink_link_text(pin->link, link_text);
	if (error || policy_route_oif(&way) != pin->link)
		return diag_refuse(d, EHOSTUNREACH, "no route leads to %s by link %s", text,
				   link_text);

	struct nlmsghdr *m = route_begin(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
					 table, &packet.to, &way.hops[0].via);
	mnl_attr_put_u32(m, RTA_OIF, pin->link);
	put_addr(m, RTA_PREFSRC, &pin->source);
	if (way.hops[0].via.family)
		put_addr(m, RTA_GATEWAY, &way.hops[0].via);
	if (way.mtu) {
		struct nlattr *metrics = mnl_attr_nest_start(m, RTA_METRICS);

		mnl_attr_put_u32(m, RTAX_MTU, way.mtu);
		mnl_attr_nest_end(m, metrics);
	}
	if (netlink_talk(rt->netlink, m, NULL, &ack) < 0)
		return ack_fail(d, &ack, "lead packets to %s out of link %s", text, link_text);

	m = rule_begin(&message, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, table, &pin->to);
	mnl_attr_put(m, FRA_SPORT_RANGE, sizeof(port), &port);
	if (pin->mark)
		mnl_attr_put_u32(m, FRA_FWMARK, pin->mark);
	r = netlink_talk(rt->netlink, m, NULL, &ack);
	if (r < 0 && r != -EEXIST)
		return ack_fail(d, &ack, "add the rule for packets to %s", text);
	return 0;
}

int rtnetlink_unpin(struct rtnetlink *rt, const char *ifname, const union endpoint *to,
		    struct diag *d)
{
	static const struct addr no_gateway;
	const struct addr addr = endpoint_addr(to);
	uint32_t table = pin_table(ifname);
	char text[ADDR_TEXT_MAX];
	struct rtnetlink_message message;
	struct ack ack;
	int r;

	/* Also those of a former port or mark. */
	do
		r = netlink_talk(rt->netlink, rule_begin(&message, RTM_DELRULE, 0, table, to), NULL,
				 &ack);
	while (r == 0);
	if (r == -ENOENT || r == -EAFNOSUPPORT)
		r = netlink_talk(rt->netlink,
				 route_begin(&message, RTM_DELROUTE, 0, table, &addr, &no_gateway),
				 NULL, &ack);
	if (r == 0 || r == -ESRCH || r == -ENETUNREACH)
		return 0;
	addr_format(&addr, text);
	return ack_fail(d, &ack, "remove the rule for packets to %s", text);
}

int rtnetlink_pins_list(struct rtnetlink *rt, const char *ifname, struct endpoint_vec *ret,
			struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	union endpoint to;

	for (size_t i = 0; i < sizeof(families); i++) {
		_cleanup_(policy_rules_release) struct policy_rule_vec rules = {0};
		int r = rtnetlink_policy_rules(rt, families[i], &rules, d);

		vec_each(rule, &rules) {
			union endpoint *found = NULL;

			if (!pin_of_rule(rule, ifname, &to))
				continue;
			found = vec_push(ret);
			if (!found)
				return diag_no_memory(d);
			*found = to;
		}
		if (r < 0)
			return r;
	}
	return 0;
}
