// SPDX-License-Identifier: GPL-2.0-or-later
// The objects of rtnetlink as values: what makes two of them the same.
#include "wgq/net/spec.h"

#include <sys/socket.h>

#include "wgq/base/hash.h"

/* No TCP window is as large. */
#define WINDOW_FIRST    UINT32_C(0xfe000000)
#define WINDOW_SUM_MASK UINT32_C(0x00ffffff)

const struct addr ROUTE_NEIGHBOUR = {.family = AF_INET6,
				     .bytes = {[0] = 0xfe, [1] = 0x80, [15] = 1}};

uint32_t route_window(const char *ifname)
{
	uint32_t sum = HASH_START;

	for (; *ifname; ifname++)
		sum = hash_add(sum, (unsigned char)*ifname);
	return WINDOW_FIRST | ((sum ^ sum >> 24) & WINDOW_SUM_MASK);
}

bool route_is_window(uint32_t window)
{
	return (window & ~WINDOW_SUM_MASK) == WINDOW_FIRST;
}

struct route_group route_group_of(const struct route_group *group, uint8_t family)
{
	struct route_group ret = *group;

	if (family == AF_INET6 && ret.metric == ROUTE_METRIC_IPV6)
		ret.metric = 0;
	ret.shared &= family == AF_INET6 && ret.lead == ROUTE_INTO;
	ret.own |= ret.lead == ROUTE_INTO && (ret.metric || ret.shared);
	return ret;
}

struct route_group route_barrier(const struct route_group *group)
{
	return (struct route_group){
		.table = group->table, .metric = group->metric, .lead = ROUTE_BARRIER};
}

bool route_group_equal(const struct route_group *a, const struct route_group *b)
{
	return a->table == b->table && a->metric == b->metric && a->lead == b->lead &&
	       a->shared == b->shared && a->own == b->own;
}

bool rule_same(const struct rule *a, const struct rule *b)
{
	if (!a->exact || !b->exact)
		return false;
	if (a->family != b->family || a->invert != b->invert || a->table != b->table)
		return false;
	if (a->has_fwmark != b->has_fwmark || (a->has_fwmark && a->fwmark != b->fwmark))
		return false;
	return a->has_suppress == b->has_suppress &&
	       (!a->has_suppress || a->suppress_prefixlen == b->suppress_prefixlen);
}

bool addrs_have_family(const struct link_addr_vec *addrs, uint8_t family)
{
	return vec_find(addr, addrs, addr->prefix.addr.family == family);
}

bool addr_is_kernels(const struct link_addr *addr, const struct link_addr_vec *of_link, bool is_tun)
{
	if (!addr_is_link_local(&addr->prefix.addr) || addr->protocol == ADDR_PROTOCOL_KERNEL_LL)
		return addr_is_link_local(&addr->prefix.addr);
	vec_each(other, of_link)
		is_tun &= other->protocol != ADDR_PROTOCOL_KERNEL_LL;
	return is_tun;
}

void links_release(struct link_vec *links)
{
	vec_release(links);
}

void addrs_release(struct link_addr_vec *addrs)
{
	vec_release(addrs);
}

void routes_release(struct route_vec *routes)
{
	vec_release(routes);
}

void tables_release(struct route_table_vec *tables)
{
	vec_each(table, tables) {
		vec_release(&table->plain);
		vec_release(&table->others);
	}
	vec_release(tables);
}

void rules_release(struct rule_vec *rules)
{
	vec_release(rules);
}
