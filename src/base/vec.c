// SPDX-License-Identifier: GPL-2.0-or-later
// The growth of arrays: by half again, so that appending n elements costs O(n).
#include "wgq/base/vec.h"

#include <stdint.h>
#include <stdlib.h>

void *vec_grow(void *at, size_t *cap, size_t want, size_t size)
{
	size_t grown = *cap + *cap / 2;

	if (grown < want)
		grown = want < 4 ? 4 : want;
	if (grown > SIZE_MAX / size)
		return NULL;

	void *moved = realloc(at, grown * size);
	if (moved)
		*cap = grown;
	return moved;
}
