/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far one word is from another, for those who ask what was meant. */
#pragma once

#include <stddef.h>

/* Longer words are like no other. */
enum { SPELLING_MAX = 24 };

/* How many characters have to be added, dropped, replaced or swapped with their neighbours to make
 * one word of the other ("optimal string alignment"); SPELLING_MAX + 1 where one is too long. */
unsigned spelling_distance(const char *a, size_t a_len, const char *b, size_t b_len);
