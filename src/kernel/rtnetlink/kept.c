// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and routes of a link as the kernel's own messages, and how they are made again.
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* An IPv6 address is no source before the kernel has looked for duplicates of it, which takes a
 * moment also where there are none. */
enum { SOURCE_WAIT_MS = 200, SOURCE_STEP_MS = 10 };

/* Much longer than those of one hop are, and on the stack when they are made again: an undo does
 * not ask for memory. */
union kept_message {
	struct nlmsghdr head;
	char bytes[RTNETLINK_KEPT_MAX];
};

struct addr_dump {
	struct buf *kept;
	struct link_addr_vec addrs; /* those of kept */
	uint32_t index;
	uint8_t family;
};

static int addr_take(const struct nlmsghdr *message, void *into)
{
	struct addr_dump *dump = into;
	struct link_addr seen;
	int r = rtnetlink_addr_parse(message, &seen);

	if (r < 0 || seen.index != dump->index || seen.prefix.addr.family != dump->family)
		return r;
	struct link_addr *addr = vec_push(&dump->addrs);
	if (!addr)
		return -ENOMEM;
	*addr = seen;
	rtnetlink_kept_add(dump->kept, message);
	return buf_status(dump->kept);
}

/* Without those that the kernel makes for a new link. It lists the newest IPv6 address first, and
 * the newest IPv4 address last. */
static int set_in_order(struct addr_dump *dump, size_t first, bool is_tun)
{
	_cleanup_buf_ struct buf copy = {0};
	struct buf *kept = dump->kept;
	size_t end = kept->len;

	buf_mem(&copy, kept->data + first, end - first);
	if (!copy.len)
		return buf_status(&copy);
	for (size_t at = 0; at < copy.len;) {
		const struct nlmsghdr *message = (const void *)(copy.data + at);
		size_t len = NLMSG_ALIGN(message->nlmsg_len);
		struct link_addr addr;

		rtnetlink_addr_parse(message, &addr);
		at += len;
		if (addr_is_kernels(&addr, &dump->addrs, is_tun))
			continue;
		end -= len;
		memcpy(kept->data + end, message, len);
	}
	memmove(kept->data + first, kept->data + end, kept->len - end);
	kept->len -= end - first;
	return 0;
}

int rtnetlink_kept_addrs(struct rtnetlink *rt, uint32_t index, struct buf *ret, struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct link link = {0};
	struct ack ack;
	int r = rtnetlink_link_get_index(rt, index, &link, &ack);

	for (size_t i = 0; i < sizeof(families) && r == 0; i++) {
		struct addr_dump dump = {.kept = ret, .index = index, .family = families[i]};
		const struct netlink_sink sink = {
			.take = addr_take, .into = &dump, .len = &ret->len};
		size_t first = ret->len;

		r = rtnetlink_addr_dump(rt, families[i], index, &sink, &ack);
		if (r == 0 && families[i] == AF_INET6) {
			r = set_in_order(&dump, first, strcmp(link.kind, "tun") == 0);
			ack = (struct ack){.error = -r};
		}
		vec_release(&dump.addrs);
	}
	if (r == 0)
		return 0;
	rtnetlink_link_text(index, text);
	return ack_fail(d, &ack, "list the addresses of link %s", text);
}

static int set_oif(const struct nlattr *a, void *index)
{
	if (mnl_attr_get_type(a) == RTA_OIF)
		memcpy(mnl_attr_get_payload(a), index, sizeof(uint32_t));
	return 0;
}

/* What the kernel tells of an object and does not take back as it is. */
static void make_request(struct nlmsghdr *message, uint32_t seq, uint32_t index)
{
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	message->nlmsg_seq = seq;
	message->nlmsg_pid = 0;
	if (message->nlmsg_type == RTM_NEWADDR) {
		struct ifaddrmsg *addr = mnl_nlmsg_get_payload(message);

		addr->ifa_index = index;
		return;
	}
	struct rtmsg *route = mnl_nlmsg_get_payload(message);

	route->rtm_flags &= RTNH_F_ONLINK;
	netlink_each(message, sizeof(*route), set_oif, &index);
}

static int refuse(const struct ack *ack, struct nlmsghdr *message, uint32_t index, struct diag *d)
{
	char link[RTNETLINK_LINK_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	struct link_addr addr;
	struct policy_route route;

	rtnetlink_link_text(index, link);
	if (message->nlmsg_type == RTM_NEWADDR) {
		rtnetlink_addr_parse(message, &addr);
		prefix_format(&addr.prefix, prefix);
		return ack_fail(d, ack, "add address %s on link %s again", prefix, link);
	}
	rtnetlink_route_parse(message, &route);
	prefix_format(&route.to, prefix);
	return ack_fail(d, ack, "add route %s through link %s again", prefix, link);
}

static int make_again(struct rtnetlink *rt, struct nlmsghdr *message, uint32_t index,
		      struct ack *ret_ack)
{
	const bool may_wait =
		message->nlmsg_type == RTM_NEWROUTE &&
		((const struct rtmsg *)mnl_nlmsg_get_payload(message))->rtm_family == AF_INET6;
	int r, waited = 0;

	do {
		if (waited)
			poll(NULL, 0, SOURCE_STEP_MS);
		make_request(message, ++rt->netlink->seq, index);
		const struct netlink_request request = {.bytes = message,
							.len = message->nlmsg_len,
							.first = rt->netlink->seq,
							.count = 1};
		r = netlink_exchange(rt->netlink, &request, ret_ack);
		waited += SOURCE_STEP_MS;
	} while (r == -EINVAL && may_wait && waited < SOURCE_WAIT_MS);
	return r == -EEXIST ? 0 : r;
}

int rtnetlink_kept_restore(struct rtnetlink *rt, uint32_t index, const struct buf *kept,
			   struct diag *d)
{
	int first = 0;

	for (size_t at = 0; at < kept->len;) {
		const struct nlmsghdr *message = (const void *)(kept->data + at);
		union kept_message copy;
		struct ack ack;

		memcpy(&copy, message, message->nlmsg_len);
		int r = make_again(rt, &copy.head, index, &ack);
		if (r < 0 && first == 0)
			first = refuse(&ack, &copy.head, index, d);
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	return first;
}
