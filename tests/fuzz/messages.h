/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fuzzer's bytes as netlink messages. */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Takes the next whole message off the bytes; NULL: there is none. Malloc()ed, alone in its memory,
 * so that a read behind it is seen by the sanitizer. */
static inline struct nlmsghdr *message_next(const uint8_t **data, size_t *size)
{
	struct nlmsghdr head, *message;

	if (*size < NLMSG_HDRLEN)
		return NULL;
	memcpy(&head, *data, sizeof(head));
	if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > *size)
		return NULL;
	message = malloc(head.nlmsg_len);
	if (!message)
		return NULL;
	memcpy(message, *data, head.nlmsg_len);
	*data += head.nlmsg_len;
	*size -= head.nlmsg_len;
	return message;
}
