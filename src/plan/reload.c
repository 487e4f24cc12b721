// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of a reload.
#include "wgq/plan/reload.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/plan/hooked.h"
#include "wgq/plan/rules.h"

#include "diff_internal.h"

/* include/uapi/linux/if_addr.h; missing in the headers of Debian 12. */
#define ADDR_PROTOCOL_KERNEL_LL 3

/* Made by the kernel when a tun device of a userspace WireGuard comes up. */
static bool is_kernels(const struct link_addr *addr, const struct snap *snap)
{
	const uint8_t *bytes = addr->prefix.addr.bytes;

	if (addr->prefix.addr.family != AF_INET6 || bytes[0] != 0xfe || (bytes[1] & 0xc0) != 0x80)
		return false;
	return addr->protocol == ADDR_PROTOCOL_KERNEL_LL || snap->is_userspace;
}

static bool has_address(const struct link_addr_vec *addrs, const struct prefix *prefix)
{
	vec_each(addr, addrs)
		if (prefix_equal(&addr->prefix, prefix))
			return true;
	return false;
}

static int add_addr(struct link_addr_vec *addrs, const struct link_addr *addr)
{
	struct link_addr *copy = vec_push(addrs);

	if (!copy)
		return -ENOMEM;
	*copy = *addr;
	return 0;
}

/* The host as a new link would find it after its PreUp hooks: what up would plan from. */
static int look_before_up(const struct conf *conf, const struct snap *snap, struct snap *base)
{
	int r = 0;

	*base = *snap;
	base->wg.peers = (struct wg_peer_vec){0};
	base->addrs = (struct link_addr_vec){0};
	base->main_routes = (struct route_vec){0};
	/* A number that was chosen once stays. */
	vec_each(tunnel, &snap->tunnel_rules)
		if (snap->wg.fwmark == tunnel->rule.fwmark && rules_is_own(tunnel, snap))
			base->free_table = snap->wg.fwmark;
	vec_each(addr, &snap->addrs)
		if (r == 0 && (is_kernels(addr, snap) ||
			       hooked_addr(conf, HOOKED_BEFORE, &addr->prefix.addr)))
			r = add_addr(&base->addrs, addr);
	vec_each(table, &snap->tables)
		for (size_t i = 0; r == 0 && table->table == RT_TABLE_MAIN && i < table->plain.len;
		     i++) {
			if (!hooked_route(conf, HOOKED_BEFORE, &table->plain.at[i].prefix))
				continue;
			struct route *route = vec_push(&base->main_routes);
			if (!route)
				return -ENOMEM;
			*route = table->plain.at[i];
		}
	return r;
}

int reload_want(const struct conf *conf, const struct snap *snap, struct reload *ret,
		struct diag *d)
{
	struct snap base;
	int r = look_before_up(conf, snap, &base);

	r = r < 0 ? diag_no_memory(d) : want_make(conf, &base, &ret->want, d);
	if (r == 0)
		r = want_merge_peers(&ret->want, d);
	want_firewall_rules(&ret->want, &ret->firewall);
	vec_release(&base.addrs);
	vec_release(&base.main_routes);
	return r;
}

static int find_gone(const struct snap *snap, struct reload *reload)
{
	const struct conf *conf = reload->want.conf;
	int r = 0;

	vec_each(addr, &snap->addrs)
		if (r == 0 && !has_address(&reload->want.addrs, &addr->prefix) &&
		    !is_kernels(addr, snap) &&
		    !hooked_addr(conf, HOOKED_AT_ALL, &addr->prefix.addr))
			r = add_addr(&reload->gone, addr);
	return r;
}

/* An address cannot have two prefix lengths in IPv6, so the old one goes before the new one comes
 * (ipv6_add_addr(), net/ipv6/addrconf.c). */
static bool is_in_the_way(const struct link_addr *gone, const struct want *want)
{
	if (gone->prefix.addr.family != AF_INET6)
		return false;
	vec_each(addr, &want->addrs)
		if (addr_compare(&addr->prefix.addr, &gone->prefix.addr) == 0)
			return true;
	return false;
}

static bool add_address_step(enum op_kind kind, const struct link_addr *addr, struct plan *plan)
{
	struct op *op = diff_add(plan, kind, addr->line);

	if (op)
		op->addr = *addr;
	return op;
}

/* The last ones first: the first of a subnet takes the others with it. */
static bool remove_addresses(const struct reload *reload, bool in_the_way, struct plan *plan)
{
	for (size_t i = reload->gone.len; i-- > 0;) {
		const struct link_addr *addr = &reload->gone.at[i];

		if (is_in_the_way(addr, &reload->want) == in_the_way &&
		    !add_address_step(OP_ADDR_DEL, addr, plan))
			return false;
	}
	return true;
}

static bool add_addresses(const struct snap *snap, const struct want *want, struct plan *plan)
{
	vec_each(addr, &want->addrs)
		if (!has_address(&snap->addrs, &addr->prefix) &&
		    !add_address_step(OP_ADDR_ADD, addr, plan))
			return false;
	return true;
}

/* With the first IPv4 address of a subnet the kernel takes the others, unless it is told to promote
 * one of them (__inet_del_ifa(), net/ipv4/devinet.c). */
static bool needs_promotion(const struct snap *snap, const struct reload *reload)
{
	if (snap->promotes_secondaries)
		return false;
	vec_each(gone, &reload->gone) {
		struct prefix subnet = gone->prefix;

		prefix_mask(&subnet);
		if (gone->prefix.addr.family != AF_INET)
			continue;
		vec_each(addr, &reload->want.addrs) {
			struct prefix other = addr->prefix;

			prefix_mask(&other);
			if (prefix_equal(&subnet, &other))
				return true;
		}
	}
	return false;
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

static bool set_link(const struct snap *snap, const struct want *want, struct plan *plan)
{
	if (snap->link.up && snap->link.mtu == want->mtu)
		return true;
	struct op *op =
		diff_add(plan, snap->link.up ? OP_LINK_MTU : OP_LINK_UP, want->conf->mtu_line);
	if (!op)
		return false;
	op->mtu.value = want->mtu;
	op->mtu.before = snap->link.mtu;
	return true;
}

static bool change_peers(const struct reload *reload, struct plan *plan)
{
	const struct peers_change *peers = &reload->peers;

	if (!peers_differ(peers))
		return true;
	struct op *op = diff_add(plan, OP_WG_CHANGE, 0);
	if (!op)
		return false;
	op->change.forth = &peers->forth;
	op->change.back = &peers->back;
	op->change.wanted = &peers->wanted;
	op->change.running = &peers->running;
	op->change.private_key_line = reload->want.conf->private_key_line;
	return true;
}

/* The mark of a full tunnel that ends goes after the rules: those would send packets without it
 * into the tunnel. */
static bool clear_mark(const struct snap *snap, const struct want *want, struct plan *plan)
{
	bool of_tunnel = false;

	vec_each(tunnel, &snap->tunnel_rules)
		of_tunnel |= rules_is_own(tunnel, snap) && tunnel->rule.fwmark == snap->wg.fwmark;
	if (!of_tunnel || want->full_ip || want->full_ip6 || want->device.has_fwmark)
		return true;
	struct op *op = diff_add(plan, OP_WG_MARK, 0);
	if (op)
		op->mark.before = snap->wg.fwmark;
	return op;
}

static bool remove_peers(const struct reload *reload, struct plan *plan)
{
	if (!reload->peers.removed.peers.len)
		return true;
	struct op *op = diff_add(plan, OP_WG_CHANGE, 0);
	if (!op)
		return false;
	op->change.forth = &reload->peers.removed;
	op->change.back = &reload->peers.restored;
	return true;
}

static bool is_full(const struct want *want, uint8_t family)
{
	return family == AF_INET6 ? want->full_ip6 : want->full_ip;
}

static bool is_wanted_rule(const struct tunnel_rule *tunnel, const struct want *want)
{
	return is_full(want, tunnel->rule.family) && tunnel->rule.fwmark == want->mark;
}

/* The one of this interface's that is wanted; NULL: it is missing. */
static const struct tunnel_rule *find_rule(const struct snap *snap, const struct want *want,
					   uint8_t family)
{
	vec_each(tunnel, &snap->tunnel_rules)
		if (tunnel->rule.family == family && is_wanted_rule(tunnel, want))
			return tunnel;
	return NULL;
}

static bool is_paired(const struct rule *suppress, const struct rule_pair_vec *pairs)
{
	vec_each(pair, pairs)
		if (*pair == suppress)
			return true;
	return false;
}

/* A suppress rule that lost its tunnel's would stay for ever, beside the new pair. */
static bool remove_orphans(const struct snap *snap, const struct rule_pair_vec *pairs,
			   uint8_t family, struct plan *plan)
{
	vec_each(suppress, &snap->suppress_rules)
		if (suppress->family == family && suppress->protocol == RTPROT_KERNEL &&
		    !is_paired(suppress, pairs))
			return rules_delete_one(suppress, plan);
	return true;
}

static bool add_rules(const struct snap *snap, const struct want *want,
		      const struct rule_pair_vec *pairs, uint8_t family, uint32_t line,
		      struct plan *plan)
{
	if (!is_full(want, family))
		return true;
	const struct tunnel_rule *tunnel = find_rule(snap, want, family);
	if (!tunnel)
		return diff_add_tunnel_rule(family, want->mark, line, plan) &&
		       diff_add_suppress_rule(family, line, plan) &&
		       remove_orphans(snap, pairs, family, plan);
	return pairs->at[tunnel - snap->tunnel_rules.at] ||
	       diff_add_suppress_rule(family, line, plan);
}

static bool remove_rules(const struct snap *snap, const struct want *want,
			 const struct rule_pair_vec *pairs, struct plan *plan)
{
	for (size_t i = 0; i < snap->tunnel_rules.len; i++) {
		const struct tunnel_rule *tunnel = &snap->tunnel_rules.at[i];

		if (!rules_is_own(tunnel, snap) || is_wanted_rule(tunnel, want))
			continue;
		if (!rules_delete_one(&tunnel->rule, plan) ||
		    (pairs->at[i] && !rules_delete_one(pairs->at[i], plan)))
			return false;
	}
	return true;
}

static bool remove_routes(const struct reload *reload, struct plan *plan)
{
	vec_each(change, &reload->tables) {
		if (!change->remove.len)
			continue;
		struct op *op = diff_add(plan, OP_ROUTE_DEL, 0);
		if (!op)
			return false;
		op->routes.at = change->remove.at;
		op->routes.count = change->remove.len;
		op->routes.table = change->table;
	}
	return true;
}

static bool add_routes(const struct reload *reload, bool late, struct plan *plan)
{
	vec_each(change, &reload->tables) {
		const struct route_vec *routes = late ? &change->add_late : &change->add;

		if (!diff_add_routes(routes->at, routes->len, change->table, 0, plan))
			return false;
	}
	return true;
}

/* The firewall that the running tunnel must have had: its rules' families, its mark, the addresses
 * that the interface has. */
static const struct firewall *firewall_before(const struct snap *snap, struct reload *reload)
{
	struct firewall *before = &reload->firewall_before;

	if (!snap->has_firewall || !snap->firewall_mark)
		return NULL;
	*before =
		(struct firewall){.ifname = reload->want.conf->ifname, .mark = snap->firewall_mark};
	vec_each(tunnel, &snap->tunnel_rules) {
		before->ip |= tunnel->leads_here && tunnel->rule.family == AF_INET;
		before->ip6 |= tunnel->leads_here && tunnel->rule.family == AF_INET6;
	}
	if (!vec_reserve(&reload->firewall_addrs_before, snap->addrs.len))
		return NULL;
	vec_each(addr, &snap->addrs)
		reload->firewall_addrs_before.at[reload->firewall_addrs_before.len++] =
			addr->prefix.addr;
	before->addrs = reload->firewall_addrs_before.at;
	before->addr_count = reload->firewall_addrs_before.len;
	return before;
}

static bool set_firewall(const struct snap *snap, const struct means *means, struct reload *reload)
{
	bool full = reload->want.full_ip || reload->want.full_ip6;

	if (full ? snap->has_firewall_rules || means->firewall == MEANS_FIREWALL_NONE
		 : !snap->has_firewall)
		return true;
	struct op *op = diff_add(&reload->plan, full ? OP_FIREWALL_SET : OP_FIREWALL_REMOVE, 0);
	if (!op)
		return false;
	op->firewall.rules = reload->firewall;
	op->firewall.before = firewall_before(snap, reload);
	return true;
}

/* Each line of text as an element. */
static int split(const struct buf *text, struct conf_text_vec *ret)
{
	for (const char *line = buf_text(text); *line; line += strcspn(line, "\n") + 1) {
		struct conf_text *item = vec_push(ret);

		if (!item)
			return -ENOMEM;
		item->text = mem_strndup(line, strcspn(line, "\n"));
		if (!item->text)
			return -ENOMEM;
	}
	return 0;
}

/* Addresses by their value, whatever their spelling. */
static bool same_text(const char *a, const char *b)
{
	struct addr x, y;

	if (addr_parse(a, strlen(a), &x) == 0 && addr_parse(b, strlen(b), &y) == 0)
		return addr_compare(&x, &y) == 0;
	return strcmp(a, b) == 0;
}

static bool same_texts(const struct conf_text_vec *a, const struct conf_text_vec *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!same_text(a->at[i].text, b->at[i].text))
			return false;
	return true;
}

static bool was_full(const struct snap *snap)
{
	vec_each(tunnel, &snap->tunnel_rules)
		if (rules_is_own(tunnel, snap))
			return true;
	return false;
}

static bool set_dns(const struct snap *snap, const struct means *means, struct reload *reload)
{
	const struct conf *conf = reload->want.conf;
	bool is_set = snap->dns_servers.len || snap->dns_search.len;
	bool full = reload->want.full_ip || reload->want.full_ip6;
	/* Only systemd-resolved is told whether all names go this way. */
	bool same_way = means->dns != MEANS_DNS_RESOLVED || full == was_full(snap);

	if (means->dns == MEANS_DNS_NONE || !snap->knows_dns || (!is_set && !conf_has_dns(conf)))
		return true;
	if (split(&snap->dns_servers, &reload->dns_servers_before) < 0 ||
	    split(&snap->dns_search, &reload->dns_search_before) < 0)
		return false;
	if (same_way && same_texts(&reload->dns_servers_before, &conf->dns_servers) &&
	    same_texts(&reload->dns_search_before, &conf->dns_search))
		return true;

	struct op *op = diff_add(&reload->plan, conf_has_dns(conf) ? OP_DNS_SET : OP_DNS_UNSET,
				 conf->dns_servers.len ? conf->dns_servers.at[0].line : 0);
	if (!op)
		return false;
	reload->dns_before = (struct dns_setting){.servers = &reload->dns_servers_before,
						  .search = &reload->dns_search_before,
						  .catch_all = was_full(snap)};
	op->dns.is =
		(struct dns_setting){.servers = &conf->dns_servers,
				     .search = &conf->dns_search,
				     .catch_all = reload->want.full_ip || reload->want.full_ip6};
	op->dns.before = is_set ? &reload->dns_before : NULL;
	return true;
}

static bool plan_all(const struct snap *snap, const struct means *means,
		     const struct rule_pair_vec *pairs, struct reload *reload)
{
	const struct want *want = &reload->want;
	struct plan *plan = &reload->plan;
	bool promote = needs_promotion(snap, reload);

	return (!promote || set_promotion(reload, true)) && remove_addresses(reload, true, plan) &&
	       set_link(snap, want, plan) && add_addresses(snap, want, plan) &&
	       change_peers(reload, plan) &&
	       add_rules(snap, want, pairs, AF_INET6, want->default_ip6.line, plan) &&
	       add_rules(snap, want, pairs, AF_INET, want->default_ip.line, plan) &&
	       (!want->full_ip || diff_add_src_valid_mark(snap, want->default_ip.line, plan)) &&
	       add_routes(reload, false, plan) && remove_rules(snap, want, pairs, plan) &&
	       clear_mark(snap, want, plan) && remove_routes(reload, plan) &&
	       remove_addresses(reload, false, plan) && add_routes(reload, true, plan) &&
	       (!promote || set_promotion(reload, false)) && set_firewall(snap, means, reload) &&
	       set_dns(snap, means, reload) && remove_peers(reload, plan);
}

int reload_plan(const struct snap *snap, const struct means *means, struct reload *reload,
		struct diag *d)
{
	struct rule_pair_vec pairs = {0};
	int r = find_gone(snap, reload) < 0 ? diag_no_memory(d) : 0;

	if (r == 0)
		r = peers_compare(&reload->want, snap, &reload->peers, d);
	if (r == 0)
		r = tables_compare(&reload->want, snap, &reload->gone, &reload->tables, d);
	if (r == 0)
		r = rules_pair(snap, &pairs, d);
	if (r == 0 && !plan_all(snap, means, &pairs, reload))
		r = diag_no_memory(d);
	vec_release(&pairs);
	return r;
}

static void release_texts(struct conf_text_vec *texts)
{
	vec_each(text, texts)
		free(text->text);
	vec_release(texts);
}

void reload_release(struct reload *reload)
{
	want_release(&reload->want);
	peers_change_release(&reload->peers);
	tables_change_release(&reload->tables);
	addrs_release(&reload->gone);
	vec_release(&reload->firewall_addrs_before);
	release_texts(&reload->dns_servers_before);
	release_texts(&reload->dns_search_before);
	buf_release(&reload->promote_secondaries);
	plan_release(&reload->plan);
}
