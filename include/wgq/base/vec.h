/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing array of one type: { at, len, cap }, zero-initialised when empty.
 *
 *	struct prefix_vec { VEC(struct prefix); };
 *
 *	struct prefix *p = vec_push(&v);	zeroed new element, NULL: no memory
 *	vec_each(p, &v) ...			p points at each element in turn
 *	vec_find(p, &v, p->len == 24)		the first that is such, NULL: none is
 *	vec_before(p, &v, p->len > 24)		how many come first of those that are such; all
 *						others come behind them, as in a sorted array
 *	vec_release(&v);			frees the array, not what its elements own
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VEC(type)                                                                                  \
	type *at;                                                                                  \
	size_t len, cap

/* Room for want elements of size bytes, more than *cap; the new address, NULL: no memory. */
void *vec_grow(void *at, size_t *cap, size_t want, size_t size);

#define vec_reserve(v, want)                                                                       \
	({                                                                                         \
		size_t vec_want = (want);                                                          \
		if (vec_want > (v)->cap) {                                                         \
			void *vec_moved =                                                          \
				vec_grow((v)->at, &(v)->cap, vec_want, sizeof(*(v)->at));          \
			if (vec_moved)                                                             \
				(v)->at = vec_moved;                                               \
		}                                                                                  \
		vec_want <= (v)->cap;                                                              \
	})

#define vec_push(v)                                                                                \
	({                                                                                         \
		__typeof__((v)->at + 0) vec_new = NULL;                                            \
		if ((v)->len < (v)->cap || vec_reserve((v), (v)->len + 1)) {                       \
			vec_new = &(v)->at[(v)->len++];                                            \
			memset(vec_new, 0, sizeof(*vec_new));                                      \
		}                                                                                  \
		vec_new;                                                                           \
	})

#define vec_last(v) ((v)->len ? &(v)->at[(v)->len - 1] : NULL)

#define vec_each(item, v)                                                                          \
	for (__typeof__((v)->at + 0) item = (v)->at; item && item < (v)->at + (v)->len; item++)

#define vec_find(item, v, is_such)                                                                 \
	({                                                                                         \
		__typeof__((v)->at + 0) vec_found = NULL;                                          \
		vec_each(item, v)                                                                  \
			if (is_such) {                                                             \
				vec_found = item;                                                  \
				break;                                                             \
			}                                                                          \
		vec_found;                                                                         \
	})

#define vec_before(item, v, is_such)                                                               \
	({                                                                                         \
		size_t vec_low = 0, vec_high = (v)->len;                                           \
		while (vec_low < vec_high) {                                                       \
			size_t vec_middle = vec_low + (vec_high - vec_low) / 2;                    \
			__typeof__((v)->at + 0) item = (v)->at + vec_middle;                       \
			if (is_such)                                                               \
				vec_low = vec_middle + 1;                                          \
			else                                                                       \
				vec_high = vec_middle;                                             \
		}                                                                                  \
		vec_low;                                                                           \
	})

#define vec_release(v)                                                                             \
	do {                                                                                       \
		free((v)->at);                                                                     \
		(v)->at = NULL;                                                                    \
		(v)->len = (v)->cap = 0;                                                           \
	} while (0)
