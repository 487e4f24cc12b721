// SPDX-License-Identifier: GPL-2.0-or-later
// What a step is: its inverse, and what becomes of it with the link.
#include "wgq/plan/op.h"

static bool inverse_of_firewall(const struct op *op, struct op *ret)
{
	ret->kind = op->firewall.before ? OP_FIREWALL_SET : OP_FIREWALL_REMOVE;
	if (op->firewall.before)
		ret->firewall.rules = *op->firewall.before;
	return op->firewall.before || op->kind == OP_FIREWALL_SET;
}

static bool inverse_of_dns(const struct op *op, struct op *ret)
{
	ret->kind = op->dns.before ? OP_DNS_SET : OP_DNS_UNSET;
	if (op->dns.before)
		ret->dns.is = *op->dns.before;
	return op->dns.before || op->kind == OP_DNS_SET;
}

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
		ret->routes.put_back = true;
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
	case OP_FIREWALL_REMOVE:
		return inverse_of_firewall(op, ret);
	case OP_DNS_SET:
	case OP_DNS_UNSET:
		return inverse_of_dns(op, ret);
	case OP_LINK_UP:
		ret->kind = OP_LINK_DOWN;
		ret->mtu.value = op->mtu.before;
		ret->mtu.before = op->mtu.value;
		return true;
	case OP_LINK_MTU:
		ret->mtu.value = op->mtu.before;
		ret->mtu.before = op->mtu.value;
		return true;
	case OP_WG_MARK:
		ret->mark.value = op->mark.before;
		ret->mark.before = op->mark.value;
		return true;
	case OP_WG_NOTE:
		ret->note.value = op->note.before;
		ret->note.before = op->note.value;
		return true;
	case OP_WG_CHANGE:
		ret->change.forth = op->change.back;
		ret->change.back = op->change.forth;
		return true;
	case OP_WG_REMOVE_PEERS:
		ret->kind = OP_WG_SET;
		return true;
	case OP_LINK_DEL:
		ret->kind = OP_LINK_ADD;
		return op->returns;
	case OP_LINK_DOWN:
	case OP_WG_SET:
	case OP_RESTORE:
	case OP_HOOK:
	case OP_SAVE:
		return false;
	}
	return false;
}

bool op_replaces(const struct op *op)
{
	bool firewall = op->kind == OP_FIREWALL_SET || op->kind == OP_FIREWALL_REMOVE;
	bool dns = op->kind == OP_DNS_SET || op->kind == OP_DNS_UNSET;

	return (firewall && op->firewall.before) || (dns && op->dns.before);
}

bool op_dies_with_link(enum op_kind kind)
{
	switch (kind) {
	case OP_LINK_UP:
	case OP_LINK_DOWN:
	case OP_LINK_MTU:
	case OP_WG_SET:
	case OP_WG_CHANGE:
	case OP_WG_MARK:
	case OP_WG_NOTE:
	case OP_WG_REMOVE_PEERS:
	case OP_ADDR_ADD:
	case OP_ADDR_DEL:
	case OP_ROUTE_ADD:
	case OP_ROUTE_DEL:
	case OP_RESTORE:
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

void plan_release(struct plan *plan)
{
	if (plan)
		vec_release(plan);
}
