// SPDX-License-Identifier: GPL-2.0-or-later
// The steps from what is to what should be.
#include "wgq/plan/diff.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/plan/rules.h"

static struct op *add(struct plan *plan, enum op_kind kind, uint32_t line)
{
	struct op *op = vec_push(plan);

	if (!op)
		return NULL;
	op->kind = kind;
	op->line = line;
	return op;
}

int diff_create(struct plan *ret, struct diag *d)
{
	return add(ret, OP_LINK_ADD, 0) ? 0 : diag_no_memory(d);
}

int diff_hooks(const struct conf *conf, enum conf_hook_kind kind, struct plan *ret, struct diag *d)
{
	vec_each(hook, &conf->hooks[kind]) {
		struct op *op = add(ret, OP_HOOK, hook->line);

		if (!op)
			return diag_no_memory(d);
		op->hook = hook->text;
	}
	return 0;
}

static bool add_device(const struct want *want, struct plan *plan)
{
	struct op *op = add(plan, OP_WG_SET, 0);

	if (!op)
		return false;
	op->wg.device = &want->device;
	op->wg.private_key_line = want->conf->private_key_line;
	return true;
}

static bool add_addresses(const struct snap *snap, const struct want *want, struct plan *plan)
{
	vec_each(addr, &want->addrs) {
		bool there = false;

		vec_each(known, &snap->addrs)
			there |= prefix_equal(&known->prefix, &addr->prefix);
		if (there)
			continue;
		struct op *op = add(plan, OP_ADDR_ADD, addr->line);
		if (!op)
			return false;
		op->addr = *addr;
	}
	return true;
}

static bool add_routes(const struct route *routes, size_t count, uint32_t table, uint32_t line,
		       struct plan *plan)
{
	if (!count)
		return true;
	struct op *op = add(plan, OP_ROUTE_ADD, line);
	if (!op)
		return false;
	op->routes.at = routes;
	op->routes.count = count;
	op->routes.table = table;
	return true;
}

/* RTPROT_KERNEL keeps systemd-networkd from deleting the rules as foreign when it restarts
 * (systemd#19106), and `ip rule` does not print it. */
static bool add_rules(uint8_t family, uint32_t mark, uint32_t line, struct plan *plan)
{
	struct op *tunnel = add(plan, OP_RULE_ADD, line);

	if (!tunnel)
		return false;
	tunnel->rule = (struct rule){.family = family,
				     .invert = true,
				     .has_fwmark = true,
				     .fwmark = mark,
				     .table = mark,
				     .protocol = RTPROT_KERNEL};

	struct op *suppress = add(plan, OP_RULE_ADD, line);
	if (!suppress)
		return false;
	suppress->rule = (struct rule){.family = family,
				       .has_suppress = true,
				       .table = RT_TABLE_MAIN,
				       .protocol = RTPROT_KERNEL};
	return true;
}

/* Without it the answers to the encrypted packets fail a strict rp_filter (linux.bash:240). */
static bool add_sysctl(const struct snap *snap, uint32_t line, struct plan *plan)
{
	if (snap->has_src_valid_mark && snap->src_valid_mark == 1)
		return true;
	struct op *op = add(plan, OP_SYSCTL_SET, line);
	if (!op)
		return false;
	op->sysctl.name = "net/ipv4/conf/all/src_valid_mark";
	op->sysctl.value = 1;
	op->sysctl.before = snap->src_valid_mark;
	return true;
}

static bool add_full_tunnel(const struct snap *snap, const struct want *want,
			    const struct means *means, struct plan *plan)
{
	if (!want->full_ip && !want->full_ip6)
		return true;
	if (want->mark_is_chosen) {
		struct op *mark = add(plan, OP_WG_MARK, 0);
		if (!mark)
			return false;
		mark->mark = want->mark;
	}
	if (want->full_ip6) {
		uint32_t line = want->default_ip6.line;

		if (!add_rules(AF_INET6, want->mark, line, plan) ||
		    !add_routes(&want->default_ip6, 1, want->mark, line, plan))
			return false;
	}
	if (want->full_ip) {
		uint32_t line = want->default_ip.line;

		if (!add_rules(AF_INET, want->mark, line, plan) ||
		    !add_routes(&want->default_ip, 1, want->mark, line, plan) ||
		    !add_sysctl(snap, line, plan))
			return false;
	}
	if (means->firewall == MEANS_FIREWALL_NONE)
		return true;
	struct op *op = add(plan, OP_FIREWALL_SET, 0);
	if (!op)
		return false;
	op->firewall = (struct firewall){.ifname = want->conf->ifname,
					 .mark = want->mark,
					 .ip = want->full_ip,
					 .ip6 = want->full_ip6,
					 .addrs = want->firewall_addrs.at,
					 .addr_count = want->firewall_addrs.len};
	return true;
}

static bool has_dns(const struct conf *conf)
{
	return conf->dns_servers.len || conf->dns_search.len;
}

static bool add_dns(const struct want *want, const struct means *means, struct plan *plan)
{
	const struct conf *conf = want->conf;

	if (!has_dns(conf) || means->dns == MEANS_DNS_NONE)
		return true;
	struct op *op = add(plan, OP_DNS_SET,
			    conf->dns_servers.len ? conf->dns_servers.at[0].line
						  : conf->dns_search.at[0].line);
	if (!op)
		return false;
	op->dns.servers = &conf->dns_servers;
	op->dns.search = &conf->dns_search;
	op->dns.catch_all = want->full_ip || want->full_ip6;
	return true;
}

int diff_configure(const struct snap *snap, const struct want *want, const struct means *means,
		   struct plan *ret, struct diag *d)
{
	if (!add_device(want, ret) || !add_addresses(snap, want, ret))
		return diag_no_memory(d);

	struct op *up = add(ret, OP_LINK_UP, want->conf->mtu_line);
	if (!up)
		return diag_no_memory(d);
	up->mtu = want->mtu;

	if (!add_dns(want, means, ret) ||
	    !add_routes(want->routes.at, want->routes.len, want->table, 0, ret) ||
	    !add_full_tunnel(snap, want, means, ret))
		return diag_no_memory(d);
	return 0;
}

static bool holds_default(const struct wg_device *device, uint8_t family)
{
	vec_each(peer, &device->peers)
		vec_each(ip, &peer->allowed_ips)
			if (ip->prefix.len == 0 && ip->prefix.addr.family == family)
				return true;
	return false;
}

/* A rule is the interface's when its table leads there. When somebody flushed the table it still
 * is, if the firewall saves the mark, or the interface has it and would hold the default route: a
 * second tunnel may carry the same mark only to get around the first. */
static bool is_own_rule(const struct tunnel_rule *tunnel, const void *context)
{
	const struct snap *snap = context;

	if (tunnel->leads_here || tunnel->table_used)
		return tunnel->leads_here;
	return snap->firewall_mark == tunnel->rule.fwmark ||
	       (snap->wg.fwmark == tunnel->rule.fwmark &&
		holds_default(&snap->wg, tunnel->rule.family));
}

int diff_detach(const struct conf *conf, const struct snap *snap, struct plan *ret, struct diag *d)
{
	if ((!conf || conf->table_kind == TABLE_AUTO) &&
	    !rules_delete(snap, is_own_rule, snap, ret))
		return diag_no_memory(d);
	if (snap->wg.peers.len) {
		struct op *op = add(ret, OP_WG_REMOVE_PEERS, 0);
		if (!op)
			return diag_no_memory(d);
		op->wg.device = &snap->wg;
	}
	if (snap->link.index && !add(ret, OP_LINK_DEL, 0))
		return diag_no_memory(d);
	return 0;
}

int diff_clean(const struct conf *conf, const struct snap *snap, const struct means *means,
	       struct plan *ret, struct diag *d)
{
	if (conf && has_dns(conf) && means->dns != MEANS_DNS_NONE) {
		struct op *op = add(ret, OP_DNS_UNSET, 0);
		if (!op)
			return diag_no_memory(d);
		op->dns.servers = &conf->dns_servers;
		op->dns.search = &conf->dns_search;
	}
	if (snap->has_firewall && !add(ret, OP_FIREWALL_REMOVE, 0))
		return diag_no_memory(d);
	return 0;
}
