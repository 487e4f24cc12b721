// SPDX-License-Identifier: GPL-2.0-or-later
// Which addresses of a running interface come and go, and in which order.
#include <errno.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"

#include "internal.h"
#include "wgq/plan/steps.h"

bool reload_is_kernels(const struct link_addr *addr, const struct snap *snap)
{
	if (!addr_is_link_local(&addr->prefix.addr))
		return false;
	return addr->protocol == ADDR_PROTOCOL_KERNEL_LL || snap->is_userspace;
}

int reload_copy_addr(struct link_addr_vec *addrs, const struct link_addr *addr)
{
	struct link_addr *copy = vec_push(addrs);

	if (!copy)
		return -ENOMEM;
	*copy = *addr;
	return 0;
}

int reload_find_gone(const struct snap *snap, struct reload *reload)
{
	_cleanup_prefix_set_ struct prefix_set wanted = {0};
	const struct conf *conf = reload->want.conf;
	int r = prefix_set_of_addrs(&reload->want.addrs, &wanted);

	vec_each(addr, &snap->addrs)
		if (r == 0 && !prefix_set_has(&wanted, &addr->prefix) &&
		    !reload_is_kernels(addr, snap) &&
		    !hooks_add_addr(&conf->effects, HOOKS_AT_ALL, &addr->prefix.addr))
			r = reload_copy_addr(&reload->gone, addr);
	return r;
}

/* An address cannot have two prefix lengths in IPv6, so the old one goes before the new one comes
 * (ipv6_add_addr(), net/ipv6/addrconf.c). */
static bool is_in_the_way(const struct link_addr *gone, const struct prefix_set *wanted)
{
	return gone->prefix.addr.family == AF_INET6 &&
	       prefix_set_has_addr(wanted, &gone->prefix.addr);
}

/* The newest first, so that they come back in their order, and since the first of a subnet of IPv4
 * takes the others with it. The kernel lists those of IPv6 by falling age. */
static bool remove_those(const struct reload *reload, bool in_the_way, struct plan *plan)
{
	const struct link_addr_vec *gone = &reload->gone;
	_cleanup_prefix_set_ struct prefix_set wanted = {0};

	if (prefix_set_of_addrs(&reload->want.addrs, &wanted) < 0)
		return false;
	for (size_t i = 0; i < 2 * gone->len; i++) {
		bool ipv6 = i >= gone->len;
		const struct link_addr *addr = &gone->at[ipv6 ? i - gone->len : gone->len - 1 - i];

		if ((addr->prefix.addr.family == AF_INET6) != ipv6 ||
		    is_in_the_way(addr, &wanted) != in_the_way)
			continue;
		struct op *op = diff_add(plan, OP_ADDR_DEL, addr->line);
		if (!op)
			return false;
		op->addr = *addr;
	}
	return true;
}

bool reload_clear_the_way(const struct reload *reload, struct plan *plan)
{
	return remove_those(reload, true, plan);
}

bool reload_remove_addresses(const struct reload *reload, struct plan *plan)
{
	return remove_those(reload, false, plan);
}

/* The networks of the addresses that are wanted, and of those that stay for another reason. */
static bool list_networks(const struct snap *snap, const struct reload *reload,
			  struct prefix_set *ret)
{
	_cleanup_prefix_set_ struct prefix_set gone = {0};
	_cleanup_(addrs_release) struct link_addr_vec staying = {0};

	if (prefix_set_of_addrs(&reload->gone, &gone) < 0)
		return false;
	vec_each(addr, &snap->addrs)
		if (!prefix_set_has(&gone, &addr->prefix) && reload_copy_addr(&staying, addr) < 0)
			return false;
	return prefix_set_of_networks(&staying, ret) == 0 &&
	       prefix_set_of_networks(&reload->want.addrs, ret) == 0;
}

/* With the first IPv4 address of a subnet the kernel takes the others, unless it is told to promote
 * one of them (__inet_del_ifa(), net/ipv4/devinet.c). */
bool reload_needs_promotion(const struct snap *snap, const struct reload *reload, bool *ret)
{
	_cleanup_prefix_set_ struct prefix_set subnets = {0};

	*ret = false;
	if (snap->promotes_secondaries)
		return true;
	if (!list_networks(snap, reload, &subnets))
		return false;
	vec_each(gone, &reload->gone) {
		struct prefix subnet = gone->prefix;

		prefix_mask(&subnet);
		*ret |= subnet.addr.family == AF_INET && prefix_set_has(&subnets, &subnet);
	}
	return true;
}

static bool set_promotion(struct reload *reload, bool on)
{
	struct op *op = diff_add(&reload->plan, OP_SYSCTL_SET, 0);

	if (!op)
		return false;
	if (on)
		buf_addf(&reload->promote_secondaries, "net/ipv4/conf/%s/promote_secondaries",
			 reload->want.conf->ifname);
	op->sysctl.name = buf_text(&reload->promote_secondaries);
	op->sysctl.value = on;
	op->sysctl.before = !on;
	op->sysctl.temporary = true;
	return buf_status(&reload->promote_secondaries) == 0;
}

bool reload_start_promotion(struct reload *reload)
{
	return set_promotion(reload, true);
}

bool reload_end_promotion(struct reload *reload)
{
	return set_promotion(reload, false);
}
