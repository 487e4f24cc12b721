// SPDX-License-Identifier: GPL-2.0-or-later
// Policy rules over rtnetlink: reading them whole, adding, deleting just the one that is meant.
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

/* fib_rules.c: what FRA_SUPPRESS_PREFIXLEN and FRA_SUPPRESS_IFGROUP are when they are not set, and
 * the mask of a mark that was given without one. */
#define NO_SUPPRESS 0xffffffffu
#define WHOLE_MARK  0xffffffffu

/* Reads one attribute; *ret_other is set where it makes the rule another than ours. A selector that
 * is newer than this code is one too. */
static int attribute_take(struct nlattr *attribute, struct rtnetlink_rule_seen *seen,
			  bool *ret_other)
{
	struct rule *rule = &seen->rule;
	uint32_t value = 0;

	if (nla_len(attribute) >= (int)sizeof(uint32_t))
		value = nla_get_u32(attribute);
	else if (nla_len(attribute) >= 1)
		value = nla_get_u8(attribute);

	switch (nla_type(attribute)) {
	case FRA_PROTOCOL:
		rule->protocol = (uint8_t)value;
		return nla_len(attribute) == 1 ? 0 : -EPROTO;
	case FRA_PRIORITY:
		rule->priority = value;
		break;
	case FRA_TABLE:
		rule->table = value;
		break;
	case FRA_FWMARK:
		rule->fwmark = value;
		break;
	case FRA_FWMASK:
		seen->fwmask = value;
		break;
	case FRA_SUPPRESS_PREFIXLEN:
		rule->suppress_prefixlen = value;
		rule->has_suppress = value != NO_SUPPRESS;
		break;
	case FRA_SUPPRESS_IFGROUP:
		*ret_other |= value != NO_SUPPRESS;
		break;
	default:
		*ret_other = true;
		return 0;
	}
	return nla_len(attribute) == sizeof(value) ? 0 : -EPROTO;
}

/* linux.bash:221-222 */
static bool is_tunnel_form(const struct rule *rule)
{
	return rule->invert && rule->has_fwmark && rule->fwmark && rule->fwmark == rule->table &&
	       !rule->has_suppress;
}

static bool is_suppress_form(const struct rule *rule)
{
	return !rule->invert && !rule->has_fwmark && rule->has_suppress &&
	       rule->suppress_prefixlen == 0 && rule->table == RT_TABLE_MAIN;
}

int rtnetlink_rule_parse(struct nlmsghdr *message, struct rtnetlink_rule_seen *ret)
{
	struct rule *rule = &ret->rule;
	struct nlattr *attribute;
	int left;

	*ret = (struct rtnetlink_rule_seen){0};
	if (message->nlmsg_type != RTM_NEWRULE ||
	    !nlmsg_valid_hdr(message, sizeof(struct fib_rule_hdr)))
		return -EPROTO;

	const struct fib_rule_hdr *head = nlmsg_data(message);
	bool other = head->src_len || head->dst_len || head->tos || head->action != FR_ACT_TO_TBL ||
		     head->flags & ~FIB_RULE_INVERT;

	rule->family = head->family;
	rule->invert = head->flags & FIB_RULE_INVERT;
	rule->table = head->table;
	ret->action = head->action;
	nlmsg_for_each_attr(attribute, message, (int)sizeof(*head), left)
	{
		int r = attribute_take(attribute, ret, &other);

		if (r < 0)
			return r;
	}
	/* A mark of 0 is not listed, but its mask is. */
	rule->has_fwmark = ret->fwmask != 0;
	other |= rule->has_fwmark && ret->fwmask != WHOLE_MARK;
	rule->exact = !other && (is_tunnel_form(rule) || is_suppress_form(rule));
	return 0;
}

struct rule_seen_vec {
	VEC(struct rtnetlink_rule_seen);
};

static void rule_seen_vec_release(struct rule_seen_vec *rules)
{
	vec_release(rules);
}

struct rule_list {
	struct rule_seen_vec *rules;
	uint8_t family;
};

static int rule_take(struct nlmsghdr *message, void *into)
{
	const struct rule_list *list = into;
	struct rtnetlink_rule_seen seen;
	int r = rtnetlink_rule_parse(message, &seen);

	if (r < 0 || seen.rule.family != list->family)
		return r;

	struct rtnetlink_rule_seen *rule = vec_push(list->rules);
	if (!rule)
		return -ENOMEM;
	*rule = seen;
	return 0;
}

static const char *family_text(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

int rtnetlink_rule_dump(struct rtnetlink *rt, uint8_t family, const struct rtnetlink_sink *sink,
			struct diag *d)
{
	const struct fib_rule_hdr head = {.family = family};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETRULE, NLM_F_DUMP, &head, sizeof(head));
	struct ack ack;

	if (!message)
		return diag_no_memory(d);

	int r = rtnetlink_talk(rt, message, sink, &ack);
	/* Without the family; without policy routing at all. */
	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return ack_fail(d, &ack, "list the %s rules", family_text(family));
	return 0;
}

static int list_rules(struct rtnetlink *rt, uint8_t family, struct rule_seen_vec *ret,
		      struct diag *d)
{
	struct rule_list list = {.rules = ret, .family = family};
	const struct rtnetlink_sink sink = {.take = rule_take, .into = &list, .len = &ret->len};

	return rtnetlink_rule_dump(rt, family, &sink, d);
}

int rtnetlink_rule_list(struct rtnetlink *rt, uint8_t family, struct rule_vec *ret, struct diag *d)
{
	_cleanup_(rule_seen_vec_release) struct rule_seen_vec rules = {0};
	int r = list_rules(rt, family, &rules, d);

	if (r < 0)
		return r;
	vec_each(seen, &rules) {
		struct rule *rule = vec_push(ret);

		if (!rule)
			return diag_no_memory(d);
		*rule = seen->rule;
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

/* libnl has neither FIB_RULE_INVERT nor FRA_SUPPRESS_PREFIXLEN (lib/route/rule.c). */
static struct nl_msg *rule_message(int type, int flags, const struct rule *rule)
{
	const struct fib_rule_hdr head = {
		.family = rule->family,
		.table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC,
		.action = FR_ACT_TO_TBL,
		.flags = rule->invert ? FIB_RULE_INVERT : 0,
	};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(type, flags, &head, sizeof(head));

	if (!message)
		return NULL;
	if (rule->has_fwmark && nla_put_u32(message, FRA_FWMARK, rule->fwmark) < 0)
		return NULL;
	if (rule->table > 255 && nla_put_u32(message, FRA_TABLE, rule->table) < 0)
		return NULL;
	if (rule->has_suppress &&
	    nla_put_u32(message, FRA_SUPPRESS_PREFIXLEN, rule->suppress_prefixlen) < 0)
		return NULL;
	if (rule->protocol && nla_put_u8(message, FRA_PROTOCOL, rule->protocol) < 0)
		return NULL;
	/* To delete, 0 is a priority like others. */
	if ((rule->priority || type == RTM_DELRULE) &&
	    nla_put_u32(message, FRA_PRIORITY, rule->priority) < 0)
		return NULL;
	return steal(message);
}

/* The rule is added by now, so that nothing in its echo is an error. */
static int take_priority(struct nlmsghdr *message, void *into)
{
	uint32_t *priority = into;
	struct rtnetlink_rule_seen seen;

	if (rtnetlink_rule_parse(message, &seen) == 0)
		*priority = seen.rule.priority;
	return 0;
}

int rtnetlink_rule_add(struct rtnetlink *rt, const struct rule *rule, uint32_t *ret_priority,
		       struct diag *d)
{
	_cleanup_message_ struct nl_msg *message =
		rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO, rule);
	const struct rtnetlink_sink sink = {.take = take_priority, .into = ret_priority};
	char text[RULE_TEXT_MAX];
	struct ack ack;

	*ret_priority = 0;
	if (!message)
		return diag_no_memory(d);
	if (rtnetlink_talk(rt, message, &sink, &ack) < 0) {
		rule_text(rule, text);
		return ack_fail(d, &ack, "add %s", text);
	}
	return 0;
}

/* The first rule that is the wanted one. That has no selectors but those of struct rule. */
static const struct rtnetlink_rule_seen *rule_find(const struct rule_seen_vec *rules,
						   const struct rule *rule)
{
	struct rule exact = *rule;
	const struct rule *wanted = &exact;

	exact.exact = true;
	vec_each(seen, rules) {
		if (rule_same(&seen->rule, wanted) && seen->rule.protocol == wanted->protocol &&
		    (!wanted->priority || seen->rule.priority == wanted->priority))
			return seen;
	}
	return NULL;
}

/* Whether RTM_DELRULE for a rule would take this one: selectors that are not in the message match
 * all, and the flags, FIB_RULE_INVERT among them, are not compared (rule_find(), fib_rules.c). */
static bool kernel_takes(const struct rtnetlink_rule_seen *seen, const struct rule *wanted)
{
	const struct rule *rule = &seen->rule;

	if (seen->action != FR_ACT_TO_TBL || rule->table != wanted->table ||
	    rule->priority != wanted->priority)
		return false;
	if (wanted->has_fwmark && (rule->fwmark != wanted->fwmark || seen->fwmask != WHOLE_MARK))
		return false;
	if (wanted->has_suppress &&
	    (!rule->has_suppress || rule->suppress_prefixlen != wanted->suppress_prefixlen))
		return false;
	return !wanted->protocol || rule->protocol == wanted->protocol;
}

int rtnetlink_rule_del(struct rtnetlink *rt, const struct rule *rule, struct diag *d)
{
	_cleanup_(rule_seen_vec_release) struct rule_seen_vec rules = {0};
	char text[RULE_TEXT_MAX];
	struct ack ack = {.error = ENOENT};
	int r = list_rules(rt, rule->family, &rules, d);

	if (r < 0)
		return r;
	rule_text(rule, text);
	const struct rtnetlink_rule_seen *wanted = rule_find(&rules, rule);
	if (!wanted)
		return ack_fail(d, &ack, "delete %s", text);

	vec_each(seen, &rules) {
		if (seen == wanted)
			break;
		if (kernel_takes(seen, &wanted->rule))
			return diag_refuse(
				d, ENOTUNIQ,
				"cannot delete %s: the kernel would take another rule of "
				"priority %u for it",
				text, seen->rule.priority);
	}

	_cleanup_message_ struct nl_msg *message = rule_message(RTM_DELRULE, 0, &wanted->rule);
	if (!message)
		return diag_no_memory(d);
	if (rtnetlink_talk(rt, message, NULL, &ack) < 0)
		return ack_fail(d, &ack, "delete %s", text);
	return 0;
}
