// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the state of all, to systemd.
#include <string.h>

#include "peers.h"
#include "wgq/sys/event/notify.h"

/* How many are reached, as far as it is known; of a single peer the endpoint that is used. */
static void add_peers(const struct keep *k, struct buf *out)
{
	size_t reached = 0;

	if (!k->peers || !k->peers->len)
		return;
	vec_each(peer, k->peers)
		reached += peer->reach.phase == REACH_WATCH || peer->reach.phase == REACH_DOUBT;
	const struct peer *first = k->peers->at;
	if (k->peers->len > 1) {
		buf_addf(out, ", %zu of %zu peers reached", reached, k->peers->len);
	} else if (!reached) {
		buf_str(out, ", its peer is not reached");
	} else if (first->reach.endpoint.any.sa_family) {
		buf_str(out, ", its peer at ");
		endpoint_format(&first->reach.endpoint, out);
	}
}

/* What was told last is not told again. */
void say_status(struct runner *runner)
{
	_cleanup_buf_ struct buf text = {0};

	buf_str(&text, "STATUS=");
	for (size_t i = 0; i < runner->count; i++) {
		const struct keep *k = &runner->keeps[i];

		buf_addf(&text, "%s%s: %s", i ? "; " : "", k->ifname,
			 k->is_let_go  ? "let go"
			 : k->failures ? "not as its file says"
			 : k->mistake  ? "up; its file has a mistake"
				       : "up");
		if (!k->is_let_go && !k->failures)
			add_peers(k, &text);
	}
	if (buf_status(&text) < 0 || strcmp(buf_text(&text), buf_text(&runner->status)) == 0)
		return;
	notify_send(buf_text(&text));
	buf_clear(&runner->status);
	buf_str(&runner->status, buf_text(&text));
}
