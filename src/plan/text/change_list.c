// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan changes, object by object; WireGuard's own are in change_wg.c.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "change_internal.h"

static int list_link(const struct op *op, struct change_vec *changes)
{
	int r = op->kind == OP_LINK_UP ? change_add(changes, CHANGE_INTERFACE, CHANGE_ALTER,
						    "state", "down", "up", 0)
				       : 0;

	if (r < 0 || op->mtu.value == op->mtu.before)
		return r;
	return change_add_number(changes, "mtu", op->mtu.before, op->mtu.value, op->line);
}

static int list_routes(const struct op *op, struct change_vec *changes)
{
	enum change_sign sign = op->kind == OP_ROUTE_ADD ? CHANGE_ADD : CHANGE_REMOVE;
	int r = 0;

	if (op->routes.temporary)
		return 0;
	for (size_t i = 0; r == 0 && i < op->routes.count; i++) {
		const struct route *route = &op->routes.at[i];
		const char *type = op->routes.barrier ? "unreachable " : "";
		char prefix[PREFIX_TEXT_MAX], object[PREFIX_TEXT_MAX + 36];

		prefix_format(&route->prefix, prefix);
		if (op->routes.table == RT_TABLE_MAIN)
			snprintf(object, sizeof(object), "%s%s", type, prefix);
		else
			snprintf(object, sizeof(object), "%s%s table %u", type, prefix,
				 op->routes.table);
		r = change_add(changes, CHANGE_ROUTE, sign, object, "", "", route->line);
	}
	return r;
}

static int list_rule(const struct op *op, struct change_vec *changes)
{
	const struct rule *rule = &op->rule;
	const char *family = rule->family == AF_INET6 ? "IPv6" : "IPv4";
	char object[96], priority[16] = "";

	if (rule->priority)
		snprintf(priority, sizeof(priority), " %u:", rule->priority);
	if (rule->has_suppress)
		snprintf(object, sizeof(object), "%s%s lookup main suppress_prefixlength %u",
			 family, priority, rule->suppress_prefixlen);
	else
		snprintf(object, sizeof(object), "%s%s not fwmark 0x%x lookup %u", family, priority,
			 rule->fwmark, rule->table);
	return change_add(changes, CHANGE_RULE,
			  op->kind == OP_RULE_ADD ? CHANGE_ADD : CHANGE_REMOVE, object, "", "",
			  op->line);
}

static int list_address(const struct op *op, struct change_vec *changes)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&op->addr.prefix, text);
	return change_add(changes, CHANGE_ADDRESS,
			  op->kind == OP_ADDR_ADD ? CHANGE_ADD : CHANGE_REMOVE, text, "", "",
			  op->line);
}

static int list_setting(const struct op *op, struct change_vec *changes)
{
	char from[24], to[24];

	snprintf(from, sizeof(from), "%ld", op->sysctl.before);
	snprintf(to, sizeof(to), "%ld", op->sysctl.value);
	return change_add(changes, CHANGE_SETTING, CHANGE_ALTER, op->sysctl.name, from, to,
			  op->line);
}

static int list_firewall(const struct op *op, struct change_vec *changes)
{
	char rules[64];

	snprintf(rules, sizeof(rules), "rules for %s", op->firewall.rules.ifname);
	return change_add(changes, CHANGE_FIREWALL,
			  op->kind == OP_FIREWALL_REMOVE ? CHANGE_REMOVE
			  : op->firewall.before          ? CHANGE_ALTER
							 : CHANGE_ADD,
			  rules, "", "", 0);
}

static void format_dns(const struct dns_setting *dns, struct buf *out)
{
	const struct conf_text_vec *lists[] = {dns->servers, dns->search};

	for (size_t i = 0; i < 2; i++)
		vec_each(item, lists[i])
			buf_addf(out, "%s%s", out->len ? ", " : "", item->text);
}

static int list_dns(const struct op *op, struct change_vec *changes)
{
	_cleanup_buf_ struct buf from = {0}, to = {0};
	enum change_sign sign = op->kind == OP_DNS_UNSET ? CHANGE_REMOVE
				: op->dns.before         ? CHANGE_ALTER
							 : CHANGE_ADD;

	if (op->dns.before)
		format_dns(op->dns.before, &from);
	if (op->kind == OP_DNS_SET)
		format_dns(&op->dns.is, &to);
	if (buf_status(&from) < 0 || buf_status(&to) < 0)
		return -ENOMEM;
	return change_add(changes, CHANGE_DNS, sign, "name servers", buf_text(&from), buf_text(&to),
			  op->line);
}

static int list_op(const struct op *op, struct change_vec *changes)
{
	switch (op->kind) {
	case OP_LINK_UP:
	case OP_LINK_MTU:
		return list_link(op, changes);
	case OP_WG_CHANGE:
		return change_wg(op, changes);
	case OP_WG_MARK:
		return change_mark(changes, op->mark.before, op->mark.value);
	case OP_ADDR_ADD:
	case OP_ADDR_DEL:
		return list_address(op, changes);
	case OP_ROUTE_ADD:
	case OP_ROUTE_DEL:
		return list_routes(op, changes);
	case OP_RULE_ADD:
	case OP_RULE_DEL:
		return list_rule(op, changes);
	case OP_SYSCTL_SET:
		return op->sysctl.temporary ? 0 : list_setting(op, changes);
	case OP_FIREWALL_SET:
	case OP_FIREWALL_REMOVE:
		return list_firewall(op, changes);
	case OP_DNS_SET:
	case OP_DNS_UNSET:
		return list_dns(op, changes);
	case OP_LINK_ADD:
	case OP_LINK_DEL:
	case OP_LINK_DOWN:
	case OP_WG_SET:
	case OP_WG_NOTE:
	case OP_WG_REMOVE_PEERS:
	case OP_RESTORE:
	case OP_HOOK:
	case OP_SAVE:
		return 0;
	}
	return 0;
}

/* Keeps the plan's order within a group: a sort by counting. */
static int by_group(struct change_vec *changes)
{
	struct change_vec sorted = {0};

	if (!vec_reserve(&sorted, changes->len))
		return -ENOMEM;
	for (enum change_group group = 0; group < CHANGE_GROUPS; group++)
		vec_each(change, changes)
			if (change->group == group)
				sorted.at[sorted.len++] = *change;
	vec_release(changes);
	*changes = sorted;
	return 0;
}

int change_list(const struct plan *plan, const struct peer_names *names, struct change_vec *ret,
		struct diag *d)
{
	int r = 0;

	vec_each(op, plan)
		if (r == 0 && !op->back_only)
			r = list_op(op, ret);
	if (r == 0)
		r = change_find_new_keys(names, ret);
	if (r == 0)
		r = by_group(ret);
	return r < 0 ? diag_no_memory(d) : 0;
}
