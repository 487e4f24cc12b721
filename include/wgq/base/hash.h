/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNV-1a, a byte at a time: for sums that wgq leaves in the kernel and finds again. */
#pragma once

#include <stdint.h>

#define HASH_START UINT32_C(2166136261)

static inline uint32_t hash_add(uint32_t hash, unsigned char byte)
{
	return (hash ^ byte) * 16777619;
}
