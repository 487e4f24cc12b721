// SPDX-License-Identifier: GPL-2.0-or-later
// What a step is: its inverse, and its name in messages.
#include "wgq/plan/op.h"

#include <string.h>

bool op_inverse(const struct op *op, struct op *ret)
{
	*ret = *op;
	switch (op->kind) {
	case OP_LINK_ADD:
		ret->kind = OP_LINK_DEL;
		return true;
	case OP_ADDR_ADD:
		ret->kind = OP_ADDR_DEL;
		return true;
	case OP_ADDR_DEL:
		ret->kind = OP_ADDR_ADD;
		return true;
	case OP_ROUTE_ADD:
		ret->kind = OP_ROUTE_DEL;
		return true;
	case OP_ROUTE_DEL:
		ret->kind = OP_ROUTE_ADD;
		return true;
	case OP_RULE_ADD:
		ret->kind = OP_RULE_DEL;
		return true;
	case OP_RULE_DEL:
		ret->kind = OP_RULE_ADD;
		return true;
	case OP_SYSCTL_SET:
		ret->sysctl.value = op->sysctl.before;
		ret->sysctl.before = op->sysctl.value;
		return true;
	case OP_FIREWALL_SET:
		ret->kind = OP_FIREWALL_REMOVE;
		return true;
	case OP_DNS_SET:
		ret->kind = OP_DNS_UNSET;
		return true;
	case OP_WG_REMOVE_PEERS:
		ret->kind = OP_WG_SET;
		return true;
	case OP_LINK_DEL:
	case OP_LINK_UP:
	case OP_WG_SET:
	case OP_WG_MARK:
	case OP_FIREWALL_REMOVE:
	case OP_DNS_UNSET:
	case OP_HOOK:
	case OP_SAVE:
		return false;
	}
	return false;
}

bool op_dies_with_link(enum op_kind kind)
{
	switch (kind) {
	case OP_LINK_UP:
	case OP_WG_SET:
	case OP_WG_MARK:
	case OP_WG_REMOVE_PEERS:
	case OP_ADDR_ADD:
	case OP_ADDR_DEL:
	case OP_ROUTE_ADD:
	case OP_ROUTE_DEL:
		return true;
	case OP_LINK_ADD:
	case OP_LINK_DEL:
	case OP_RULE_ADD:
	case OP_RULE_DEL:
	case OP_SYSCTL_SET:
	case OP_FIREWALL_SET:
	case OP_FIREWALL_REMOVE:
	case OP_DNS_SET:
	case OP_DNS_UNSET:
	case OP_HOOK:
	case OP_SAVE:
		return false;
	}
	return false;
}

static void describe_routes(const struct op *op, const char *verb, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	if (op->routes.count != 1) {
		buf_addf(out, "%s %zu routes", verb, op->routes.count);
		return;
	}
	prefix_format(&op->routes.at[0].prefix, text);
	buf_addf(out, "%s route %s", verb, text);
}

static void describe_rule(const struct rule *rule, const char *verb, struct buf *out)
{
	buf_addf(out, "%s the IPv%c rule ", verb, rule->family == AF_INET6 ? '6' : '4');
	if (rule->has_suppress)
		buf_addf(out, "`lookup main suppress_prefixlength %u'", rule->suppress_prefixlen);
	else
		buf_addf(out, "`not fwmark %u lookup %u'", rule->fwmark, rule->table);
}

static void describe_addr(const struct link_addr *addr, const char *verb, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&addr->prefix, text);
	buf_addf(out, "%s address %s", verb, text);
}

void op_describe(const struct op *op, const struct op_context *context, struct buf *ret_text)
{
	const char *ifname = context->ifname;

	switch (op->kind) {
	case OP_LINK_ADD:
		buf_addf(ret_text, "create interface %s", ifname);
		return;
	case OP_LINK_DEL:
		buf_addf(ret_text, "delete interface %s", ifname);
		return;
	case OP_LINK_UP:
		buf_addf(ret_text, "bring up %s", ifname);
		return;
	case OP_WG_SET:
		buf_addf(ret_text, "configure WireGuard on %s", ifname);
		return;
	case OP_WG_MARK:
		buf_addf(ret_text, "set the fwmark of %s", ifname);
		return;
	case OP_WG_REMOVE_PEERS:
		buf_addf(ret_text, "remove the peers of %s", ifname);
		return;
	case OP_ADDR_ADD:
		describe_addr(&op->addr, "add", ret_text);
		return;
	case OP_ADDR_DEL:
		describe_addr(&op->addr, "delete", ret_text);
		return;
	case OP_ROUTE_ADD:
		describe_routes(op, "add", ret_text);
		return;
	case OP_ROUTE_DEL:
		describe_routes(op, "delete", ret_text);
		return;
	case OP_RULE_ADD:
		describe_rule(&op->rule, "add", ret_text);
		return;
	case OP_RULE_DEL:
		describe_rule(&op->rule, "delete", ret_text);
		return;
	case OP_SYSCTL_SET:
		buf_addf(ret_text, "set /proc/sys/%s to %ld", op->sysctl.name, op->sysctl.value);
		return;
	case OP_FIREWALL_SET:
		buf_addf(ret_text, "install the firewall table wg-quick-%s", ifname);
		return;
	case OP_FIREWALL_REMOVE:
		buf_addf(ret_text, "remove the firewall table wg-quick-%s", ifname);
		return;
	case OP_DNS_SET:
		buf_addf(ret_text, "set the name servers of %s", ifname);
		return;
	case OP_DNS_UNSET:
		buf_addf(ret_text, "remove the name servers of %s", ifname);
		return;
	case OP_HOOK:
		buf_addf(ret_text, "run `%s'", op->hook);
		return;
	case OP_SAVE:
		buf_addf(ret_text, "save %s", op->save.path);
		return;
	}
}

void plan_release(struct plan *plan)
{
	if (plan)
		vec_release(plan);
}
