// SPDX-License-Identifier: GPL-2.0-or-later
// How far something has come, as text.
#include "wgq/cmd/terminal/progress.h"

#include <stdio.h>
#include <string.h>

/* With a comma before every three digits. */
static void add_grouped(struct buf *text, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_char(text, ',');
		buf_char(text, digits[i]);
	}
}

static void add_time(struct buf *text, uint64_t seconds)
{
	if (seconds < 60)
		buf_addf(text, "%u s", (unsigned)seconds);
	else
		buf_addf(text, "%llu min %u s", (unsigned long long)(seconds / 60),
			 (unsigned)(seconds % 60));
}

void progress_text(const char *what, size_t done, size_t total, uint64_t elapsed_ms,
		   struct buf *ret_text)
{
	uint64_t rate = elapsed_ms ? done * UINT64_C(1000) / elapsed_ms : 0;
	size_t left = total > done ? total - done : 0;

	add_grouped(ret_text, done);
	buf_str(ret_text, " of ");
	add_grouped(ret_text, total);
	buf_addf(ret_text, " %s", what);
	if (!rate)
		return;
	buf_str(ret_text, ", ");
	add_grouped(ret_text, rate);
	buf_str(ret_text, "/s, ");
	add_time(ret_text, (left + rate - 1) / rate);
	buf_str(ret_text, " left");
}
