// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of a reload.
#include "wgq/plan/reload/reload.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/plan/steps.h"

/* Those of PreUp hooks. */
static int copy_early_routes(const struct conf *conf, const struct route_vec *routes,
			     struct route_vec *ret)
{
	vec_each(route, routes) {
		if (!hooks_add_route(&conf->effects, HOOKS_BEFORE, RT_TABLE_MAIN, &route->prefix))
			continue;
		struct route *copy = vec_push(ret);
		if (!copy)
			return -ENOMEM;
		*copy = *route;
	}
	return 0;
}

/* The host as a new link would find it after its PreUp hooks: what up would plan from. */
static int look_before_up(const struct conf *conf, const struct snap *snap, struct snap *base)
{
	int r = 0;

	snap_needs(snap, LOOK_ADDRESSES | LOOK_TABLES | LOOK_RULES);
	*base = *snap;
	base->seen |= LOOK_MAIN_ROUTES;
	base->wg.peers = (struct wg_peer_vec){0};
	base->addrs = (struct link_addr_vec){0};
	base->main_routes = (struct route_vec){0};
	/* A number that was chosen once stays, even when the device has lost it. */
	vec_each(tunnel, &snap->tunnel_rules)
		if (reload_owns_rule(conf, tunnel, snap))
			base->wg.fwmark = base->free_table = tunnel->rule.fwmark;
	vec_each(addr, &snap->addrs)
		if (r == 0 && (reload_is_kernels(addr, snap) ||
			       hooks_add_addr(&conf->effects, HOOKS_BEFORE, &addr->prefix.addr)))
			r = reload_copy_addr(&base->addrs, addr);
	vec_each(table, &snap->tables)
		if (r == 0 && table->group.table == RT_TABLE_MAIN)
			r = copy_early_routes(conf, &table->plain, &base->main_routes);
	return r;
}

int reload_want(const struct conf *conf, const struct snap *snap, struct reload *ret,
		struct diag *d)
{
	struct snap base;
	int r = look_before_up(conf, snap, &base);

	r = r < 0 ? diag_no_memory(d) : want_make(conf, &base, &ret->want, d);
	if (r == 0 && ret->want.mark_is_chosen) {
		snap_needs(snap, LOOK_FULL_TUNNEL);
		ret->want.mark = base.free_table;
	}
	if (r == 0)
		want_choose_mtu(&ret->want, snap, d);
	if (r == 0)
		r = want_merge_peers(&ret->want, d);
	/* What a hook has set stays. */
	if (hooks_set_mtu(&conf->effects, snap->link.mtu))
		ret->want.mtu = snap->link.mtu;
	want_firewall_rules(&ret->want, &ret->firewall);
	vec_release(&base.addrs);
	vec_release(&base.main_routes);
	return r;
}

static void change_peers(struct reload *reload)
{
	const struct peers_change *peers = &reload->peers;

	if (!peers_differ(peers))
		return;
	struct op *op = plan_add(&reload->plan, OP_WG_CHANGE, 0);

	op->change.forth = &peers->forth;
	op->change.back = &peers->back;
	op->change.wanted = &peers->wanted;
	op->change.private_key_line = reload->want.conf->private_key_line;
}

/* For an interface that somebody else has brought up, only with something else to do. */
static void leave_note(const struct snap *snap, struct reload *reload)
{
	uint32_t note = reload->peers.note;

	if (note && note != snap->tag && (snap->tag || reload->plan.len))
		plan_add(&reload->plan, OP_WG_NOTE, 0)->note = (struct op_number){note, snap->tag};
}

/* The mark of a full tunnel that ends goes after the rules: those would send packets without it
 * into the tunnel. */
static void clear_mark(const struct snap *snap, struct reload *reload)
{
	const struct want *want = &reload->want;
	bool of_tunnel = false;

	vec_each(tunnel, &snap->tunnel_rules)
		of_tunnel |= reload_owns_rule(want->conf, tunnel, snap) &&
			     tunnel->rule.fwmark == snap->wg.fwmark;
	of_tunnel |= snap->wg.fwmark == walls_mark(want->conf->ifname);
	if (of_tunnel && !want_is_full(want) && !want->device.has_fwmark)
		plan_add(&reload->plan, OP_WG_MARK, 0)->mark.before = snap->wg.fwmark;
}

static void remove_peers(struct reload *reload)
{
	if (!reload->peers.removed.peers.len)
		return;
	struct op *op = plan_add(&reload->plan, OP_WG_CHANGE, 0);

	op->change.forth = &reload->peers.removed;
	op->change.back = &reload->peers.restored;
}

static void plan_all(const struct snap *snap, const struct means *means,
		     const struct rule_pair_vec *pairs, struct reload *reload)
{
	const struct want *want = &reload->want;
	bool promote = reload_needs_promotion(snap, reload);

	reload_restore(snap, reload);
	if (promote)
		reload_set_promotion(reload, true);
	reload_remove_addresses(reload, true);
	reload_set_link(snap, reload);
	reload_keep_order(snap, reload, promote || snap->promotes_secondaries);
	reload_add_addresses(snap, reload);
	reload_set_walls(snap, reload, true);
	change_peers(reload);
	reload_set_walls(snap, reload, false);
	reload_set_multicast(snap, reload);
	reload_add_rules(snap, reload, pairs, AF_INET6);
	reload_add_rules(snap, reload, pairs, AF_INET);
	if (want->full_ip)
		diff_add_src_valid_mark(snap, want->default_ip.line, &reload->plan);
	vec_each(change, &reload->tables)
		diff_routes(OP_ROUTE_ADD, &change->add, &change->group, &reload->plan);
	reload_replace_routes(reload);
	reload_bar_routes(reload, OP_ROUTE_ADD);
	reload_remove_rules(snap, reload, pairs);
	clear_mark(snap, reload);
	vec_each(change, &reload->tables)
		diff_routes(OP_ROUTE_DEL, &change->remove, &change->group, &reload->plan);
	reload_remove_addresses(reload, false);
	reload_add_late_routes(reload);
	reload_bar_routes(reload, OP_ROUTE_DEL);
	diff_lift_barriers(snap, &reload->plan);
	if (promote)
		reload_set_promotion(reload, false);
	reload_set_firewall(snap, means, reload);
	diff_add_forwarding(snap, want->conf, &reload->plan);
	reload_set_dns(snap, means, reload);
	reload_lower_mtu(snap, reload);
	leave_note(snap, reload);
	remove_peers(reload);
}

int reload_plan(const struct snap *snap, const struct means *means, struct reload *reload,
		struct diag *d)
{
	struct rule_pair_vec pairs = {0};
	snap_needs(snap, LOOK_DEVICE | LOOK_ADDRESSES | LOOK_TABLES | LOOK_RULES);
	int r = reload_find_gone(snap, reload) < 0 ||
				services_find(reload->want.conf->ifname, snap, &reload->before) <
					0 ||
				reload_want_walls(snap, reload) < 0
			? diag_no_memory(d)
			: 0;

	if (r == 0)
		r = peers_compare(&reload->want, snap, &reload->peers, d);
	if (r == 0)
		r = tables_compare(&reload->want, snap, &reload->gone, &reload->tables, d);
	if (r == 0)
		r = reload_keep_ipv6(snap, reload, d);
	if (r == 0)
		r = rules_pair(snap, &pairs, d);
	if (r == 0)
		r = reload_place_rules(snap, &pairs, reload, d);
	if (r == 0) {
		plan_all(snap, means, &pairs, reload);
		r = plan_check(&reload->plan, d);
	}
	vec_release(&pairs);
	return r;
}

void reload_release(struct reload *reload)
{
	want_release(&reload->want);
	peers_change_release(&reload->peers);
	tables_change_release(&reload->tables);
	addrs_release(&reload->gone);
	for (size_t ip6 = 0; ip6 < 2; ip6++) {
		tables_release(&reload->lost_on_the_way_back[ip6]);
		tables_release(&reload->barred_on_the_way_back[ip6]);
	}
	services_release(&reload->before);
	vec_release(&reload->walls);
	vec_release(&reload->both_ports);
	buf_release(&reload->promote_secondaries);
	plan_release(&reload->plan);
}
