/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for some routes, to be sent at once: as many as have their answers fit the receive
 * buffer. Made by hand, byte by byte: a library's object for each of a million routes
 * takes longer than the kernel does. */
#pragma once

#include "internal.h"

struct rtnetlink_batch {
	uint32_t first;                 /* sequence number */
	size_t count, len;              /* of messages, of bytes */
	size_t last;                    /* where the last message begins */
	size_t at[RTNETLINK_BATCH_MAX]; /* the place of each route in the caller's list */
	bool failed[RTNETLINK_BATCH_MAX];
	_Alignas(struct nlmsghdr) char bytes[RTNETLINK_BATCH_MAX * RTNETLINK_BATCH_MESSAGE_MAX];
};

/* Empties the batch, which holds rt->batch messages; they take the socket's next numbers. */
void rtnetlink_batch_start(struct rtnetlink_batch *b, struct rtnetlink *rt);
/* The message of `ip route add PREFIX dev LINK table TABLE` for the route at a place of the list;
 * and with RTM_DELROUTE one that matches no route but such, as far as the kernel can tell. */
void rtnetlink_batch_add(struct rtnetlink_batch *b, struct rtnetlink *rt, int type,
			 const struct rtnetlink_routes *routes, size_t place);
/* Sends what was added and awaits the answers. On failure *ret_failed is the index, in the batch,
 * of the first message that was refused, and failed[] tells which; 0: the answers were lost. With
 * already_is_fine it is no error that a route is gone, or there, already. */
int rtnetlink_batch_send(struct rtnetlink_batch *b, struct rtnetlink *rt, bool already_is_fine,
			 size_t *ret_failed, struct ack *ret_ack);
/* The same with already_is_fine; so it is sent again when it fails. */
int rtnetlink_batch_insist(struct rtnetlink_batch *b, struct rtnetlink *rt, size_t *ret_failed,
			   struct ack *ret_ack);
