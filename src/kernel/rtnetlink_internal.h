/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of rtnetlink share: the one way to the kernel, and the parsers of its answers. */
#pragma once

#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/ack.h"
#include "wgq/kernel/rtnetlink.h"
#include "wgq/net/policy.h"

/* The most messages that are sent at once, and the longest of them (an IPv6 route). */
enum { RTNETLINK_BATCH_MAX = 128, RTNETLINK_BATCH_MESSAGE_MAX = 96 };

struct rtnetlink {
	struct nl_sock *socket; /* NULL: the next request opens one */
	uint32_t seq;           /* of the newest message */
	size_t batch;           /* so many answers fit the receive buffer */
	bool leaves_routes;     /* behind a failure */
	rtnetlink_watcher *watch;
	void *watch_context;
	/* The kernel fills no more than 32 KiB with one part of a dump (netlink_dump()). */
	_Alignas(struct nlmsghdr) char answer[32768];
};

/* Where the objects of an answer go. take() returns 0, RTNETLINK_ENOUGH to end the answer, or
 * -errno. */
enum { RTNETLINK_ENOUGH = 1 };

struct rtnetlink_sink {
	int (*take)(struct nlmsghdr *message, void *into);
	void *into;
	size_t *len; /* of the array that grows; cut back when a dump starts again; may be NULL */
	void (*restart)(void *into); /* the same for what is more than an array; may be NULL */
};

/* Messages that are sent at once. They are numbered from first, and the last one has NLM_F_ACK. */
struct rtnetlink_request {
	const void *bytes;
	size_t len;
	uint32_t first, count;
	bool already_is_fine;              /* ESRCH, ENODEV and EEXIST are success */
	const struct rtnetlink_sink *sink; /* NULL: no objects are expected */
	bool *failed;                      /* [count], set where the kernel refuses; may be NULL */
};

/* The one function that sends requests and reads the answers. 0, or -errno, which *ret explains:
 * the first refusal, or, when there is none, why the answer was not had. -EINTR: the objects
 * changed while they were listed. Adds nothing to a diag: callers know what they asked for. */
int rtnetlink_exchange(struct rtnetlink *rt, const struct rtnetlink_request *request,
		       struct ack *ret);

/* Sends one message and starts an interrupted dump again. */
int rtnetlink_talk(struct rtnetlink *rt, struct nl_msg *message, const struct rtnetlink_sink *sink,
		   struct ack *ret);

/* A message with its fixed header; NULL: no memory. */
struct nl_msg *rtnetlink_message(int type, int flags, const void *head, size_t n);
void rtnetlink_message_free_at(struct nl_msg **message);

#define _cleanup_message_ _cleanup_(rtnetlink_message_free_at)

/* "wg0", or "with index 7" when it has no name any more. */
enum { RTNETLINK_LINK_TEXT_MAX = 32 };
void rtnetlink_link_text(uint32_t index, char ret_text[RTNETLINK_LINK_TEXT_MAX]);

/* By index; ret->index is 0 when there is none. */
int rtnetlink_link_get_index(struct rtnetlink *rt, uint32_t index, struct link *ret,
			     struct ack *ret_ack);

/* The parsers: pure, for complete messages with any content. 0, or -EPROTO. */

struct rtnetlink_addr_seen {
	struct link_addr addr;
	uint32_t index;
};

struct rtnetlink_rule_seen {
	struct rule rule;
	uint32_t fwmask;
	uint8_t action;
};

struct rtnetlink_route_seen {
	struct prefix prefix; /* another family than IPv4 and IPv6: nothing else is filled in */
	uint32_t table;
	uint32_t oif; /* 0: none, or several */
	uint32_t mtu; /* 0: no metric */
	uint8_t type, protocol;
	bool plain; /* one next hop, for all sources, not a cached clone */
	bool bare;  /* with nothing that rtnetlink_route_add() does not give it */
};

/* include/net/ip6_route.h, IP6_RT_PRIO_USER: the metric of an IPv6 route that asks for none. */
enum { RTNETLINK_METRIC_IPV6 = 1024 };

int rtnetlink_link_parse(struct nlmsghdr *message, struct link *ret);
int rtnetlink_addr_parse(struct nlmsghdr *message, struct rtnetlink_addr_seen *ret);
int rtnetlink_rule_parse(struct nlmsghdr *message, struct rtnetlink_rule_seen *ret);
/* Gives every rule's message to the sink; a kernel without the family has none. */
int rtnetlink_rule_dump(struct rtnetlink *rt, uint8_t family, const struct rtnetlink_sink *sink,
			struct diag *d);
int rtnetlink_route_parse(struct nlmsghdr *message, struct rtnetlink_route_seen *ret);
int rtnetlink_policy_rule_parse(struct nlmsghdr *message, struct policy_rule *ret);
int rtnetlink_policy_route_parse(struct nlmsghdr *message, struct policy_route *ret);
/* An address attribute of a family; what is of another length is -EPROTO. */
int rtnetlink_address_parse(struct nlattr *attribute, uint8_t family, struct addr *ret);
