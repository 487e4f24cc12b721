// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: what is decided of a peer is done to its device.
#include "peers.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/show.h"
#include "wgq/kernel/rtnetlink/pin.h"

static enum device_server server_of(const struct peers *p)
{
	return p->is_userspace ? DEVICE_USERSPACE : DEVICE_KERNEL;
}

/* What fails is seen in the next reading. */
static void set_once(struct peers *p, struct peer *peer)
{
	struct wg_peer setting = {
		.public_key = peer->key,
		.endpoint = peer->set,
		.has_endpoint = true,
		.update_only = true,
	};
	const struct wg_device device = {.peers = {.at = &setting, .len = 1}};

	device_set(p->keep->ifname, server_of(p), &device, NULL);
}

void peer_set(struct peers *p, struct peer *peer, const struct reach_action *action)
{
	peer->set = action->way.to;
	peer->sets_left = action->times;
	peer->set_at = loop_now();
	/* So that a look does not set the file's again. */
	peer_wanted(p, peer)->endpoint = peer->set;
	peer_wanted(p, peer)->has_endpoint = true;
}

void peer_poke(struct peers *p, struct peer *peer)
{
	device_poke(p->keep->ifname, server_of(p), &peer->key, peer_wanted(p, peer)->keepalive,
		    NULL);
}

uint64_t peer_set_due(struct peers *p, struct peer *peer, uint64_t now)
{
	if (peer->sets_left && peer->set_at <= now) {
		set_once(p, peer);
		peer->sets_left--;
		peer->set_at = now + REACH_SET_APART_MS;
	}
	return peer->sets_left ? peer->set_at : UINT64_MAX;
}

/* Where it cannot be pinned, the next probe tells that the path is silent. */
void peer_pin(struct peers *p, const struct reach_way *way)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	_cleanup_diag_ struct diag d = {0};
	const struct pin pin = {.to = way->to,
				.source = way->source,
				.link = way->link,
				.mark = p->mark,
				.port = p->port};
	int r = rtnetlink_open(&rt, &d);

	if (r == 0)
		r = rtnetlink_pin(rt, p->keep->ifname, &pin, &d);
	if (r < 0) {
		diag_demote(&d);
		show_diag(&d);
	}
}

void peer_unpin(struct peers *p, const struct reach_way *way)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;

	if (rtnetlink_open(&rt, NULL) == 0)
		rtnetlink_unpin(rt, p->keep->ifname, &way->to, NULL);
}

void peers_unpin_all(struct peers *p)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	struct endpoint_vec pins = {0};

	if (rtnetlink_open(&rt, NULL) < 0)
		return;
	rtnetlink_pins_list(rt, p->keep->ifname, &pins, NULL);
	vec_each(to, &pins)
		rtnetlink_unpin(rt, p->keep->ifname, to, NULL);
	vec_release(&pins);
}
