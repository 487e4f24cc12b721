/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording: this head before the bytes of each send(), in the order of sending. */
#pragma once

#include <stdint.h>

struct record {
	uint64_t socket; /* SO_COOKIE: one number a socket */
	int domain, protocol;
	uint32_t len, unused;
};
