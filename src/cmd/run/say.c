// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: its decisions in words.
#include <stdarg.h>
#include <string.h>

#include "wgq/cmd/run/run.h"
#include "wgq/cmd/show.h"
#include "wgq/plan/text/change.h"

/* Of more changes at once, so many are told. */
enum { TOLD_MAX = 6 };

void say(struct keep *k, int priority, const char *event, const char *format, ...)
{
	va_list args;

	buf_release(&k->last);
	va_start(args, format);
	buf_addv(&k->last, format, args);
	va_end(args);
	k->last_at = time(NULL);
	show_event(priority, k->ifname, event, buf_text(&k->last));
}

static void say_change(const struct change *change, struct buf *out)
{
	change_name(change, out);
	if (change->sign == CHANGE_ADD || change->sign == CHANGE_REMOVE) {
		buf_str(out, change->sign == CHANGE_ADD ? " added" : " removed");
		return;
	}
	if (change->from[0]) {
		buf_str(out, " from ");
		buf_printable(out, change->from, strlen(change->from));
	}
	if (change->to[0]) {
		buf_str(out, " to ");
		buf_printable(out, change->to, strlen(change->to));
	}
}

void say_changes(const struct change_vec *changes, struct buf *out)
{
	for (size_t i = 0; i < changes->len && i < TOLD_MAX; i++) {
		buf_str(out, i ? ", " : "");
		say_change(&changes->at[i], out);
	}
	if (changes->len > TOLD_MAX)
		buf_addf(out, ", and %zu more", changes->len - TOLD_MAX);
}

void say_state(const struct keep *k, struct buf *out)
{
	if (k->failures)
		buf_str(out, "state it is not as its file says\n");
	else if (k->mistake)
		buf_str(out, "state the file was changed, and has a mistake\n");
	if (k->last.len)
		buf_addf(out, "at %lld\nlast %s\n", (long long)k->last_at, buf_text(&k->last));
}
