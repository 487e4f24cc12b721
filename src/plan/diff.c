// SPDX-License-Identifier: GPL-2.0-or-later
// The steps from what is to what should be.
#include "wgq/plan/diff.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/plan/rules.h"
#include "wgq/plan/want/endpoints.h"

#include "wgq/plan/steps.h"

struct op *diff_add(struct plan *plan, enum op_kind kind, uint32_t line)
{
	struct op *op = vec_push(plan);

	if (!op)
		return NULL;
	op->kind = kind;
	op->line = line;
	return op;
}

struct op *diff_add_back_only(struct plan *plan, enum op_kind kind)
{
	struct op *op = diff_add(plan, kind, 0);

	if (op)
		op->back_only = true;
	return op;
}

int diff_create(const struct conf *conf, const struct snap *snap, struct plan *ret, struct diag *d)
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
	return diff_add(ret, OP_LINK_ADD, 0) ? 0 : diag_no_memory(d);
}

int diff_hooks(const struct conf *conf, enum conf_hook_kind kind, struct plan *ret, struct diag *d)
{
	vec_each(hook, &conf->hooks[kind]) {
		struct op *op = diff_add(ret, OP_HOOK, hook->line);

		if (!op)
			return diag_no_memory(d);
		op->hook = hook->text;
	}
	return 0;
}

static bool add_device(const struct want *want, struct plan *plan)
{
	struct op *op = diff_add(plan, OP_WG_SET, 0);

	if (!op)
		return false;
	op->wg.device = &want->device;
	op->wg.private_key_line = want->conf->private_key_line;
	return true;
}

bool diff_add_addresses(const struct snap *snap, const struct want *want, uint8_t family,
			struct plan *plan)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};

	snap_needs(snap, LOOK_ADDRESSES);
	if (prefix_set_of_addrs(&snap->addrs, &there) < 0)
		return false;
	vec_each(addr, &want->addrs) {
		if ((family && addr->prefix.addr.family != family) ||
		    prefix_set_has(&there, &addr->prefix))
			continue;
		struct op *op = diff_add(plan, OP_ADDR_ADD, addr->line);
		if (!op)
			return false;
		op->addr = *addr;
	}
	return true;
}

bool diff_add_routes(const struct route *routes, size_t count, uint32_t table, uint32_t line,
		     struct plan *plan)
{
	if (!count)
		return true;
	struct op *op = diff_add(plan, OP_ROUTE_ADD, line);
	if (!op)
		return false;
	op->routes.at = routes;
	op->routes.count = count;
	op->routes.table = table;
	return true;
}

bool diff_put_back_routes(const struct route_vec *routes, uint32_t table, struct plan *plan)
{
	if (!diff_add_routes(routes->at, routes->len, table, 0, plan))
		return false;
	if (routes->len)
		vec_last(plan)->routes.put_back = true;
	return true;
}

bool diff_return_routes(const struct route_table_vec *tables, struct plan *plan)
{
	vec_each(table, tables) {
		if (!diff_put_back_routes(&table->plain, table->table, plan))
			return false;
		if (table->plain.len)
			vec_last(plan)->back_only = true;
	}
	return true;
}

struct op *diff_add_barrier(struct plan *plan, enum op_kind kind, const struct route_vec *routes,
			    uint32_t table)
{
	struct op *op = diff_add(plan, kind, 0);

	if (!op)
		return NULL;
	op->routes.at = routes->at;
	op->routes.count = routes->len;
	op->routes.table = table;
	op->routes.barrier = true;
	return op;
}

bool diff_lift_barriers(const struct snap *snap, struct plan *plan)
{
	snap_needs(snap, LOOK_BARRIERS);
	vec_each(table, &snap->barriers)
		if (!diff_add_barrier(plan, OP_ROUTE_DEL, &table->plain, table->table))
			return false;
	return true;
}

bool diff_restore(const struct snap *snap, struct plan *plan)
{
	struct op *op = diff_add_back_only(plan, OP_RESTORE);

	snap_needs(snap, LOOK_TABLES);
	if (op)
		op->kept = &snap->kept;
	return op;
}

bool diff_add_suppress_rule(uint8_t family, uint32_t priority, uint32_t line, struct plan *plan)
{
	struct op *op = diff_add(plan, OP_RULE_ADD, line);

	if (!op)
		return false;
	op->rule = (struct rule){.family = family,
				 .has_suppress = true,
				 .table = RT_TABLE_MAIN,
				 .protocol = RTPROT_KERNEL,
				 .priority = priority};
	return true;
}

bool diff_add_rules(const struct want *want, uint8_t family, const struct rule_place *place,
		    struct plan *plan)
{
	uint32_t line = family == AF_INET6 ? want->default_ip6.line : want->default_ip.line;
	struct op *op = diff_add(plan, OP_RULE_ADD, line);

	if (!op)
		return false;
	op->rule = (struct rule){.family = family,
				 .invert = true,
				 .has_fwmark = true,
				 .fwmark = want->mark,
				 .table = want->mark,
				 .protocol = RTPROT_KERNEL,
				 .priority = place->tunnel};
	return diff_add_suppress_rule(family, place->suppress, line, plan);
}

bool diff_add_src_valid_mark(const struct snap *snap, uint32_t line, struct plan *plan)
{
	snap_needs(snap, LOOK_FULL_TUNNEL);
	if (snap->src_valid_mark == 1)
		return true;
	struct op *op = diff_add(plan, OP_SYSCTL_SET, line);
	if (!op)
		return false;
	op->sysctl.name = "net/ipv4/conf/all/src_valid_mark";
	op->sysctl.value = 1;
	op->sysctl.before = snap->src_valid_mark;
	return true;
}

static bool add_full_tunnel(const struct snap *snap, const struct want *want,
			    const struct means *means, const struct rule_places *places,
			    struct plan *plan)
{
	if (!want_is_full(want))
		return true;
	if (want->mark_is_chosen) {
		struct op *mark = diff_add(plan, OP_WG_MARK, 0);
		if (!mark)
			return false;
		mark->mark.value = want->mark;
	}
	if (want->full_ip6) {
		uint32_t line = want->default_ip6.line;

		if (!diff_add_rules(want, AF_INET6, &places->ip6, plan) ||
		    !diff_add_routes(&want->default_ip6, 1, want->mark, line, plan))
			return false;
	}
	if (want->full_ip) {
		uint32_t line = want->default_ip.line;

		if (!diff_add_rules(want, AF_INET, &places->ip, plan) ||
		    !diff_add_routes(&want->default_ip, 1, want->mark, line, plan) ||
		    !diff_add_src_valid_mark(snap, line, plan))
			return false;
	}
	if (means->firewall == MEANS_FIREWALL_NONE)
		return true;
	struct op *op = diff_add(plan, OP_FIREWALL_SET, 0);
	if (!op)
		return false;
	want_firewall_rules(want, &op->firewall.rules);
	return true;
}

static bool add_dns(const struct want *want, const struct means *means, struct plan *plan)
{
	const struct conf *conf = want->conf;

	if (!conf_has_dns(conf) || means->dns == MEANS_DNS_NONE)
		return true;
	struct op *op = diff_add(plan, OP_DNS_SET, conf_dns_line(conf));
	if (!op)
		return false;
	op->dns.is.servers = &conf->dns_servers;
	op->dns.is.search = &conf->dns_search;
	op->dns.is.catch_all = want_is_full(want);
	return true;
}

static bool add_note(const struct snap *snap, const struct conf *conf, struct plan *plan)
{
	struct endpoint_sums sums = {0};
	bool ok = endpoints_sum(conf, &sums) == 0;

	snap_needs(snap, LOOK_DEVICE);
	if (ok && sums.len && endpoints_can_note(snap->tag)) {
		struct op *op = diff_add(plan, OP_WG_NOTE, 0);

		ok = op;
		if (op) {
			op->note.value = endpoints_note(&sums);
			op->note.before = snap->tag;
		}
	}
	vec_release(&sums);
	return ok;
}

int diff_configure(const struct snap *snap, const struct want *want, struct plan *ret,
		   struct diag *d)
{
	if (!add_device(want, ret) || !add_note(snap, want->conf, ret) ||
	    !diff_add_addresses(snap, want, AF_UNSPEC, ret))
		return diag_no_memory(d);

	struct op *up = diff_add(ret, OP_LINK_UP, want->conf->mtu_line);
	if (!up)
		return diag_no_memory(d);
	up->mtu.value = want->mtu;
	return 0;
}

int diff_lead_in(const struct snap *snap, const struct want *want, const struct means *means,
		 struct plan *ret, struct diag *d)
{
	struct rule_places places;
	int r = rule_places_find(snap, want->full_ip, want->full_ip6, &places, d);

	if (r < 0)
		return r;
	if (!diff_add_routes(want->routes.at, want->routes.len, want->table, 0, ret) ||
	    !add_full_tunnel(snap, want, means, &places, ret) || !add_dns(want, means, ret))
		return diag_no_memory(d);
	return 0;
}

static bool is_own_rule(const struct tunnel_rule *tunnel, const void *snap)
{
	return rules_is_own(tunnel, snap);
}

int diff_detach(const struct conf *conf, const struct snap *snap, struct plan *ret, struct diag *d)
{
	int r = !conf || conf->table_kind == TABLE_AUTO
			? rules_delete(snap, is_own_rule, snap, ret, d)
			: 0;

	if (r < 0)
		return r;
	snap_needs(snap, LOOK_DEVICE);
	if (snap->wg.peers.len) {
		struct op *op = diff_add(ret, OP_WG_REMOVE_PEERS, 0);
		if (!op)
			return diag_no_memory(d);
		op->wg.device = &snap->wg;
	}
	if (snap->link.index && !diff_add(ret, OP_LINK_DEL, 0))
		return diag_no_memory(d);
	return 0;
}

int diff_clean(const struct conf *conf, const struct snap *snap, const struct means *means,
	       struct plan *ret, struct diag *d)
{
	if (!diff_lift_barriers(snap, ret))
		return diag_no_memory(d);
	snap_needs(snap, LOOK_FIREWALL);
	/* Before the name servers: while a program unsets those, another wgq may bring it up. */
	if (snap->has_firewall && !diff_add(ret, OP_FIREWALL_REMOVE, 0))
		return diag_no_memory(d);
	if (conf && conf_has_dns(conf) && means->dns != MEANS_DNS_NONE) {
		struct op *op = diff_add(ret, OP_DNS_UNSET, 0);
		if (!op)
			return diag_no_memory(d);
		op->dns.is.servers = &conf->dns_servers;
		op->dns.is.search = &conf->dns_search;
	}
	return 0;
}
