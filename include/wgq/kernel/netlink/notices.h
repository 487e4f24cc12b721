/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells by itself: a socket that joins multicast groups, and is read when it is
 * readable. For those who wait; whoever asks uses netlink.h. */
#pragma once

#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/mem.h"

struct notices {
	int fd;       /* does not block */
	void *buffer; /* NULL: not open */
};

/* 0 or -errno. A group that the kernel does not have is left out. */
int notices_open(struct notices *n, int bus, const uint32_t *groups, size_t count);
/* Room for so many bytes of what is not read yet, with the kernel's own. */
void notices_grow(struct notices *n, int bytes);
void notices_release(struct notices *n);

/* What the program refuses is not queued, and wakes nobody. In place of the one before. */
int notices_filter(struct notices *n, const struct sock_filter *program, size_t len);

/* Gives all that is queued to take(), message by message. *ret_lost: some was lost, since it came
 * faster than it was read; whoever wants to know must look. 0 or -errno. */
int notices_read(struct notices *n, void (*take)(const struct nlmsghdr *message, void *into),
		 void *into, bool *ret_lost);

#define _cleanup_notices_ _cleanup_(notices_release)
