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

static bool unset_dns(const struct conf *conf, const struct snap *snap, const struct means *means,
		      struct former *former)
{
	const struct services *services = &former->services;

	if (means->dns == MEANS_DNS_NONE ||
	    !(services->has_dns || (!snap_has_seen(snap, LOOK_DNS) && conf_has_dns(conf))))
		return true;
	struct op *op = diff_add(&former->plan, OP_DNS_UNSET, 0);
	if (!op)
		return false;
	op->dns.is.servers = &conf->dns_servers;
	op->dns.is.search = &conf->dns_search;
	op->dns.before = services->has_dns ? &services->dns : NULL;
	return true;
}

static bool remove_firewall(const struct snap *snap, struct former *former)
{
	const struct services *services = &former->services;

	if (!snap->has_firewall)
		return true;
	struct op *op = diff_add(&former->plan, OP_FIREWALL_REMOVE, 0);
	if (op && services->has_firewall)
		op->firewall.before = &services->firewall;
	return op;
}

/* Its inverse configures the device that is made again, which may have no peers. */
static bool clear_device(const struct snap *snap, struct plan *plan)
{
	struct op *op = diff_add(plan, OP_WG_REMOVE_PEERS, 0);

	if (op)
		op->wg.device = &snap->wg;
	return op;
}

/* In the order of the way back: up, with its routes, some of which are older than an address whose
 * own route is the same, then with addresses and with the routes that need them. */
static bool delete_link(const struct snap *snap, struct plan *plan)
{
	if (!diff_restore(snap, plan) || !diff_return_routes(&snap->tables, plan))
		return false;
	struct op *up = diff_add_back_only(plan, snap->link.up ? OP_LINK_UP : OP_LINK_MTU);
	if (!up)
		return false;
	up->mtu.value = snap->link.mtu;
	struct op *link = diff_add(plan, OP_LINK_DEL, 0);
	if (link)
		link->returns = true;
	return link;
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

	if (services_find(conf->ifname, snap, &ret->services) < 0 ||
	    !unset_dns(conf, snap, means, ret))
		return diag_no_memory(d);
	forget_link_local(snap, &ret->services);
	int r = rules_delete(snap, is_own_rule, &owner, &ret->plan, d);
	if (r < 0)
		return r;
	if (!remove_firewall(snap, ret) || !clear_device(snap, &ret->plan) ||
	    !delete_link(snap, &ret->plan) || !diff_lift_barriers(snap, &ret->plan))
		return diag_no_memory(d);
	return 0;
}

void former_release(struct former *former)
{
	services_release(&former->services);
	plan_release(&former->plan);
}
