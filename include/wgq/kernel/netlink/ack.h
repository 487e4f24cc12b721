/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel answers to a netlink request: an errno and, where it explains itself, a text
 * (extended acknowledgement, include/uapi/linux/netlink.h). Shared by the three netlink
 * protocols that wgq speaks. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"

struct ack {
	uint32_t seq;   /* of the request that is answered */
	int error;      /* errno, positive; 0: done */
	char text[128]; /* NLMSGERR_ATTR_MSG, cut; "": none */
};

/* Reads an NLMSG_ERROR, or the NLMSG_DONE of a dump, whose payload is an error too; nlmsg_len bytes
 * of it are there. 0, or -EPROTO where the message is neither, is too short or has no errno. */
int ack_parse(const struct nlmsghdr *message, struct ack *ret);

/* "cannot WHAT: errno text", with the kernel's own text as a note; returns -ack->error. WHAT is
 * made by the format, e.g. "add route 10.0.0.0/8". */
int ack_fail(struct diag *d, const struct ack *ack, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
