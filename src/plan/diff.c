// SPDX-License-Identifier: GPL-2.0-or-later
// The steps from what is to what should be.
#include "wgq/plan/diff.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/plan/rules.h"
#include "wgq/plan/want/endpoints.h"

#include "wgq/plan/steps.h"

int diff_create(const struct conf *conf, const struct snap *snap, const struct walls *walls,
		struct plan *ret, struct diag *d)
{
	_cleanup_diag_ struct diag found = {0};
	const struct wg_peer_vec *peers = &conf->wg.peers;
	bool is_auto = conf->table_kind == TABLE_AUTO;
	bool full_ip = is_auto && wg_peers_have_default(peers, AF_INET);
	bool full_ip6 =
		is_auto && snap->ipv6.state == IPV6_ON && wg_peers_have_default(peers, AF_INET6);
	struct rule_places places;
	int r = rule_places_find(snap, full_ip, full_ip6, &places, &found);

	/* diff_configure() warns. */
	if (r < 0) {
		diag_move(d, &found);
		return r;
	}
	/* Before the port is open, and until it is closed again. Where the kernel chooses the port,
	 * diff_configure() adds its rules. */
	if (conf_walls_line(conf)) {
		struct op *op = plan_add(ret, OP_WALLS_SET, conf_walls_line(conf));

		snap_needs(snap, LOOK_FIREWALL);
		op->walls.is = walls;
		op->walls.before = snap->has_own_table ? &snap->walls : NULL;
	}
	plan_add(ret, OP_LINK_ADD, 0);
	return plan_check(ret, d);
}

int diff_hooks(const struct conf *conf, enum conf_hook_kind kind, struct plan *ret, struct diag *d)
{
	vec_each(hook, &conf->hooks[kind]) {
		struct op *op = plan_add(ret, OP_HOOK, hook->line);

		op->hook = hook->text;
		op->may_fail = hook->may_fail;
	}
	return plan_check(ret, d);
}

void diff_add_addresses(const struct snap *snap, const struct want *want, uint8_t family,
			struct plan *plan)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};

	snap_needs(snap, LOOK_ADDRESSES);
	plan->failed |= prefix_set_of_addrs(&snap->addrs, &there) < 0;
	vec_each(addr, &want->addrs)
		if ((!family || addr->prefix.addr.family == family) &&
		    !prefix_set_has(&there, &addr->prefix))
			plan_add(plan, OP_ADDR_ADD, addr->line)->addr = *addr;
}

struct op *diff_routes(enum op_kind kind, const struct route_vec *routes,
		       const struct route_group *group, struct plan *plan)
{
	struct op *op = routes->len ? plan_add(plan, kind, 0) : &plan->lost;

	op->routes.at = routes->at;
	op->routes.count = routes->len;
	op->routes.group = *group;
	return op;
}

void diff_put_back_routes(const struct route_vec *routes, const struct route_group *group,
			  struct plan *plan)
{
	diff_routes(OP_ROUTE_ADD, routes, group, plan)->routes.put_back = true;
}

void diff_return_routes(const struct route_table_vec *tables, struct plan *plan)
{
	vec_each(table, tables) {
		struct op *op = diff_routes(OP_ROUTE_ADD, &table->plain, &table->group, plan);

		op->routes.put_back = op->back_only = true;
	}
}

void diff_lift_barriers(const struct snap *snap, struct plan *plan)
{
	snap_needs(snap, LOOK_UNLINKED);
	vec_each(table, &snap->barriers)
		diff_routes(OP_ROUTE_DEL, &table->plain, &table->group, plan);
}

void diff_lift_unlinked(const struct snap *snap, struct plan *plan)
{
	diff_lift_barriers(snap, plan);
	vec_each(table, &snap->throws)
		diff_routes(OP_ROUTE_DEL, &table->plain, &table->group, plan);
}

void diff_restore(const struct snap *snap, struct plan *plan)
{
	snap_needs(snap, LOOK_TABLES);
	plan_add_back_only(plan, OP_RESTORE)->kept = &snap->kept;
}

struct op *diff_add_suppress_rule(uint8_t family, uint32_t priority, uint32_t line,
				  struct plan *plan)
{
	struct op *op = plan_add(plan, OP_RULE_ADD, line);

	op->rule = (struct rule){.family = family,
				 .has_suppress = true,
				 .table = RT_TABLE_MAIN,
				 .protocol = RTPROT_KERNEL,
				 .priority = priority};
	return op;
}

void diff_add_rules(const struct want *want, uint8_t family, const struct rule_place *place,
		    struct plan *plan)
{
	uint32_t line = family == AF_INET6 ? want->default_ip6.line : want->default_ip.line;

	plan_add(plan, OP_RULE_ADD, line)->rule = (struct rule){.family = family,
								.invert = true,
								.has_fwmark = true,
								.fwmark = want->mark,
								.table = want->mark,
								.protocol = RTPROT_KERNEL,
								.priority = place->tunnel};
	diff_add_suppress_rule(family, place->suppress, line, plan);
}

static void set_setting(const char *name, long value, long before, uint32_t line, struct plan *plan)
{
	struct op *op = plan_add(plan, OP_SYSCTL_SET, line);

	op->sysctl.name = name;
	op->sysctl.value = value;
	op->sysctl.before = before;
}

void diff_add_src_valid_mark(const struct snap *snap, uint32_t line, struct plan *plan)
{
	snap_needs(snap, LOOK_FULL_TUNNEL);
	if (snap->src_valid_mark == 1)
		return;
	set_setting("net/ipv4/conf/all/src_valid_mark", 1, snap->src_valid_mark, line, plan);
}

static void switch_on(const char *name, const struct setting_vec *lost, uint32_t line,
		      struct plan *plan)
{
	vec_each(setting, lost) {
		struct op *op = plan_add_back_only(plan, OP_SYSCTL_SET);

		op->sysctl.name = setting->name;
		op->sysctl.value = setting->value;
	}
	set_setting(name, 1, 0, line, plan);
}

void diff_add_forwarding(const struct snap *snap, const struct conf *conf, struct plan *plan)
{
	const struct forwarding *is = &snap->forwarding;
	uint32_t line;

	if (!conf_forwards(conf, &line))
		return;
	snap_needs(snap, LOOK_FORWARDING);
	if (is->ip6 == 0) {
		/* First, for the kernel forgets the routes of advertisements otherwise. */
		vec_each(setting, &is->heeded)
			set_setting(setting->name, 2, setting->value, line, plan);
		switch_on("net/ipv6/conf/all/forwarding", &is->lost_ip6, line, plan);
	}
	if (is->ip == 0)
		switch_on("net/ipv4/ip_forward", &is->lost_ip, line, plan);
}

static void add_set(const struct want_routes *set, struct plan *plan)
{
	diff_routes(OP_ROUTE_ADD, &set->routes, &set->group, plan)->line =
		set->routes.len == 1 ? set->routes.at[0].line : 0;
}

static void add_full_tunnel(const struct snap *snap, const struct want *want,
			    const struct means *means, const struct rule_places *places,
			    const struct want_routes sets[WANT_SETS], struct plan *plan)
{
	if (!want_is_full(want))
		return;
	if (want->mark_is_chosen)
		plan_add(plan, OP_WG_MARK, 0)->mark.value = want->mark;
	add_set(&sets[WANT_THROWS], plan);
	if (want->full_ip6) {
		diff_add_rules(want, AF_INET6, &places->ip6, plan);
		add_set(&sets[WANT_DEFAULT_IP6], plan);
	}
	if (want->full_ip) {
		diff_add_rules(want, AF_INET, &places->ip, plan);
		add_set(&sets[WANT_DEFAULT_IP], plan);
		diff_add_src_valid_mark(snap, want->default_ip.line, plan);
	}
	if (means->firewall != MEANS_FIREWALL_NONE)
		want_firewall_rules(want, &plan_add(plan, OP_FIREWALL_SET, 0)->firewall.rules);
}

static void add_dns(const struct want *want, const struct means *means, struct plan *plan)
{
	const struct conf *conf = want->conf;

	if (!conf_has_dns(conf) || means->dns == MEANS_DNS_NONE)
		return;
	plan_add(plan, OP_DNS_SET, conf_dns_line(conf))->dns.is =
		(struct dns_setting){.servers = &conf->dns_servers,
				     .search = &conf->dns_search,
				     .catch_all = want_is_full(want)};
}

static void add_note(const struct snap *snap, const struct conf *conf, struct plan *plan)
{
	struct endpoint_sums sums = {0};

	snap_needs(snap, LOOK_DEVICE);
	plan->failed |= endpoints_sum(conf, &sums) < 0;
	if (sums.len && endpoints_can_note(snap->tag))
		plan_add(plan, OP_WG_NOTE, 0)->note =
			(struct op_number){endpoints_note(&sums), snap->tag};
	vec_release(&sums);
}

int diff_configure(const struct snap *snap, const struct want *want, const struct walls *walls,
		   struct plan *ret, struct diag *d)
{
	struct op *op = plan_add(ret, OP_WG_SET, 0);
	op->wg.device = &want->device;
	op->wg.private_key_line = want->conf->private_key_line;
	add_note(snap, want->conf, ret);
	diff_add_addresses(snap, want, AF_UNSPEC, ret);
	if (want->conf->multicast && !snap->link.multicast)
		plan_add(ret, OP_LINK_MULTICAST, want->conf->multicast_line)->multicast.value = 1;
	plan_add(ret, OP_LINK_UP, want->conf->mtu_line)->mtu.value = want->mtu;
	if (walls_lack_port(&want->walls)) {
		op = plan_add(ret, OP_WALLS_SET, conf_walls_line(want->conf));
		op->walls.is = &want->walls;
		op->walls.before = walls;
	}
	return plan_check(ret, d);
}

int diff_lead_in(const struct snap *snap, const struct want *want, const struct means *means,
		 struct plan *ret, struct diag *d)
{
	struct want_routes sets[WANT_SETS];
	struct rule_places places;
	int r = rule_places_find(snap, want->full_ip, want->full_ip6, &places, d);

	if (r < 0)
		return r;
	if (want_may_meet_unlinked(want))
		diff_lift_unlinked(snap, ret);
	want_list_routes(want, sets);
	for (enum want_set i = WANT_ALLOWED; i <= WANT_PIECES; i++)
		diff_routes(OP_ROUTE_ADD, &sets[i].routes, &sets[i].group, ret);
	add_full_tunnel(snap, want, means, &places, sets, ret);
	diff_add_forwarding(snap, want->conf, ret);
	add_dns(want, means, ret);
	return plan_check(ret, d);
}

struct rule_owner {
	const struct snap *snap;
	bool sets_table; /* the file: then hooks add such rules, and delete them */
};

static bool is_own_rule(const struct tunnel_rule *tunnel, const void *context)
{
	const struct rule_owner *owner = context;

	return rules_is_own(tunnel, owner->snap) &&
	       (!owner->sets_table || tunnel->rule.protocol == RTPROT_KERNEL);
}

int diff_detach(const struct conf *conf, const struct snap *snap, struct plan *ret, struct diag *d)
{
	const struct rule_owner owner = {snap, conf && conf->table_kind != TABLE_AUTO};
	int r = rules_delete(snap, is_own_rule, &owner, ret, d);

	if (r < 0)
		return r;
	snap_needs(snap, LOOK_DEVICE);
	if (snap->wg.peers.len)
		plan_add(ret, OP_WG_REMOVE_PEERS, 0)->wg.device = &snap->wg;
	if (snap->link.index)
		plan_add(ret, OP_LINK_DEL, 0);
	return plan_check(ret, d);
}

int diff_clean(const struct conf *conf, const struct snap *snap, const struct means *means,
	       struct plan *ret, struct diag *d)
{
	diff_lift_unlinked(snap, ret);
	snap_needs(snap, LOOK_PINS);
	if (snap->pins.len)
		plan_add(ret, OP_UNPIN, 0)->pins = &snap->pins;
	/* Before the name servers: while a program unsets those, another wgq may bring it up. */
	snap_needs(snap, LOOK_FIREWALL);
	if (snap->has_firewall)
		plan_add(ret, OP_FIREWALL_REMOVE, 0);
	if (snap->has_own_table)
		plan_add(ret, OP_WALLS_REMOVE, 0);
	if (conf && conf_has_dns(conf) && means->dns != MEANS_DNS_NONE)
		plan_add(ret, OP_DNS_UNSET, 0)->dns.is = (struct dns_setting){
			.servers = &conf->dns_servers, .search = &conf->dns_search};
	return plan_check(ret, d);
}
