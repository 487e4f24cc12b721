// SPDX-License-Identifier: GPL-2.0-or-later
// Which addresses of a running interface come and go, and in which order.
#include <errno.h>
#include <sys/socket.h>

#include "wgq/net/key_addr.h"
#include "wgq/net/prefix_set.h"

#include "internal.h"
#include "wgq/plan/steps.h"

bool reload_is_kernels(const struct link_addr *addr, const struct snap *snap)
{
	if (!addr_is_kernels(addr, &snap->addrs, snap->is_userspace))
		return false;
	if (addr->protocol == ADDR_PROTOCOL_KERNEL_LL)
		return true;
	struct key own;
	struct addr derived;
	key_public(&snap->wg.private_key, &own);
	key_addr(&own, &addr->prefix, &derived);
	return addr_compare(&derived, &addr->prefix.addr) != 0;
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
void reload_remove_addresses(struct reload *reload, bool in_the_way)
{
	const struct link_addr_vec *gone = &reload->gone;
	_cleanup_prefix_set_ struct prefix_set wanted = {0};

	reload->plan.failed |= prefix_set_of_addrs(&reload->want.addrs, &wanted) < 0;
	for (size_t i = 0; i < 2 * gone->len; i++) {
		bool ipv6 = i >= gone->len;
		const struct link_addr *addr = &gone->at[ipv6 ? i - gone->len : gone->len - 1 - i];

		if ((addr->prefix.addr.family == AF_INET6) == ipv6 &&
		    is_in_the_way(addr, &wanted) == in_the_way)
			plan_add(&reload->plan, OP_ADDR_DEL, addr->line)->addr = *addr;
	}
}

/* With the first IPv4 address of a subnet the kernel takes the others, unless it is told to promote
 * one of them (__inet_del_ifa(), net/ipv4/devinet.c): so for a subnet of an address that is wanted,
 * or that stays for another reason. */
bool reload_needs_promotion(const struct snap *snap, struct reload *reload)
{
	_cleanup_prefix_set_ struct prefix_set gone = {0}, subnets = {0};
	_cleanup_(addrs_release) struct link_addr_vec staying = {0};
	bool needed = false;

	if (snap->promotes_secondaries)
		return false;
	int r = prefix_set_of_addrs(&reload->gone, &gone);
	vec_each(addr, &snap->addrs)
		if (r == 0 && !prefix_set_has(&gone, &addr->prefix))
			r = reload_copy_addr(&staying, addr);
	if (r == 0)
		r = prefix_set_of_networks(&staying, &subnets);
	if (r == 0)
		r = prefix_set_of_networks(&reload->want.addrs, &subnets);
	reload->plan.failed |= r < 0;
	vec_each(addr, &reload->gone) {
		struct prefix subnet = addr->prefix;

		prefix_mask(&subnet);
		needed |= subnet.addr.family == AF_INET && prefix_set_has(&subnets, &subnet);
	}
	return needed;
}

void reload_set_promotion(struct reload *reload, bool on)
{
	struct op *op = plan_add(&reload->plan, OP_SYSCTL_SET, 0);

	if (on)
		buf_addf(&reload->promote_secondaries, "net/ipv4/conf/%s/promote_secondaries",
			 reload->want.conf->ifname);
	op->sysctl.name = buf_text(&reload->promote_secondaries);
	op->sysctl.value = on;
	op->sysctl.before = !on;
	op->sysctl.temporary = true;
	reload->plan.failed |= buf_status(&reload->promote_secondaries) < 0;
}
