// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: probes of paths.
#include <errno.h>
#include <syslog.h>

#include "peers.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/show.h"

/* A tag is the peer's number, and the path's, with this where the peer is to be poked. */
#define TAG_POKE (UINT32_C(1) << 31)

static enum reach_verdict verdict_of(enum probe_verdict verdict)
{
	switch (verdict) {
	case PROBE_ANSWERED:
		return REACH_ANSWERED;
	case PROBE_ELSEWHERE:
		return REACH_ELSEWHERE;
	case PROBE_BUSY:
		return REACH_BUSY;
	case PROBE_OTHER_KEYS:
		return REACH_OTHER_KEYS;
	case PROBE_REFUSED:
	case PROBE_UNREACHABLE:
	case PROBE_NOT_SENT:
		return REACH_REFUSED;
	case PROBE_SILENT:
	case PROBE_CLOCK_BACK:
	case PROBE_POKE:
		break;
	}
	return REACH_SILENT;
}

static void on_answers(void *context, uint32_t events)
{
	struct peers *p = context;
	struct probe_event event;

	(void)events;
	while (prober_read(p->prober, &event)) {
		struct peer *peer = peers_find(p, (uint32_t)(event.tag >> 32));
		uint32_t id = (uint32_t)event.tag;

		if (!peer)
			continue;
		peer->wake_at = 0;
		if (event.verdict != PROBE_POKE)
			reach_take_answer(&peer->reach, id & ~TAG_POKE, verdict_of(event.verdict),
					  peers_now());
		else if (id & TAG_POKE)
			peer_poke(p, peer);
	}
	peers_soon(p);
}

void probes_close(struct peers *p)
{
	if (p->prober)
		loop_remove(p->keep->runner->loop, &p->prober_source);
	prober_free_at(&p->prober);
	mem_wipe(&p->private_key, sizeof(p->private_key));
}

void probes_device(struct peers *p, const struct wg_device *wg)
{
	bool same = p->mark == wg->fwmark && p->port == wg->listen_port &&
		    key_equal(&p->private_key, &wg->private_key);

	p->mark = wg->fwmark;
	if (p->prober && same)
		return;
	probes_close(p);
	p->private_key = wg->private_key;
	p->port = wg->listen_port;
}

/* When it is first needed. Without it endpoints are tried one after the other. */
static int open_prober(struct peers *p)
{
	const struct prober_device device = {
		.private_key = &p->private_key, .port = p->port, .mark = p->mark};
	_cleanup_diag_ struct diag d = {0};

	if (p->prober)
		return 0;
	if (p->cannot_probe)
		return -EOPNOTSUPP;
	int r = prober_open(&p->prober, &device, &d);
	p->prober_source = (struct loop_source){.ready = on_answers, .context = p};
	if (r == 0)
		r = loop_add(p->keep->runner->loop, &p->prober_source, prober_fd(p->prober),
			     EPOLLIN);
	if (r < 0) {
		prober_free_at(&p->prober);
		p->cannot_probe = true;
		diag_demote(&d);
		show_diag(&d);
		say(p->keep, LOG_WARNING, "blind",
		    "endpoints cannot be probed: where one is silent, the next is tried");
	}
	return r;
}

void peer_probe(struct peers *p, struct peer *peer, const struct reach_action *action)
{
	const struct probe probe = {
		.tag = (uint64_t)peer->number << 32 | action->id | (action->poke ? TAG_POKE : 0),
		.public_key = &peer->key,
		.preshared_key = &peer_wanted(p, peer)->preshared_key,
		.to = action->way.to,
		.from = action->way.source,
		.link = action->way.link,
		.last_handshake = peer->reach.pulse.last.last_handshake,
		.asks = 1,
		.interval_ms = REACH_ANSWER_MS,
	};
	int r = open_prober(p);

	peer->reach.blind = p->cannot_probe;
	if (r == 0)
		r = prober_send(p->prober, &probe);
	if (r < 0)
		reach_take_answer(&peer->reach, action->id, REACH_REFUSED, peers_now());
}
