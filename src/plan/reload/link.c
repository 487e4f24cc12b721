// SPDX-License-Identifier: GPL-2.0-or-later
// The state and the MTU of a running interface.
#include <errno.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/plan/want/carry.h"
#include "wgq/plan/want/mtu.h"

#include "internal.h"
#include "wgq/plan/steps.h"

static bool takes_ipv6(const struct snap *snap, const struct want *want)
{
	return snap->link.mtu >= IPV6_MTU_MIN && want->mtu < IPV6_MTU_MIN;
}

static int list_routes(const struct route_vec *routes, struct prefix_set *ret)
{
	vec_each(route, routes)
		if (route->prefix.addr.family == AF_INET6 &&
		    prefix_set_add(ret, &route->prefix) < 0)
			return -ENOMEM;
	prefix_set_sort(ret);
	return 0;
}

/* Every group that has routes has its change. */
static const struct table_change *change_of(const struct reload *reload,
					    const struct route_group *group)
{
	static const struct table_change none;

	vec_each(change, &reload->tables)
		if (route_group_equal(&change->group, group))
			return change;
	return &none;
}

/* What of IPv6 is on the link and stays there, though the file does not ask for it; but for what
 * the kernel has made itself. */
static int list_kept(const struct snap *snap, const struct reload *reload, struct prefix_set *ret)
{
	_cleanup_prefix_set_ struct prefix_set gone = {0};
	int r = prefix_set_of_addrs(&reload->gone, &gone);

	vec_each(addr, &snap->addrs)
		if (r == 0 && addr->prefix.addr.family == AF_INET6 &&
		    !prefix_set_has(&gone, &addr->prefix) && !reload_is_kernels(addr, snap))
			r = prefix_set_add(ret, &addr->prefix);
	vec_each(table, &snap->tables) {
		_cleanup_prefix_set_ struct prefix_set removed = {0};

		if (r == 0)
			r = list_routes(&change_of(reload, &table->group)->remove, &removed);
		vec_each(route, &table->plain)
			if (r == 0 && route->prefix.addr.family == AF_INET6 &&
			    !prefix_set_has(&removed, &route->prefix))
				r = prefix_set_add(ret, &route->prefix);
		if (r == 0)
			r = list_routes(&table->others, ret);
	}
	return r;
}

static int refuse_to_take(const struct conf *conf, const struct prefix *kept, struct diag *d)
{
	const struct place place = conf_mtu_place(conf);
	char text[PREFIX_TEXT_MAX];

	prefix_format(kept, text);
	return diag_fail_at(d, &place, "write MTU = 1280 or more, or take it away first",
			    "with an MTU of %u the interface has no IPv6, but it has %s, which "
			    "wgq has not set",
			    conf->mtu, text);
}

int reload_keep_ipv6(const struct snap *snap, struct reload *reload, struct diag *d)
{
	_cleanup_prefix_set_ struct prefix_set kept = {0};
	struct want *want = &reload->want;

	if (want->conf->mtu_line || !takes_ipv6(snap, want))
		return 0;
	if (list_kept(snap, reload, &kept) < 0)
		return diag_no_memory(d);
	if (kept.len)
		want->mtu = mtu_hold(want->mtu, IPV6_MTU_MIN, d);
	return 0;
}

int reload_check(const struct snap *snap, const struct reload *reload, struct diag *d)
{
	_cleanup_prefix_set_ struct prefix_set kept = {0};
	const struct want *want = &reload->want;
	int r = carry_check(want, snap, want->mtu, d);

	if (r == 0)
		r = want_check_table(want, snap, d);
	if (r < 0 || !takes_ipv6(snap, want))
		return r;
	if (list_kept(snap, reload, &kept) < 0)
		return diag_no_memory(d);
	return kept.len ? refuse_to_take(want->conf, &kept.at[0], d) : 0;
}

static void add_mtu(enum op_kind kind, uint32_t from, uint32_t to, struct reload *reload)
{
	plan_add(&reload->plan, kind, reload->want.conf->mtu_line)->mtu =
		(struct op_number){.value = to, .before = from};
}

void reload_set_link(const struct snap *snap, struct reload *reload)
{
	const struct link *link = &snap->link;
	uint32_t mtu = takes_ipv6(snap, &reload->want) ? link->mtu : reload->want.mtu;

	if (!link->up || link->mtu != mtu)
		add_mtu(link->up ? OP_LINK_MTU : OP_LINK_UP, link->mtu, mtu, reload);
}

void reload_lower_mtu(const struct snap *snap, struct reload *reload)
{
	if (takes_ipv6(snap, &reload->want))
		add_mtu(OP_LINK_MTU, snap->link.mtu, reload->want.mtu, reload);
}
