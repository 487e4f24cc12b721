// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: sends the probes, and waits for what becomes of them.
//
// Theory of operation
//
// All peers are asked at once, or nearly so. To one peer the probes leave PROBE_APART_MS apart,
// since it ignores what arrives out of order, and each round is as long as that takes. A probe
// within a moment of the kernel's own handshake can break that: a session of 115 s to 130 s is
// about to be renewed, so its peer is asked when it has been. Whether the kernel is in vain asking
// for a session now, its counters do not tell in one look; but then the peer has none that could
// break.
//
// A peer that was asked by another path than the session's sends there until it hears of us by the
// session's. It does at once by a poke. Without a session there is nothing to be put back.
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/probe/probe.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/value.h"

enum { RENEWAL_BEGINS = 115, RENEWAL_ENDS = 130 }; /* seconds */
enum { APART_OF_PEERS_MS = 1 };

struct ask {
	struct probe_rows *rows;
	struct prober *prober;
	size_t next; /* row to be sent */
	size_t peer; /* of the row before */
	uint32_t peers;
	uint32_t delay_ms, interval_ms;
};

static int64_t session_age(const struct probe_rows *rows, const struct wg_peer *peer)
{
	return rows->is_up && peer->last_handshake ? rows->now - peer->last_handshake : -1;
}

/* What the first probe of a peer waits for. */
static void begin_peer(struct ask *ask, size_t row)
{
	const struct probe_rows *rows = ask->rows;
	const struct wg_peer *peer = &rows->wg.peers.at[rows->at[row].peer];
	int64_t age = session_age(rows, peer);
	uint32_t apart = 0;

	ask->peer = rows->at[row].peer;
	for (; row < rows->len && rows->at[row].peer == ask->peer; row++)
		apart += PROBE_APART_MS;
	ask->interval_ms = apart > PROBE_AGAIN_MS ? apart : PROBE_AGAIN_MS;
	/* An ask takes half of that: more at once would only wait for each other. */
	ask->delay_ms = ask->peers++ * APART_OF_PEERS_MS;
	if (age < 0 || age >= RENEWAL_ENDS ||
	    age + PROBE_ASKS * ask->interval_ms / 1000 < RENEWAL_BEGINS)
		return;

	_cleanup_buf_ struct buf line = {0};
	const int64_t wait = RENEWAL_ENDS - age;
	ask->delay_ms += (uint32_t)wait * 1000;
	value_peer(peer_names_find(&rows->names, &peer->public_key), &peer->public_key, &line);
	buf_addf(&line, ": asked in %lld s, when its session has been renewed", (long long)wait);
	show_line(buf_text(&line));
}

/* As many as the prober takes. */
static int send_rows(struct ask *ask, struct diag *d)
{
	struct probe_rows *rows = ask->rows;

	for (; ask->next < rows->len; ask->next++) {
		struct probe_row *row = &rows->at[ask->next];
		const struct wg_peer *peer = &rows->wg.peers.at[row->peer];

		if (ask->next == 0 || row->peer != ask->peer)
			begin_peer(ask, ask->next);
		if (!row->by.source.family)
			continue;
		int r = prober_send(ask->prober, &(const struct probe){
							 .tag = ask->next,
							 .public_key = &peer->public_key,
							 .preshared_key = &peer->preshared_key,
							 .to = row->to,
							 .from = row->by.source,
							 .link = row->by.link,
							 .last_handshake = peer->last_handshake,
							 .delay_ms = ask->delay_ms,
							 .interval_ms = ask->interval_ms,
						 });
		if (r == -EBUSY)
			return 0;
		if (r < 0)
			return diag_fail(d, -r, "cannot send probes");
		row->is_sent = true;
		ask->delay_ms += PROBE_APART_MS;
	}
	return 0;
}

/* An interface that is gone by now needs none. */
static void poke(const struct probe_rows *rows, const struct probe_row *row)
{
	const struct wg_peer *peer = &rows->wg.peers.at[row->peer];
	int64_t age = session_age(rows, peer);

	if (age >= 0 && age <= WG_SESSION_SECONDS)
		device_poke(rows->ifname, rows->server, &peer->public_key, peer->keepalive, NULL);
}

int probe_ask(struct probe_rows *rows, struct diag *d)
{
	_cleanup_prober_ struct prober *prober = NULL;
	const struct prober_device device = {
		.private_key = &rows->wg.private_key,
		.port = rows->wg.listen_port,
		.mark = rows->wg.fwmark,
		.is_down = !rows->is_up,
	};
	struct ask ask = {.rows = rows};
	struct probe_event event;
	int r = 0;

	if (key_is_zero(&rows->wg.private_key))
		r = diag_refuse(d, ENOKEY, "%s has no private key to ask with", rows->ifname);
	if (r == 0)
		r = prober_open(&prober, &device, d);
	ask.prober = prober;
	rows->now = time(NULL);
	while (r == 0) {
		r = send_rows(&ask, d);
		if (r < 0 || !prober_count(prober))
			break;
		struct pollfd fd = {.fd = prober_fd(prober), .events = POLLIN};
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return diag_fail(d, errno, "cannot wait for answers");
		while (prober_read(prober, &event)) {
			struct probe_row *row = &rows->at[event.tag];

			if (event.verdict == PROBE_POKE)
				poke(rows, row);
			else
				row->result = event;
		}
	}
	return r;
}
