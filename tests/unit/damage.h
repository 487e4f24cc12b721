/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink messages that are cut short, or have another byte somewhere. */
#pragma once

#include "../../src/kernel/rtnetlink/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A parser: 0, or -EPROTO. */
typedef int damage_take(struct nlmsghdr *message);

/* The first n bytes, that at `at` another one, in memory of just that size: a read behind them is
 * seen by the sanitizer. */
static inline void damage_copy(damage_take *take, const struct nlmsghdr *m, size_t n, size_t at,
			       uint8_t value)
{
	_cleanup_free_ uint8_t *copy = malloc(n);
	uint32_t length = (uint32_t)n;

	assert_non_null(copy);
	memcpy(copy, m, n);
	if (at >= NLMSG_HDRLEN && at < n)
		copy[at] = value;
	memcpy(copy, &length, sizeof(length));

	int r = take((struct nlmsghdr *)(void *)copy);
	assert_true(r == 0 || r == -EPROTO);
}

/* Every length, and every byte in every place behind the header. */
static inline void damage_every_way(damage_take *take, const struct nlmsghdr *m)
{
	size_t whole = m->nlmsg_len;

	for (size_t n = NLMSG_HDRLEN; n <= whole; n++)
		damage_copy(take, m, n, 0, 0);
	for (size_t at = NLMSG_HDRLEN; at < whole; at++)
		for (int value = 0; value < 256; value++)
			damage_copy(take, m, whole, at, (uint8_t)value);
}
