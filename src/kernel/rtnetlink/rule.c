// SPDX-License-Identifier: GPL-2.0-or-later
// Policy rules over rtnetlink: reading them whole, adding, deleting just the one that is meant.
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/kernel/rtnetlink/policy.h"

/* linux/fib_rules.h has them since Linux 6.13 and 6.15; the build must do with older headers. */
enum { RULE_DSCP = 25, RULE_SPORT_MASK = 28, RULE_DPORT_MASK = 29, RULE_DSCP_MASK = 30 };

/* What FRA_SUPPRESS_... are when they are not set. */
#define NO_SUPPRESS 0xffffffffu
#define WHOLE_PORT  0xffffu

static int prefix_take(const struct nlattr *attribute, const struct policy_rule *rule,
		       struct prefix *ret)
{
	return rtnetlink_address_parse(attribute, rule->family, &ret->addr);
}

static int number_take(const struct nlattr *attribute, uint32_t *ret)
{
	if (mnl_attr_get_payload_len(attribute) != sizeof(*ret))
		return -EPROTO;
	*ret = mnl_attr_get_u32(attribute);
	return 0;
}

static int byte_take(const struct nlattr *attribute, uint8_t *ret)
{
	if (mnl_attr_get_payload_len(attribute) != sizeof(*ret))
		return -EPROTO;
	*ret = mnl_attr_get_u8(attribute);
	return 0;
}

static int suppress_take(const struct nlattr *attribute, bool *ret_has, uint32_t *ret)
{
	int r = number_take(attribute, ret);

	*ret_has = r == 0 && *ret != NO_SUPPRESS;
	return r;
}

static int ports_take(const struct nlattr *attribute, struct policy_ports *ret)
{
	struct fib_rule_port_range range;

	if (mnl_attr_get_payload_len(attribute) != sizeof(range))
		return -EPROTO;
	memcpy(&range, mnl_attr_get_payload(attribute), sizeof(range));
	*ret = (struct policy_ports){.first = range.start, .last = range.end};
	return 0;
}

static int users_take(const struct nlattr *attribute, struct policy_rule *rule)
{
	struct fib_rule_uid_range range;

	if (mnl_attr_get_payload_len(attribute) != sizeof(range))
		return -EPROTO;
	memcpy(&range, mnl_attr_get_payload(attribute), sizeof(range));
	rule->has_uid = true;
	rule->uid_first = range.start;
	rule->uid_last = range.end;
	return 0;
}

static int attribute_take(const struct nlattr *attribute, void *into)
{
	struct policy_rule *rule = into;
	int r;

	switch (mnl_attr_get_type(attribute)) {
	case FRA_DST:
		return prefix_take(attribute, rule, &rule->to);
	case FRA_SRC:
		return prefix_take(attribute, rule, &rule->from);
	case FRA_IIFNAME:
		netlink_text(attribute, rule->iif, sizeof(rule->iif));
		return 0;
	case FRA_OIFNAME:
		netlink_text(attribute, rule->oif, sizeof(rule->oif));
		return 0;
	case FRA_GOTO:
		return number_take(attribute, &rule->target);
	case FRA_PRIORITY:
		return number_take(attribute, &rule->priority);
	case FRA_TABLE:
		return number_take(attribute, &rule->table);
	case FRA_FWMARK:
		return number_take(attribute, &rule->fwmark);
	case FRA_FWMASK:
		return number_take(attribute, &rule->fwmask);
	case FRA_SUPPRESS_PREFIXLEN:
		return suppress_take(attribute, &rule->has_suppress_prefixlen,
				     &rule->suppress_prefixlen);
	case FRA_SUPPRESS_IFGROUP:
		return suppress_take(attribute, &rule->has_suppress_group, &rule->suppress_group);
	case FRA_UID_RANGE:
		return users_take(attribute, rule);
	case FRA_IP_PROTO:
		return byte_take(attribute, &rule->ip_proto);
	case FRA_SPORT_RANGE:
		return ports_take(attribute, &rule->sport);
	case FRA_DPORT_RANGE:
		return ports_take(attribute, &rule->dport);
	case RULE_DSCP:
		/* The six bits above ECN. */
		r = byte_take(attribute, &rule->tos);
		rule->tos = (uint8_t)(rule->tos << 2);
		return r;
	case FRA_L3MDEV:
		rule->l3mdev = true;
		return 0;
	case FRA_TUN_ID:
		rule->tunnel = true;
		return 0;
	case RULE_SPORT_MASK:
	case RULE_DPORT_MASK:
		rule->unknown |= mnl_attr_get_payload_len(attribute) != sizeof(uint16_t) ||
				 mnl_attr_get_u16(attribute) != WHOLE_PORT;
		return 0;
	case FRA_PROTOCOL:
		return byte_take(attribute, &rule->protocol);
	case FRA_FLOW:       /* realms: no selector */
	case RULE_DSCP_MASK: /* of a DSCP that is not 0 in these bits */
		rule->more = true;
		return 0;
	case FRA_PAD:
		return 0;
	default:
		rule->unknown = true;
		return 0;
	}
}

int rtnetlink_rule_parse(const struct nlmsghdr *message, struct policy_rule *ret)
{
	*ret = (struct policy_rule){0};
	if (message->nlmsg_type != RTM_NEWRULE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(struct fib_rule_hdr)))
		return -EPROTO;

	const struct fib_rule_hdr *head = mnl_nlmsg_get_payload(message);
	ret->family = head->family;
	if (head->family != AF_INET && head->family != AF_INET6)
		return 0;
	ret->to = (struct prefix){.addr.family = head->family, .len = head->dst_len};
	ret->from = (struct prefix){.addr.family = head->family, .len = head->src_len};
	if (head->dst_len > addr_bits(&ret->to.addr) || head->src_len > addr_bits(&ret->to.addr))
		return -EPROTO;
	ret->table = head->table;
	ret->action = head->action;
	ret->tos = head->tos;
	ret->invert = head->flags & FIB_RULE_INVERT;
	ret->dangling = head->flags & FIB_RULE_UNRESOLVED;
	ret->unknown = head->flags & FIB_RULE_FIND_SADDR;
	return netlink_each(message, sizeof(*head), attribute_take, ret);
}

struct rule_list {
	struct policy_rule_vec *rules;
	uint8_t family;
};

static int rule_take(const struct nlmsghdr *message, void *into)
{
	const struct rule_list *list = into;
	struct policy_rule seen;
	int r = rtnetlink_rule_parse(message, &seen);

	if (r < 0 || seen.family != list->family)
		return r;

	struct policy_rule *rule = vec_push(list->rules);
	if (!rule)
		return -ENOMEM;
	*rule = seen;
	return 0;
}

static const char *family_text(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

int rtnetlink_policy_rules(struct rtnetlink *rt, uint8_t family, struct policy_rule_vec *ret,
			   struct diag *d)
{
	const struct fib_rule_hdr head = {.family = family};
	struct rule_list list = {.rules = ret, .family = family};
	const struct netlink_sink sink = {.take = rule_take, .into = &list, .len = &ret->len};
	struct rtnetlink_message message;
	struct nlmsghdr *m =
		rtnetlink_begin(&message, RTM_GETRULE, NLM_F_DUMP, &head, sizeof(head));
	struct ack ack;
	int r = netlink_talk(rt->netlink, m, &sink, &ack);

	/* Without the family; without policy routing at all. */
	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return ack_fail(d, &ack, "list the %s rules", family_text(family));
	return 0;
}

int rtnetlink_rule_list(struct rtnetlink *rt, uint8_t family, struct rule_vec *ret, struct diag *d)
{
	_cleanup_(policy_rules_release) struct policy_rule_vec rules = {0};
	int r = rtnetlink_policy_rules(rt, family, &rules, d);

	if (r < 0)
		return r;
	vec_each(seen, &rules) {
		struct rule *rule = vec_push(ret);

		if (!rule)
			return diag_no_memory(d);
		policy_rule_narrow(seen, rule);
	}
	return 0;
}

/* As ip-rule(8) would be given it. */
enum { RULE_TEXT_MAX = 128 };

static void rule_text(const struct rule *rule, char ret_text[RULE_TEXT_MAX])
{
	char mark[32] = "", suppress[48] = "", priority[32] = "";

	if (rule->has_fwmark)
		snprintf(mark, sizeof(mark), " fwmark %u", rule->fwmark);
	if (rule->has_suppress)
		snprintf(suppress, sizeof(suppress), " suppress_prefixlength %u",
			 rule->suppress_prefixlen);
	if (rule->priority)
		snprintf(priority, sizeof(priority), " priority %u", rule->priority);
	snprintf(ret_text, RULE_TEXT_MAX, "%s rule%s%s table %u%s%s", family_text(rule->family),
		 rule->invert ? " not" : "", mark, rule->table, suppress, priority);
}

static struct nlmsghdr *rule_begin(struct rtnetlink_message *message, int type, int flags,
				   const struct rule *rule)
{
	const struct fib_rule_hdr head = {
		.family = rule->family,
		.table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC,
		.action = FR_ACT_TO_TBL,
		.flags = rule->invert ? FIB_RULE_INVERT : 0,
	};
	struct nlmsghdr *m = rtnetlink_begin(message, type, flags, &head, sizeof(head));

	if (rule->has_fwmark)
		mnl_attr_put_u32(m, FRA_FWMARK, rule->fwmark);
	if (rule->table > 255)
		mnl_attr_put_u32(m, FRA_TABLE, rule->table);
	if (rule->has_suppress)
		mnl_attr_put_u32(m, FRA_SUPPRESS_PREFIXLEN, rule->suppress_prefixlen);
	if (rule->protocol)
		mnl_attr_put_u8(m, FRA_PROTOCOL, rule->protocol);
	/* To delete, 0 is a priority like others. */
	if (rule->priority || type == RTM_DELRULE)
		mnl_attr_put_u32(m, FRA_PRIORITY, rule->priority);
	return m;
}

/* The rule is added by now, so that nothing in its echo is an error. */
static int take_priority(const struct nlmsghdr *message, void *into)
{
	uint32_t *priority = into;
	struct policy_rule seen;

	if (rtnetlink_rule_parse(message, &seen) == 0)
		*priority = seen.priority;
	return 0;
}

int rtnetlink_rule_add(struct rtnetlink *rt, const struct rule *rule, uint32_t *ret_priority,
		       struct diag *d)
{
	const struct netlink_sink sink = {.take = take_priority, .into = ret_priority};
	struct rtnetlink_message message;
	struct nlmsghdr *m =
		rule_begin(&message, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO, rule);
	char text[RULE_TEXT_MAX];
	struct ack ack;

	*ret_priority = 0;
	if (netlink_talk(rt->netlink, m, &sink, &ack) < 0) {
		rule_text(rule, text);
		return ack_fail(d, &ack, "add %s", text);
	}
	return 0;
}

/* The first rule that is the wanted one. That has no selectors but those of struct rule. */
static const struct policy_rule *rule_find(const struct policy_rule_vec *rules,
					   const struct rule *wanted)
{
	struct rule exact = *wanted, seen;

	exact.exact = true;
	vec_each(rule, rules) {
		policy_rule_narrow(rule, &seen);
		if (rule_same(&seen, &exact) && seen.protocol == wanted->protocol &&
		    (!wanted->priority || seen.priority == wanted->priority))
			return rule;
	}
	return NULL;
}

/* Whether RTM_DELRULE for a rule would take this one: selectors that are not in the message match
 * all, and the flags, FIB_RULE_INVERT among them, are not compared (rule_find(), fib_rules.c). */
static bool kernel_takes(const struct policy_rule *rule, const struct policy_rule *wanted)
{
	if (rule->action != FR_ACT_TO_TBL || rule->table != wanted->table ||
	    rule->priority != wanted->priority)
		return false;
	if (wanted->fwmask && (rule->fwmark != wanted->fwmark || rule->fwmask != UINT32_MAX))
		return false;
	if (wanted->has_suppress_prefixlen &&
	    (!rule->has_suppress_prefixlen ||
	     rule->suppress_prefixlen != wanted->suppress_prefixlen))
		return false;
	return !wanted->protocol || rule->protocol == wanted->protocol;
}

int rtnetlink_rule_del(struct rtnetlink *rt, const struct rule *rule, struct diag *d)
{
	_cleanup_(policy_rules_release) struct policy_rule_vec rules = {0};
	struct rtnetlink_message message;
	char text[RULE_TEXT_MAX];
	struct ack ack = {.error = ENOENT};
	struct rule narrow;
	int r = rtnetlink_policy_rules(rt, rule->family, &rules, d);

	if (r < 0)
		return r;
	rule_text(rule, text);
	const struct policy_rule *wanted = rule_find(&rules, rule);
	if (!wanted)
		return ack_fail(d, &ack, "delete %s", text);

	for (const struct policy_rule *seen = rules.at; seen != wanted; seen++)
		if (kernel_takes(seen, wanted))
			return diag_refuse(
				d, ENOTUNIQ,
				"cannot delete %s: the kernel would take another rule of "
				"priority %u for it",
				text, seen->priority);

	policy_rule_narrow(wanted, &narrow);
	struct nlmsghdr *m = rule_begin(&message, RTM_DELRULE, 0, &narrow);
	if (netlink_talk(rt->netlink, m, NULL, &ack) < 0)
		return ack_fail(d, &ack, "delete %s", text);
	return 0;
}
