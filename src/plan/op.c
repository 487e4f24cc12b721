// SPDX-License-Identifier: GPL-2.0-or-later
// What each kind of step is: how it reads, what it changes, its inverse.
#include "wgq/plan/op.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "wgq/conf/hook/hooks.h"
#include "wgq/net/pin.h"
#include "wgq/plan/text/change.h"
#include "wgq/plan/text/format.h"

static char family_digit(uint8_t family)
{
	return family == AF_INET6 ? '6' : '4';
}

static void format_link_add(const struct op *op, const struct op_context *context, struct buf *out)
{
	struct means means = *context->means;

	if (op->returns) {
		means.userspace = means.former;
		means.userspace_forced = means.former != NULL;
	}
	if (!means.userspace_forced) {
		buf_str(out, "ip link add dev ");
		buf_shell_word(out, context->ifname);
		buf_str(out, " type wireguard");
	}
	if (means.userspace && (context->form == OP_SCRIPT || means.userspace_forced)) {
		buf_str(out, means.userspace_forced ? "" : " || ");
		buf_shell_word(out, means.userspace);
		buf_char(out, ' ');
		buf_shell_word(out, context->ifname);
	}
}

static void format_link_del(const struct op *op, const struct op_context *context, struct buf *out)
{
	(void)op;
	buf_str(out, "ip link delete dev ");
	buf_shell_word(out, context->ifname);
}

/* Up, down, or as it is, with an MTU. */
static void format_link_set(const struct op *op, const struct op_context *context, struct buf *out)
{
	buf_addf(out, "ip link set mtu %u%s dev ", op->mtu.value,
		 op->kind == OP_LINK_UP     ? " up"
		 : op->kind == OP_LINK_DOWN ? " down"
					    : "");
	buf_shell_word(out, context->ifname);
}

static int list_link_set(const struct op *op, struct change_vec *changes)
{
	int r = op->kind == OP_LINK_UP ? change_add(changes, CHANGE_INTERFACE, CHANGE_ALTER,
						    "state", "down", "up", 0)
				       : 0;

	if (r < 0 || op->mtu.value == op->mtu.before)
		return r;
	return change_add_number(changes, "mtu", op->mtu.before, op->mtu.value, op->line);
}

static void format_multicast(const struct op *op, const struct op_context *context, struct buf *out)
{
	buf_addf(out, "ip link set multicast %s dev ", op->multicast.value ? "on" : "off");
	buf_shell_word(out, context->ifname);
}

static int list_multicast(const struct op *op, struct change_vec *changes)
{
	return change_add(changes, CHANGE_INTERFACE, CHANGE_ALTER, "multicast",
			  op->multicast.before ? "on" : "off", op->multicast.value ? "on" : "off",
			  op->line);
}

static bool make_link_again(struct op *op)
{
	return op->returns;
}

static void format_mark(const struct op *op, const struct op_context *context, struct buf *out)
{
	buf_str(out, "wg set ");
	buf_shell_word(out, context->ifname);
	buf_addf(out, " fwmark %u", op->mark.value);
}

static int list_mark(const struct op *op, struct change_vec *changes)
{
	return change_mark(changes, op->mark.before, op->mark.value);
}

static void format_note(const struct op *op, const struct op_context *context, struct buf *out)
{
	_cleanup_buf_ struct buf name = {0}, setting = {0};

	buf_addf(&name, "net/ipv4/conf/%s/tag", context->ifname);
	buf_sysctl_name(&setting, buf_text(&name));
	buf_str(out, "sysctl -q ");
	buf_shell_word(out, buf_text(&setting));
	buf_addf(out, "=%u%s", op->note.value,
		 context->form == OP_SCRIPT ? " 2>/dev/null || :" : "");
}

static void format_remove_peers(const struct op *op, const struct op_context *context,
				struct buf *out)
{
	(void)op;
	buf_str(out, "wg setconf ");
	buf_shell_word(out, context->ifname);
	buf_str(out, " /dev/null");
}

static bool swap_devices(struct op *op)
{
	const struct wg_device *forth = op->change.forth;

	op->change.forth = op->change.back;
	op->change.back = forth;
	return true;
}

static void format_addr(const struct op *op, const struct op_context *context, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&op->addr.prefix, text);
	buf_addf(out, "ip -%c address %s %s dev ", family_digit(op->addr.prefix.addr.family),
		 op->kind == OP_ADDR_ADD ? "add" : "delete", text);
	buf_shell_word(out, context->ifname);
}

static int list_addr(const struct op *op, struct change_vec *changes)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&op->addr.prefix, text);
	return change_add(changes, CHANGE_ADDRESS,
			  op->kind == OP_ADDR_ADD ? CHANGE_ADD : CHANGE_REMOVE, text, "", "",
			  op->line);
}

static const char *lead_text(enum route_lead lead)
{
	switch (lead) {
	case ROUTE_BARRIER:
		return "unreachable ";
	case ROUTE_THROW:
		return "throw ";
	case ROUTE_INTO:
		break;
	}
	return "";
}

static void format_routes(const struct op *op, const struct op_context *context, struct buf *out)
{
	bool beside = op->routes.put_back || op->routes.group.lead == ROUTE_BARRIER;
	const char *verb = op->kind == OP_ROUTE_DEL ? "delete" : beside ? "prepend" : "add";

	for (size_t i = 0; i < op->routes.count; i++) {
		const struct route *route = &op->routes.at[i];
		char text[PREFIX_TEXT_MAX];

		if (i)
			buf_char(out, '\n');
		if (i == context->limit) {
			buf_addf(out, "... and %zu more routes", op->routes.count - i);
			return;
		}
		uint8_t family = route->prefix.addr.family;
		const struct route_group group = route_group_of(&op->routes.group, family);

		prefix_format(&route->prefix, text);
		buf_addf(out, "ip -%c route %s %s%s", family_digit(family), verb,
			 lead_text(group.lead), text);
		if (group.lead != ROUTE_INTO) {
			buf_addf(out, " window %u", route_window(context->ifname));
		} else {
			buf_str(out, group.shared ? " via fe80::1 dev " : " dev ");
			buf_shell_word(out, context->ifname);
		}
		if (group.shared)
			buf_str(out, " onlink");
		if (group.metric)
			buf_addf(out, " metric %u", group.metric);
		if (group.own)
			buf_addf(out, " proto %d", ROUTE_PROTOCOL);
		if (group.table != RT_TABLE_MAIN)
			buf_addf(out, " table %u", group.table);
	}
}

static int list_routes(const struct op *op, struct change_vec *changes)
{
	enum change_sign sign = op->kind == OP_ROUTE_ADD ? CHANGE_ADD : CHANGE_REMOVE;
	int r = 0;

	if (op->routes.temporary)
		return 0;
	for (size_t i = 0; r == 0 && i < op->routes.count; i++) {
		const struct route *route = &op->routes.at[i];
		const struct route_group group =
			route_group_of(&op->routes.group, route->prefix.addr.family);
		char prefix[PREFIX_TEXT_MAX], metric[24] = "", table[24] = "";
		char object[PREFIX_TEXT_MAX + sizeof(metric) + sizeof(table) + 32];

		prefix_format(&route->prefix, prefix);
		if (group.metric)
			snprintf(metric, sizeof(metric), " metric %u", group.metric);
		if (group.table != RT_TABLE_MAIN)
			snprintf(table, sizeof(table), " table %u", group.table);
		snprintf(object, sizeof(object), "%s%s%s%s%s", lead_text(group.lead), prefix,
			 group.shared ? " via fe80::1" : "", metric, table);
		r = change_add(changes, CHANGE_ROUTE, sign, object, "", "", route->line);
	}
	return r;
}

static bool put_routes_back(struct op *op)
{
	op->routes.put_back = true;
	return true;
}

static void format_restore(const struct op *op, const struct op_context *context, struct buf *out)
{
	(void)op;
	(void)context;
	buf_str(out, "ip address restore\nip route restore");
}

/* The script adds what wg-quick leaves out: the protocol that keeps systemd-networkd away, and the
 * priority that tells which of several equal rules is meant. */
static void format_rule(const struct op *op, const struct op_context *context, struct buf *out)
{
	const struct rule *rule = &op->rule;
	bool add = op->kind == OP_RULE_ADD, whole = add || context->form == OP_SCRIPT;

	buf_addf(out, "ip -%c rule %s ", family_digit(rule->family), add ? "add" : "delete");
	if (whole && rule->priority)
		buf_addf(out, "priority %u ", rule->priority);
	if (rule->has_suppress)
		buf_addf(out, "table main suppress_prefixlength %u", rule->suppress_prefixlen);
	else if (whole)
		buf_addf(out, "not fwmark %u table %u", rule->fwmark, rule->table);
	else
		buf_addf(out, "table %u", rule->table);
	if (context->form == OP_SCRIPT && rule->protocol)
		buf_addf(out, " protocol %u", rule->protocol);
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

static void format_sysctl(const struct op *op, const struct op_context *context, struct buf *out)
{
	_cleanup_buf_ struct buf assignment = {0};

	(void)context;
	buf_sysctl_name(&assignment, op->sysctl.name);
	buf_addf(&assignment, "=%ld", op->sysctl.value);
	buf_str(out, "sysctl -q ");
	buf_shell_word(out, buf_text(&assignment));
}

static void format_unpin(const struct op *op, const struct op_context *context, struct buf *out)
{
	uint32_t table = pin_table(context->ifname);

	vec_each(to, op->pins) {
		const struct addr addr = endpoint_addr(to);
		char family = family_digit(addr.family), text[ADDR_TEXT_MAX];

		addr_format(&addr, text);
		buf_addf(out,
			 "%sip -%c rule delete priority %d to %s ipproto udp dport %u table %u",
			 to == op->pins->at ? "" : "\n", family, PIN_PRIORITY, text,
			 endpoint_port(to), table);
		buf_addf(out, "\nip -%c route delete %s table %u", family, text, table);
	}
}

static int list_unpin(const struct op *op, struct change_vec *changes)
{
	int r = 0;

	vec_each(to, op->pins) {
		_cleanup_buf_ struct buf text = {0};

		buf_str(&text, "for packets to ");
		endpoint_format(to, &text);
		r = buf_status(&text);
		if (r == 0)
			r = change_add(changes, CHANGE_RULE, CHANGE_REMOVE, buf_text(&text), "", "",
				       0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int list_sysctl(const struct op *op, struct change_vec *changes)
{
	char from[24], to[24];

	if (op->sysctl.temporary)
		return 0;
	snprintf(from, sizeof(from), "%ld", op->sysctl.before);
	snprintf(to, sizeof(to), "%ld", op->sysctl.value);
	return change_add(changes, CHANGE_SETTING, CHANGE_ALTER, op->sysctl.name, from, to,
			  op->line);
}

static bool swap_settings(struct op *op)
{
	long value = op->sysctl.value;

	op->sysctl.value = op->sysctl.before;
	op->sysctl.before = value;
	return true;
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

/* What was there is set again; what was not there is removed. */
static bool return_firewall(struct op *op)
{
	if (!op->firewall.before)
		return op->kind == OP_FIREWALL_REMOVE;
	op->kind = OP_FIREWALL_SET;
	op->firewall.rules = *op->firewall.before;
	return true;
}

static bool return_walls(struct op *op)
{
	if (!op->walls.before)
		return op->kind == OP_WALLS_REMOVE;
	op->kind = OP_WALLS_SET;
	op->walls.is = op->walls.before;
	return true;
}

static void format_servers(const struct dns_setting *dns, struct buf *out)
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
		format_servers(op->dns.before, &from);
	if (op->kind == OP_DNS_SET)
		format_servers(&op->dns.is, &to);
	if (buf_status(&from) < 0 || buf_status(&to) < 0)
		return -ENOMEM;
	return change_add(changes, CHANGE_DNS, sign, "name servers", buf_text(&from), buf_text(&to),
			  op->line);
}

static bool return_dns(struct op *op)
{
	if (!op->dns.before)
		return op->kind == OP_DNS_UNSET;
	op->kind = OP_DNS_SET;
	op->dns.is = *op->dns.before;
	return true;
}

static void format_hook(const struct op *op, const struct op_context *context, struct buf *out)
{
	_cleanup_buf_ struct buf command = {0};

	hook_expand(op->hook, context->ifname, &command);
	if (context->form == OP_ECHO) {
		buf_str(out, buf_text(&command));
		return;
	}
	buf_str(out, "env LC_ALL=C INTERFACE=");
	buf_shell_word(out, context->ifname);
	buf_str(out, " CONFIG_FILE=");
	buf_shell_word(out, context->config_file);
	buf_str(out, " bash -O extglob -e -o pipefail -c ");
	buf_shell_word(out, buf_text(&command));
	buf_str(out, op->may_fail ? " || true" : "");
}

/* wg-quick echoes only how it learns what is running (linux.bash:280). The text has secrets, which
 * a script must not have, so that learns it when it is run. */
static void format_save(const struct op *op, const struct op_context *context, struct buf *out)
{
	bool echo = context->form == OP_ECHO;

	if (op->save.is_edit)
		buf_str(out, "write ");
	else
		buf_str(out, echo ? "wg showconf " : "wgq save ");
	buf_shell_word(out, echo && !op->save.is_edit ? context->ifname : op->save.name);
}

static bool swap_texts(struct op *op)
{
	const struct config_text *was = op->save.before;

	op->save.before = op->save.text;
	op->save.text = was;
	return op->save.is_edit;
}

/* A number and the one before it: all of these lie at the same place. */
static bool swap_numbers(struct op *op)
{
	const struct op_number was = op->mtu;

	op->mtu = (struct op_number){.value = was.before, .before = was.value};
	return true;
}

static bool only_its_kind(struct op *op)
{
	(void)op;
	return true;
}

const struct op_type op_types[OP_KINDS] = {
	[OP_LINK_ADD] = {format_link_add, NULL, only_its_kind, OP_LINK_DEL},
	[OP_LINK_DEL] = {format_link_del, NULL, make_link_again, OP_LINK_ADD, .removes = true,
			 .of_ip = true},
	[OP_LINK_UP] = {format_link_set, list_link_set, swap_numbers, OP_LINK_DOWN,
			.dies_with_link = true, .of_ip = true},
	[OP_LINK_DOWN] = {format_link_set, .dies_with_link = true, .of_ip = true},
	[OP_LINK_MTU] = {format_link_set, list_link_set, swap_numbers, OP_LINK_MTU,
			 .dies_with_link = true, .of_ip = true},
	[OP_LINK_MULTICAST] = {format_multicast, list_multicast, swap_numbers, OP_LINK_MULTICAST,
			       .dies_with_link = true, .of_ip = true},
	[OP_WG_SET] = {format_wg_set, .dies_with_link = true},
	[OP_WG_CHANGE] = {format_wg_change, change_wg, swap_devices, OP_WG_CHANGE,
			  .dies_with_link = true},
	[OP_WG_MARK] = {format_mark, list_mark, swap_numbers, OP_WG_MARK, .dies_with_link = true},
	[OP_WG_NOTE] = {format_note, NULL, swap_numbers, OP_WG_NOTE, .dies_with_link = true},
	[OP_WG_REMOVE_PEERS] = {format_remove_peers, NULL, only_its_kind, OP_WG_SET,
				.dies_with_link = true},
	[OP_ADDR_ADD] = {format_addr, list_addr, only_its_kind, OP_ADDR_DEL, .dies_with_link = true,
			 .of_ip = true},
	[OP_ADDR_DEL] = {format_addr, list_addr, only_its_kind, OP_ADDR_ADD, .dies_with_link = true,
			 .removes = true, .of_ip = true},
	[OP_ROUTE_ADD] = {format_routes, list_routes, only_its_kind, OP_ROUTE_DEL,
			  .dies_with_link = true, .of_ip = true},
	[OP_ROUTE_DEL] = {format_routes, list_routes, put_routes_back, OP_ROUTE_ADD,
			  .dies_with_link = true, .removes = true, .of_ip = true},
	[OP_RESTORE] = {format_restore, .dies_with_link = true, .of_ip = true},
	[OP_RULE_ADD] = {format_rule, list_rule, only_its_kind, OP_RULE_DEL, .of_ip = true},
	[OP_RULE_DEL] = {format_rule, list_rule, only_its_kind, OP_RULE_ADD, .removes = true,
			 .of_ip = true},
	[OP_UNPIN] = {format_unpin, list_unpin, .removes = true, .of_ip = true},
	[OP_SYSCTL_SET] = {format_sysctl, list_sysctl, swap_settings, OP_SYSCTL_SET,
			   .removes = true},
	[OP_FIREWALL_SET] = {format_firewall_set, list_firewall, return_firewall,
			     OP_FIREWALL_REMOVE, .program = OP_RUNS_IPTABLES},
	[OP_FIREWALL_REMOVE] = {format_firewall_remove, list_firewall, return_firewall,
				OP_FIREWALL_SET, .removes = true, .program = OP_RUNS_IPTABLES},
	[OP_WALLS_SET] = {format_walls_set, change_walls, return_walls, OP_WALLS_REMOVE},
	[OP_WALLS_REMOVE] = {format_walls_remove, change_walls, return_walls, OP_WALLS_SET,
			     .removes = true},
	[OP_DNS_SET] = {format_dns_set, list_dns, return_dns, OP_DNS_UNSET,
			.program = OP_RUNS_PROGRAM},
	[OP_DNS_UNSET] = {format_dns_unset, list_dns, return_dns, OP_DNS_SET, .removes = true,
			  .program = OP_RUNS_PROGRAM},
	[OP_HOOK] = {format_hook, .program = OP_RUNS_PROGRAM},
	[OP_SAVE] = {format_save, NULL, swap_texts, OP_SAVE},
};

bool op_inverse(const struct op *op, struct op *ret)
{
	const struct op_type *type = &op_types[op->kind];

	*ret = *op;
	ret->kind = type->inverse;
	return type->invert && type->invert(ret);
}

bool op_replaces(const struct op *op)
{
	bool firewall = op->kind == OP_FIREWALL_SET || op->kind == OP_FIREWALL_REMOVE;
	bool dns = op->kind == OP_DNS_SET || op->kind == OP_DNS_UNSET;

	return (firewall && op->firewall.before) || (dns && op->dns.before);
}

/* Routes that do not lead into the link stay; what is set for a moment is the link's own setting.
 */
bool op_dies_with_link(const struct op *op)
{
	if (op->kind == OP_ROUTE_ADD || op->kind == OP_ROUTE_DEL)
		return op->routes.group.lead == ROUTE_INTO;
	return op_types[op->kind].dies_with_link ||
	       (op->kind == OP_SYSCTL_SET && op->sysctl.temporary);
}

struct op *plan_add(struct plan *plan, enum op_kind kind, uint32_t line)
{
	struct op *op = vec_push(plan);

	if (!op) {
		plan->failed = true;
		op = &plan->lost;
	}
	*op = (struct op){.kind = kind, .line = line};
	return op;
}

struct op *plan_add_back_only(struct plan *plan, enum op_kind kind)
{
	struct op *op = plan_add(plan, kind, 0);

	op->back_only = true;
	return op;
}

int plan_check(const struct plan *plan, struct diag *d)
{
	return plan->failed ? diag_no_memory(d) : 0;
}

void plan_release(struct plan *plan)
{
	if (plan)
		vec_release(plan);
}
