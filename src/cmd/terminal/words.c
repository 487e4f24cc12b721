// SPDX-License-Identifier: GPL-2.0-or-later
// Times and amounts as people say them.
#include "wgq/cmd/terminal/words.h"

#include <inttypes.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

void words_count(struct buf *out, uint64_t n, const char *one)
{
	buf_addf(out, "%" PRIu64 " %s%s", n, one, n == 1 ? "" : "s");
}

void words_ago(struct buf *out, int64_t then, int64_t now)
{
	uint64_t age = (uint64_t)now - (uint64_t)then;

	if (then == 0) {
		buf_str(out, "never");
		return;
	}
	if (then > now) {
		buf_str(out, "in the future");
		return;
	}
	if (age == 0) {
		buf_str(out, "just now");
		return;
	}
	if (age < MINUTE)
		words_count(out, age, "second");
	else if (age < HOUR)
		words_count(out, age / MINUTE, "minute");
	else if (age < DAY)
		words_count(out, age / HOUR, "hour");
	else
		words_count(out, age / DAY, "day");
	buf_str(out, " ago");
}

static void add_bytes(struct buf *out, double bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;

	if (bytes < 1024) {
		buf_addf(out, "%.0f B", bytes);
		return;
	}
	/* 1023.996 KiB would be written as 1024.00 KiB. */
	for (bytes /= 1024; bytes >= 1023.995 && unit + 1 < sizeof(units) / sizeof(units[0]);
	     unit++)
		bytes /= 1024;
	buf_addf(out, "%.2f %s", bytes, units[unit]);
}

void words_bytes(struct buf *out, uint64_t bytes)
{
	add_bytes(out, (double)bytes);
}

void words_rate(struct buf *out, uint64_t bytes, double seconds)
{
	if (!bytes || !(seconds > 0)) {
		buf_char(out, '-');
		return;
	}
	add_bytes(out, (double)bytes / seconds);
	buf_str(out, "/s");
}
