/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checked allocation, scope cleanup and the passing on of ownership.
 *
 * Ownership is written in the code, not in comments: a variable that owns something is declared
 * with _cleanup_(), and what leaves the scope alive leaves through steal(). Destructors come in
 * two kinds: S_release() frees what the struct holds, S_free() the struct as well. Both take
 * NULL, zeroed and half-built structs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define _cleanup_(destructor) __attribute__((cleanup(destructor)))

/* Yields the pointer and leaves NULL behind, so that the owner's destructor finds nothing. */
#define steal(pointer)                                                                             \
	({                                                                                         \
		__typeof__(pointer) *steal_from = &(pointer);                                      \
		__typeof__(pointer) stolen = *steal_from;                                          \
		*steal_from = NULL;                                                                \
		stolen;                                                                            \
	})

/* The same for a file descriptor, with -1. */
#define steal_fd(fd)                                                                               \
	({                                                                                         \
		int *steal_from = &(fd);                                                           \
		int stolen = *steal_from;                                                          \
		*steal_from = -1;                                                                  \
		stolen;                                                                            \
	})

/* Zeroed memory for count objects; NULL when there is none or when the product overflows. */
void *mem_calloc(size_t count, size_t size) __attribute__((malloc, warn_unused_result));

/* A NUL-terminated copy of the n bytes at s; NULL when there is no memory. */
char *mem_strndup(const char *s, size_t n) __attribute__((malloc, warn_unused_result));

/* Overwrites a secret in a way that no optimiser removes. */
void mem_wipe(void *at, size_t n);

/* Wipes what functions that have returned left on the stack, as copies that compilers make, and in
 * vector registers: ld.so saves those on the stack when a library calls a function for the first
 * time. */
void mem_wipe_stack(void);

/* For _cleanup_() of variables that hold malloc()ed memory, and of file descriptors (-1: none). */
void mem_free_at(void *variable);
void fd_close_at(int *fd);

#define _cleanup_free_ _cleanup_(mem_free_at)
#define _cleanup_fd_   _cleanup_(fd_close_at)
