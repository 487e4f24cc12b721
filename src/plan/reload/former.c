// SPDX-License-Identifier: GPL-2.0-or-later
// The steps that take an interface away, and what brings it back.
#include "wgq/plan/reload/former.h"

#include "internal.h"
#include "wgq/plan/steps.h"

/* The new link gets another one from the kernel. */
static void forget_link_local(const struct snap *snap, struct services *services)
{
	size_t kept = 0;

	vec_each(known, &services->addrs) {
		bool stays = true;

		vec_each(addr, &snap->addrs)
			stays &= !reload_is_kernels(addr, snap) ||
				 addr_compare(&addr->prefix.addr, known) != 0;
		if (stays)
			services->addrs.at[kept++] = *known;
	}
	services->firewall.addr_count = services->addrs.len = kept;
}

static void unset_dns(const struct conf *conf, const struct snap *snap, const struct means *means,
		      struct former *former)
{
	const struct services *services = &former->services;

	if (means->dns == MEANS_DNS_NONE ||
	    !(services->has_dns || (!snap_has_seen(snap, LOOK_DNS) && conf_has_dns(conf))))
		return;
	struct op *op = plan_add(&former->plan, OP_DNS_UNSET, 0);

	op->dns.is.servers = &conf->dns_servers;
	op->dns.is.search = &conf->dns_search;
	op->dns.before = services->has_dns ? &services->dns : NULL;
}

/* In the order of the way back: up, with its routes, some of which are older than an address whose
 * own route is the same, then with addresses and with the routes that need them. */
static void delete_link(const struct snap *snap, struct plan *plan)
{
	diff_restore(snap, plan);
	diff_return_routes(&snap->tables, plan);
	plan_add_back_only(plan, snap->link.up ? OP_LINK_UP : OP_LINK_MTU)->mtu.value =
		snap->link.mtu;
	plan_add(plan, OP_LINK_DEL, 0)->returns = true;
}

struct rule_owner {
	const struct conf *conf;
	const struct snap *snap;
};

/* With Table in the new file, wg-quick's rules may be a hook's. */
static bool is_own_rule(const struct tunnel_rule *tunnel, const void *context)
{
	const struct rule_owner *owner = context;

	return owner->conf->table_kind == TABLE_AUTO
		       ? rules_is_own(tunnel, owner->snap)
		       : reload_owns_rule(owner->conf, tunnel, owner->snap);
}

int former_plan(const struct conf *conf, const struct snap *snap, const struct means *means,
		struct former *ret, struct diag *d)
{
	const struct rule_owner owner = {.conf = conf, .snap = snap};
	struct plan *plan = &ret->plan;

	if (services_find(conf->ifname, snap, &ret->services) < 0)
		return diag_no_memory(d);
	unset_dns(conf, snap, means, ret);
	forget_link_local(snap, &ret->services);
	int r = rules_delete(snap, is_own_rule, &owner, plan, d);
	if (r < 0)
		return r;
	if (snap->has_firewall)
		plan_add(plan, OP_FIREWALL_REMOVE, 0)->firewall.before =
			ret->services.has_firewall ? &ret->services.firewall : NULL;
	/* Its inverse configures the device that is made again, which may have no peers. */
	plan_add(plan, OP_WG_REMOVE_PEERS, 0)->wg.device = &snap->wg;
	delete_link(snap, plan);
	/* Those of the new file take their place at once. */
	if (snap->has_own_table && !conf_walls_line(conf))
		plan_add(plan, OP_WALLS_REMOVE, 0)->walls.before = ret->services.walls;
	diff_lift_unlinked(snap, plan);
	return plan_check(plan, d);
}

void former_release(struct former *former)
{
	services_release(&former->services);
	plan_release(&former->plan);
}
