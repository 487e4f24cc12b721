// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes what reads the kernel's netlink messages: acknowledgements, and rtnetlink's objects.
#include "../../src/kernel/rtnetlink/internal.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "wgq/kernel/nft/notices.h"
#include "wgq/kernel/rtnetlink/notices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void notice_take(const struct nlmsghdr *message)
{
	struct rtnetlink_notice notice;
	char ifname[IFNAMSIZ];

	rtnetlink_notice_parse(message, &notice);
	if (!memchr(notice.link.name, '\0', IFNAMSIZ) || notice.route.to.len > 128)
		abort();
	if (nft_notice_parse(message, ifname) && !memchr(ifname, '\0', IFNAMSIZ))
		abort();
}

static void message_take(struct nlmsghdr *message)
{
	struct ack ack;
	struct link link;
	struct link_addr addr;
	struct policy_rule rule;
	struct policy_route route;
	struct rule narrow;

	(void)ack_parse(message, &ack);
	notice_take(message);
	if (rtnetlink_link_parse(message, &link) == 0 && !memchr(link.name, '\0', IFNAMSIZ))
		abort();
	if (rtnetlink_addr_parse(message, &addr) == 0 && addr.prefix.len > 128)
		abort();
	if (rtnetlink_route_parse(message, &route) == 0 &&
	    (route.to.len > 128 || route.from.len > 128))
		abort();
	if (rtnetlink_rule_parse(message, &rule) < 0)
		return;
	if (rule.to.len > 128 || rule.from.len > 128 || !memchr(rule.iif, '\0', IFNAMSIZ))
		abort();
	policy_rule_narrow(&rule, &narrow);
	if (narrow.exact && narrow.table == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *next;

	while ((next = message_next(&data, &size))) {
		_cleanup_free_ struct nlmsghdr *message = next;

		message_take(message);
	}
	return 0;
}
