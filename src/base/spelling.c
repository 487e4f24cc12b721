// SPDX-License-Identifier: GPL-2.0-or-later
// The distance of two words, in changes of a character.
#include "wgq/base/spelling.h"

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned spelling_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	/* cost[i][j]: of making the first j characters of b out of the first i of a. */
	unsigned cost[SPELLING_MAX + 1][SPELLING_MAX + 1];

	if (a_len > SPELLING_MAX || b_len > SPELLING_MAX)
		return SPELLING_MAX + 1;
	for (size_t i = 0; i <= a_len; i++)
		cost[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b_len; j++)
		cost[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			unsigned differs = a[i - 1] != b[j - 1];
			unsigned best = least(cost[i - 1][j], cost[i][j - 1]) + 1;

			best = least(best, cost[i - 1][j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = least(best, cost[i - 2][j - 2] + 1);
			cost[i][j] = best;
		}
	}
	return cost[a_len][b_len];
}
