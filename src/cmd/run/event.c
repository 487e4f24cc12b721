// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: a look, once a burst of events has settled.
#include <syslog.h>

#include "wgq/cmd/run/follow.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/run/run.h"

/* It has settled when so long none came; but a look is put off no longer than this. */
enum { SETTLE_MS = 200, SETTLE_MOST_MS = 1000 };

void keep_event(struct keep *k)
{
	uint64_t now = loop_now(), at = now + SETTLE_MS;

	if (k->is_let_go || k->holds || (k->failures && !k->has_changed))
		return;
	if (!k->first_event)
		k->first_event = now;
	if (at > k->first_event + SETTLE_MOST_MS)
		at = k->first_event + SETTLE_MOST_MS;
	loop_timer_set(k->runner->loop, &k->look, at);
}

void keep_let_go(struct keep *k, const char *why)
{
	if (k->is_let_go)
		return;
	k->is_let_go = true;
	k->brought_up = false;
	loop_timer_cancel(k->runner->loop, &k->look);
	loop_timer_cancel(k->runner->loop, &k->expiry);
	peers_free(k);
	follower_free(k);
	say(k, LOG_NOTICE, "let-go", "%s: it is no longer looked after", why);
	say_status(k->runner);
}
