// SPDX-License-Identifier: GPL-2.0-or-later
// Policy rules over rtnetlink, with all their selectors.
#include "wgq/kernel/rtnetlink_policy.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

/* linux/fib_rules.h has them since Linux 6.13 and 6.15; the build must do with older headers. */
enum { RULE_DSCP = 25, RULE_SPORT_MASK = 28, RULE_DPORT_MASK = 29, RULE_DSCP_MASK = 30 };

/* What FRA_SUPPRESS_... are when they are not set. */
#define NO_SUPPRESS 0xffffffffu
#define WHOLE_PORT  0xffffu

static int prefix_take(struct nlattr *attribute, const struct policy_rule *rule, struct prefix *ret)
{
	return rtnetlink_address_parse(attribute, rule->family, &ret->addr);
}

static int number_take(struct nlattr *attribute, uint32_t *ret)
{
	if (nla_len(attribute) != sizeof(*ret))
		return -EPROTO;
	*ret = nla_get_u32(attribute);
	return 0;
}

static int byte_take(struct nlattr *attribute, uint8_t *ret)
{
	if (nla_len(attribute) != sizeof(*ret))
		return -EPROTO;
	*ret = nla_get_u8(attribute);
	return 0;
}

static int suppress_take(struct nlattr *attribute, bool *ret_has, uint32_t *ret)
{
	int r = number_take(attribute, ret);

	*ret_has = r == 0 && *ret != NO_SUPPRESS;
	return r;
}

static int ports_take(struct nlattr *attribute, struct policy_ports *ret)
{
	struct fib_rule_port_range range;

	if (nla_len(attribute) != sizeof(range))
		return -EPROTO;
	memcpy(&range, nla_data(attribute), sizeof(range));
	*ret = (struct policy_ports){.first = range.start, .last = range.end};
	return 0;
}

static int users_take(struct nlattr *attribute, struct policy_rule *rule)
{
	struct fib_rule_uid_range range;

	if (nla_len(attribute) != sizeof(range))
		return -EPROTO;
	memcpy(&range, nla_data(attribute), sizeof(range));
	rule->has_uid = true;
	rule->uid_first = range.start;
	rule->uid_last = range.end;
	return 0;
}

/* The TOS byte holds the six bits above ECN. */
static int dscp_take(struct nlattr *attribute, struct policy_rule *rule)
{
	uint8_t dscp = 0;
	int r = byte_take(attribute, &dscp);

	rule->tos = (uint8_t)(dscp << 2);
	return r;
}

static int attribute_take(struct nlattr *attribute, struct policy_rule *rule)
{
	switch (nla_type(attribute)) {
	case FRA_DST:
		return prefix_take(attribute, rule, &rule->to);
	case FRA_SRC:
		return prefix_take(attribute, rule, &rule->from);
	case FRA_IIFNAME:
		nla_strlcpy(rule->iif, attribute, sizeof(rule->iif));
		return 0;
	case FRA_OIFNAME:
		nla_strlcpy(rule->oif, attribute, sizeof(rule->oif));
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
		return dscp_take(attribute, rule);
	case FRA_L3MDEV:
		rule->l3mdev = true;
		return 0;
	case FRA_TUN_ID:
		rule->tunnel = true;
		return 0;
	case RULE_SPORT_MASK:
	case RULE_DPORT_MASK:
		rule->unknown |= nla_len(attribute) != sizeof(uint16_t) ||
				 nla_get_u16(attribute) != WHOLE_PORT;
		return 0;
	case FRA_UNSPEC: /* no selectors */
	case FRA_PAD:
	case FRA_FLOW:
	case FRA_PROTOCOL:
	case RULE_DSCP_MASK: /* of a DSCP that is not 0 in these bits */
		return 0;
	default:
		rule->unknown = true;
		return 0;
	}
}

int rtnetlink_policy_rule_parse(struct nlmsghdr *message, struct policy_rule *ret)
{
	struct nlattr *attribute;
	int left;

	*ret = (struct policy_rule){0};
	if (message->nlmsg_type != RTM_NEWRULE ||
	    !nlmsg_valid_hdr(message, sizeof(struct fib_rule_hdr)))
		return -EPROTO;

	const struct fib_rule_hdr *head = nlmsg_data(message);
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
	nlmsg_for_each_attr(attribute, message, (int)sizeof(*head), left)
	{
		int r = attribute_take(attribute, ret);

		if (r < 0)
			return r;
	}
	return 0;
}

struct rule_list {
	struct policy_rule_vec *rules;
	uint8_t family;
};

static int rule_take(struct nlmsghdr *message, void *into)
{
	const struct rule_list *list = into;
	struct policy_rule seen;
	int r = rtnetlink_policy_rule_parse(message, &seen);

	if (r < 0 || seen.family != list->family)
		return r;

	struct policy_rule *rule = vec_push(list->rules);
	if (!rule)
		return -ENOMEM;
	*rule = seen;
	return 0;
}

int rtnetlink_policy_rules(struct rtnetlink *rt, uint8_t family, struct policy_rule_vec *ret,
			   struct diag *d)
{
	struct rule_list list = {.rules = ret, .family = family};
	const struct rtnetlink_sink sink = {.take = rule_take, .into = &list, .len = &ret->len};

	return rtnetlink_rule_dump(rt, family, &sink, d);
}
