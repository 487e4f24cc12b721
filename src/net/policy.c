// SPDX-License-Identifier: GPL-2.0-or-later
// Policy rules and routes as text, and those among them that a tunnel may have.
#include "wgq/net/policy.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/net/pin.h"

/* iproute2's names (etc/rt_protos), of FRR's daemons too; behind them what stands for several. */
const struct policy_protocol policy_protocols[] = {
	{"boot", 3, 3},
	{"static", 4, 4},
	{"gated", 8, 8},
	{"ra", 9, 9},
	{"mrt", 10, 10},
	{"zebra", 11, 11},
	{"bird", 12, 12},
	{"dnrouted", 13, 13},
	{"xorp", 14, 14},
	{"ntk", 15, 15},
	{"dhcp", 16, 16},
	{"mrouted", 17, 17},
	{"keepalived", 18, 18},
	{"babel", 42, 42},
	{"ovn", 84, 84},
	{"openr", 99, 99},
	{"bgp", 186, 186},
	{"isis", 187, 187},
	{"ospf", 188, 188},
	{"rip", 189, 189},
	{"ripng", 190, 190},
	{"nhrp", 191, 191},
	{"eigrp", 192, 192},
	{"ldp", 193, 193},
	{"sharp", 194, 194},
	{"pbr", 195, 195},
	{"openfabric", 197, 197},
	{"daemons", 11, 12},
	{"daemons", 42, 42},
	{"daemons", 186, 198},
	{0},
};

void policy_table_format(uint32_t table, char ret_text[POLICY_TABLE_TEXT_MAX])
{
	static const struct {
		uint32_t table;
		const char *name;
	} names[] = {
		{RT_TABLE_MAIN, "main"}, {RT_TABLE_LOCAL, "local"}, {RT_TABLE_DEFAULT, "default"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].table == table) {
			snprintf(ret_text, POLICY_TABLE_TEXT_MAX, "%s", names[i].name);
			return;
		}
	}
	snprintf(ret_text, POLICY_TABLE_TEXT_MAX, "%u", table);
}

static void add_prefix(struct buf *out, const char *word, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	if (!prefix->len)
		return;
	if (prefix->len == addr_bits(&prefix->addr))
		addr_format(&prefix->addr, text);
	else
		prefix_format(prefix, text);
	buf_addf(out, "%s %s ", word, text);
}

static void add_name(struct buf *out, const char *word, const char *name)
{
	if (!name[0])
		return;
	buf_addf(out, "%s ", word);
	buf_printable(out, name, strlen(name));
	buf_char(out, ' ');
}

static void add_ports(struct buf *out, const char *word, const struct policy_ports *ports)
{
	if (!ports->last)
		return;
	buf_addf(out, "%s %u", word, ports->first);
	if (ports->last != ports->first)
		buf_addf(out, "-%u", ports->last);
	buf_char(out, ' ');
}

static void add_ip_proto(struct buf *out, uint8_t ip_proto)
{
	static const char *const names[] = {[IPPROTO_ICMP] = "icmp",
					    [IPPROTO_TCP] = "tcp",
					    [IPPROTO_UDP] = "udp",
					    [IPPROTO_ICMPV6] = "ipv6-icmp"};

	if (ip_proto < sizeof(names) / sizeof(names[0]) && names[ip_proto])
		buf_addf(out, "ipproto %s ", names[ip_proto]);
	else if (ip_proto)
		buf_addf(out, "ipproto %u ", ip_proto);
}

static void add_selectors(struct buf *out, const struct policy_rule *rule)
{
	if (rule->invert)
		buf_str(out, "not ");
	add_prefix(out, "from", &rule->from);
	add_prefix(out, "to", &rule->to);
	if (rule->tos)
		buf_addf(out, "tos 0x%02x ", rule->tos);
	if (rule->fwmask == UINT32_MAX)
		buf_addf(out, "fwmark %u ", rule->fwmark);
	else if (rule->fwmask)
		buf_addf(out, "fwmark 0x%x/0x%x ", rule->fwmark, rule->fwmask);
	add_name(out, "iif", rule->iif);
	add_name(out, "oif", rule->oif);
	if (rule->l3mdev)
		buf_str(out, "l3mdev ");
	if (rule->tunnel)
		buf_str(out, "tun_id ... ");
	if (rule->has_uid)
		buf_addf(out, "uidrange %u-%u ", rule->uid_first, rule->uid_last);
	add_ip_proto(out, rule->ip_proto);
	add_ports(out, "sport", &rule->sport);
	add_ports(out, "dport", &rule->dport);
	if (rule->unknown)
		buf_str(out, "... ");
}

void policy_rule_format(const struct policy_rule *rule, struct buf *ret_text)
{
	char table[POLICY_TABLE_TEXT_MAX];

	add_selectors(ret_text, rule);
	switch (rule->action) {
	case FR_ACT_TO_TBL:
		policy_table_format(rule->table, table);
		buf_addf(ret_text, "lookup %s", rule->l3mdev ? "[l3mdev-table]" : table);
		break;
	case FR_ACT_GOTO:
		buf_addf(ret_text, "goto %u", rule->target);
		break;
	case FR_ACT_NOP:
		buf_str(ret_text, "nop");
		break;
	case FR_ACT_UNREACHABLE:
		buf_str(ret_text, "unreachable");
		break;
	case FR_ACT_PROHIBIT:
		buf_str(ret_text, "prohibit");
		break;
	default: /* fib4_rule_action(), net/ipv4/fib_rules.c: so is every other */
		buf_str(ret_text, "blackhole");
	}
	if (rule->has_suppress_prefixlen)
		buf_addf(ret_text, " suppress_prefixlength %u", rule->suppress_prefixlen);
	if (rule->has_suppress_group)
		buf_addf(ret_text, " suppress_ifgroup %u", rule->suppress_group);
}

const char *policy_type_name(uint8_t type)
{
	static const char *const names[] = {
		[RTN_UNSPEC] = "none",
		[RTN_UNICAST] = "unicast",
		[RTN_LOCAL] = "local",
		[RTN_BROADCAST] = "broadcast",
		[RTN_ANYCAST] = "anycast",
		[RTN_MULTICAST] = "multicast",
		[RTN_BLACKHOLE] = "blackhole",
		[RTN_UNREACHABLE] = "unreachable",
		[RTN_PROHIBIT] = "prohibit",
		[RTN_THROW] = "throw",
		[RTN_NAT] = "nat",
		[RTN_XRESOLVE] = "xresolve",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

bool policy_type_refuses(uint8_t type)
{
	return type == RTN_UNREACHABLE || type == RTN_PROHIBIT || type == RTN_BLACKHOLE;
}

static void add_address(struct buf *out, const char *word, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	if (!addr->family)
		return;
	addr_format(addr, text);
	buf_addf(out, " %s %s", word, text);
}

static void add_hop(struct buf *out, const struct policy_hop *hop)
{
	add_address(out, "via", &hop->via);
	if (hop->ifname[0]) {
		buf_str(out, " dev ");
		buf_printable(out, hop->ifname, strlen(hop->ifname));
	}
	if (hop->dead)
		buf_str(out, " dead");
}

/* Of a program that looks after routes; what the kernel, people and wgq make goes without saying.
 */
static void add_protocol(struct buf *out, uint8_t protocol)
{
	const struct policy_protocol *known = policy_protocols;

	if (protocol <= RTPROT_RA || protocol == ROUTE_PROTOCOL || protocol == PIN_PROTOCOL)
		return;
	while (known->name && known->first != protocol)
		known++;
	if (known->name)
		buf_addf(out, " proto %s", known->name);
	else
		buf_addf(out, " proto %u", protocol);
}

void policy_route_format(const struct policy_route *route, struct buf *ret_text)
{
	char text[PREFIX_TEXT_MAX];

	if (route->type != RTN_UNICAST)
		buf_addf(ret_text, "%s ", policy_type_name(route->type));
	prefix_format(&route->to, text);
	if (route->to.len == addr_bits(&route->to.addr))
		addr_format(&route->to.addr, text);
	buf_str(ret_text, route->to.len ? text : "default");
	if (route->from.len) {
		prefix_format(&route->from, text);
		buf_addf(ret_text, " from %s", text);
	}
	if (route->nexthop)
		buf_addf(ret_text, " nhid %u", route->nexthop);
	for (uint32_t i = 0; i < policy_hops_known(route); i++) {
		if (route->hop_count > 1)
			buf_str(ret_text, i ? ", nexthop" : " nexthop");
		add_hop(ret_text, &route->hops[i]);
	}
	if (route->hop_count > POLICY_HOPS_MAX)
		buf_addf(ret_text, " and %u more", route->hop_count - POLICY_HOPS_MAX);
	add_protocol(ret_text, route->protocol);
	if (route->metric)
		buf_addf(ret_text, " metric %u", route->metric);
	if (route->mtu)
		buf_addf(ret_text, " mtu %u", route->mtu);
}

void policy_rules_release(struct policy_rule_vec *rules)
{
	vec_release(rules);
}

void policy_routes_release(struct policy_route_vec *routes)
{
	vec_release(routes);
}

bool policy_route_is_plain(const struct policy_route *route)
{
	return route->type == RTN_UNICAST && !route->from.len && !route->tos &&
	       !(route->flags & RTM_F_CLONED) && route->hop_count <= 1 && !route->nexthop;
}

/* What leads into an interface. */
static bool narrow_into(const struct policy_route *route, struct route_group *ret)
{
	bool ipv6 = route->to.addr.family == AF_INET6;
	const struct addr *via = &route->hops[0].via;

	ret->metric = ipv6 && route->metric == ROUTE_METRIC_IPV6 ? 0 : route->metric;
	ret->shared = ipv6 && via->family && addr_compare(via, &ROUTE_NEIGHBOUR) == 0;
	if (route->more || route->mtu || (via->family && !ret->shared) ||
	    route->scope != (ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK))
		return false;
	return ret->own || (!ret->metric && !ret->shared && !(route->flags & RTNH_F_ONLINK));
}

bool policy_route_narrow(const struct policy_route *route, struct route_group *ret)
{
	*ret = (struct route_group){.table = route->table,
				    .own = route->protocol == ROUTE_PROTOCOL};
	if (route->expires || route->source.family ||
	    route->preference != POLICY_PREFERENCE_MEDIUM ||
	    (!ret->own && route->protocol != RTPROT_BOOT))
		return false;
	if (policy_route_is_plain(route))
		return narrow_into(route, ret);
	if (!route_is_window(route->window))
		return false;
	if (route->type == RTN_UNREACHABLE) {
		ret->lead = ROUTE_BARRIER;
		ret->metric = route->metric;
		return true;
	}
	ret->lead = ROUTE_THROW;
	return route->type == RTN_THROW;
}

static bool selects_by_more_than_mark(const struct policy_rule *rule)
{
	return rule->from.len || rule->to.len || rule->tos || rule->iif[0] || rule->oif[0] ||
	       rule->ip_proto || rule->sport.first || rule->sport.last || rule->dport.first ||
	       rule->dport.last || rule->has_uid || rule->l3mdev || rule->tunnel || rule->unknown;
}

bool policy_route_leaves_by(const struct policy_route *route, uint32_t link)
{
	for (uint32_t i = 0; i < policy_hops_known(route); i++)
		if (route->hops[i].oif == link)
			return true;
	return false;
}

bool policy_rule_is_for_all(const struct policy_rule *rule)
{
	return !selects_by_more_than_mark(rule) && (rule->fwmark == 0) != rule->invert;
}

void policy_rule_narrow(const struct policy_rule *rule, struct rule *ret)
{
	*ret = (struct rule){
		.family = rule->family,
		.invert = rule->invert,
		.has_fwmark = rule->fwmask != 0, /* a mark of 0 is not listed, but its mask is */
		.has_suppress = rule->has_suppress_prefixlen,
		.protocol = rule->protocol,
		.fwmark = rule->fwmark,
		.table = rule->table,
		.suppress_prefixlen = rule->suppress_prefixlen,
		.priority = rule->priority,
	};
	/* linux.bash:221-222 */
	bool is_tunnel = ret->invert && ret->has_fwmark && ret->fwmark &&
			 ret->fwmark == ret->table && !ret->has_suppress;
	bool is_suppress = !ret->invert && !ret->has_fwmark && ret->has_suppress &&
			   ret->suppress_prefixlen == 0 && ret->table == RT_TABLE_MAIN;
	bool has_more = rule->action != FR_ACT_TO_TBL || selects_by_more_than_mark(rule) ||
			rule->more || rule->target || rule->has_suppress_group ||
			(rule->fwmask && rule->fwmask != UINT32_MAX);
	ret->exact = !has_more && (is_tunnel || is_suppress);
}
