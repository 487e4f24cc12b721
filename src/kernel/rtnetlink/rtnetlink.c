// SPDX-License-Identifier: GPL-2.0-or-later
// The rtnetlink socket, and the beginning of its requests.
#include "wgq/kernel/rtnetlink/rtnetlink.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int open_on(struct rtnetlink **ret, bool shares, struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = mem_calloc(1, sizeof(*rt));

	*ret = NULL;
	if (!rt)
		return diag_no_memory(d);
	rt->netlink = &rt->own;
	int r = shares ? netlink_shared(NETLINK_ROUTE, &rt->netlink)
		       : netlink_open(&rt->own, NETLINK_ROUTE);
	if (r < 0)
		return diag_fail(d, -r, "cannot open an rtnetlink socket");
	*ret = steal(rt);
	return 0;
}

int rtnetlink_open(struct rtnetlink **ret, struct diag *d)
{
	return open_on(ret, true, d);
}

int rtnetlink_open_own(struct rtnetlink **ret, struct diag *d)
{
	return open_on(ret, false, d);
}

void rtnetlink_free(struct rtnetlink *rt)
{
	if (!rt)
		return;
	netlink_release(&rt->own);
	free(rt);
}

void rtnetlink_free_at(struct rtnetlink **rt)
{
	rtnetlink_free(*rt);
}

struct nlmsghdr *rtnetlink_begin(struct rtnetlink_message *message, int type, int flags,
				 const void *head, size_t n)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(message->bytes);

	m->nlmsg_type = (uint16_t)type;
	m->nlmsg_flags = (uint16_t)flags;
	memcpy(mnl_nlmsg_put_extra_header(m, n), head, n);
	return m;
}

void rtnetlink_kept_add(struct buf *kept, const struct nlmsghdr *message)
{
	static const char padding[NLMSG_ALIGNTO];

	if (message->nlmsg_len > RTNETLINK_KEPT_MAX)
		return;
	buf_mem(kept, message, message->nlmsg_len);
	buf_mem(kept, padding, NLMSG_ALIGN(message->nlmsg_len) - message->nlmsg_len);
}
