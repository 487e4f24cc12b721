// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the peers of an interface, and what becomes of decisions.
//
// Theory of operation
//
// plan/reach decides, for each peer alone, which endpoint to use and what to do next. What it hears
// of is here: readings of the device, the answers of probes, addresses of names, and the ways that
// the routes offer. What it decides is carried out until it has nothing more to say before some
// moment; a timer is set for the earliest of these.
//
// A peer whose endpoint is a number, on a host with one way to it, leaves nothing to decide: then
// no timer is set.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "peers.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/run/reach.h"

static void take_reading(struct peer *peer, const struct wg_peer *seen)
{
	const struct pulse_reading reading = {
		.rx_bytes = seen->rx_bytes,
		.tx_bytes = seen->tx_bytes,
		.last_handshake = seen->last_handshake,
		.endpoint = seen->endpoint,
	};

	reach_take_reading(&peer->reach, &reading, peers_now());
	peer->wake_at = 0;
}

/* One reading serves all peers. */
static void take_readings(struct peers *p, const struct wg_device *wg)
{
	struct wg_peer_pointers sorted = {0};

	if (wg_peers_sort(&wg->peers, 0, &sorted) == 0)
		vec_each(peer, p) {
			const struct wg_peer *seen = wg_peers_find(&sorted, &peer->key);

			if (seen)
				take_reading(peer, seen);
		}
	vec_release(&sorted);
}

static void find_all_paths(struct peers *p)
{
	p->ways_at = loop_now();
	p->keep->ways_changed = false;
	peers_forget_host(p);
	vec_each(peer, p)
		peer_find_paths(p, peer);
	peers_forget_host(p);
}

/* The kernel passes over an IPv6 route whose gateway has failed, and tells nobody. A look-up makes
 * it ask the gateway again (net/ipv6/route.c, rt6_probe()). */
enum { WAYS_AGAIN_MS = 20000 };

static void find_ip6_paths(struct peers *p)
{
	p->ways_at = loop_now();
	vec_each(peer, p)
		for (size_t i = 0; peer->reach.n > 1 && i < peer->reach.n; i++)
			if (peer->paths[i].way.to.any.sa_family == AF_INET6) {
				peer_find_paths(p, peer);
				break;
			}
}

static int by_key(const void *a, const void *b)
{
	return key_compare(a, b);
}

/* The peers of which there is something to decide. */
static void list_watched(struct peers *p, struct wg_device *ret, struct key *keys)
{
	vec_each(peer, p)
		if (reach_is_watched(&peer->reach, peers_now()))
			keys[ret->only_len++] = peer->key;
	qsort(keys, ret->only_len, sizeof(*keys), by_key);
	ret->only = keys;
}

static void read_device(struct peers *p)
{
	_cleanup_free_ struct key *keys = mem_calloc(p->len, sizeof(*keys));
	_cleanup_wg_device_ struct wg_device wg = {0};

	if (keys)
		list_watched(p, &wg, keys);
	if (device_get(p->keep->ifname, p->is_userspace ? DEVICE_USERSPACE : DEVICE_KERNEL, &wg,
		       NULL) == 0)
		take_readings(p, &wg);
	if (loop_now() - p->ways_at >= WAYS_AGAIN_MS)
		find_ip6_paths(p);
}

static void say_set(struct peers *p, const struct peer *peer, const struct reach_action *action)
{
	_cleanup_buf_ struct buf key = {0}, to = {0};
	char source[ADDR_TEXT_MAX] = "";

	if (action->reason == REACH_ROUTINE)
		return;
	key_add(&peer->key, &key);
	endpoint_format(&action->way.to, &to);
	if (action->way.source.family)
		addr_format(&action->way.source, source);
	say(p->keep, LOG_NOTICE, "endpoint", "peer %s: endpoint %s%s%s: %s", buf_text(&key),
	    buf_text(&to), source[0] ? " from " : "", source, reach_reason_text(action->reason));
}

static void carry_out(struct peers *p, struct peer *peer, const struct reach_action *action)
{
	switch (action->kind) {
	case REACH_WAIT:
		break;
	case REACH_READ:
		read_device(p);
		break;
	case REACH_PROBE:
		peer_probe(p, peer, action);
		break;
	case REACH_SET:
		say_set(p, peer, action);
		peer_set(p, peer, action);
		break;
	case REACH_PIN:
		peer_pin(p, &action->way);
		break;
	case REACH_UNPIN:
		peer_unpin(p, &action->way);
		break;
	case REACH_POKE:
		peer_poke(p, peer);
		break;
	case REACH_RESOLVE:
		peer_ask_names(p, peer);
		break;
	}
}

/* A decision that leads to another at once, again and again, must not keep the loop from turning.
 */
enum { ACTIONS_MOST = 100 };

/* Where many are silent at once, their probes and questions for names leave one after the other.
 * The turns of a second that nobody took may be taken together. */
#define TURN_APART (REACH_SECOND / 100)
enum { TURNS_TOGETHER = 100 };

static void offer_turn(struct peers *p, struct peer *peer, uint64_t now)
{
	const uint64_t most = TURNS_TOGETHER * TURN_APART;

	if (p->turn + most < now)
		p->turn = now - most;
	if (!peer->has_turn)
		peer->reach.turn = p->turn;
}

/* Whoever takes the turn, or waits for it, has it. */
static void note_turn(struct peers *p, struct peer *peer, const struct reach_action *action)
{
	bool takes = action->kind == REACH_PROBE || action->kind == REACH_RESOLVE;
	bool waits = action->kind == REACH_WAIT && action->at == peer->reach.turn;

	if ((takes || waits) && !peer->has_turn)
		p->turn += TURN_APART;
	if (takes || action->kind == REACH_WAIT)
		peer->has_turn = waits;
}

static uint64_t step_peer(struct peers *p, struct peer *peer)
{
	for (int i = 0; i < ACTIONS_MOST; i++) {
		struct reach_time now = peers_now();

		offer_turn(p, peer, now.ns);
		struct reach_action action = reach_next(&peer->reach, now);

		note_turn(p, peer, &action);
		if (action.kind == REACH_WAIT)
			return action.at == REACH_NEVER ? UINT64_MAX : action.at / 1000000 + 1;
		carry_out(p, peer, &action);
	}
	return loop_now() + 1;
}

static void step(struct peers *p)
{
	uint64_t next = UINT64_MAX, now = loop_now();
	uint32_t crowd = 0;

	if (!p->keep->is_up || p->keep->holds || p->keep->is_let_go) {
		loop_timer_cancel(p->keep->runner->loop, &p->timer);
		return;
	}
	peers_ask_nat64(p);
	vec_each(peer, p)
		crowd += peer->reach.phase == REACH_SEARCH;
	vec_each(peer, p) {
		peer->reach.crowd = crowd;
		if (peer->wake_at <= now)
			peer->wake_at = step_peer(p, peer);
	}
	/* What one of them did may have woken others. */
	vec_each(peer, p) {
		uint64_t set_at = peer_set_due(p, peer, now);

		next = peer->wake_at < next ? peer->wake_at : next;
		next = set_at < next ? set_at : next;
	}
	say_status(p->keep->runner);
	if (next == UINT64_MAX)
		loop_timer_cancel(p->keep->runner->loop, &p->timer);
	else
		loop_timer_set(p->keep->runner->loop, &p->timer, next);
}

void peers_go(struct keep *k)
{
	if (k->peers)
		step(k->peers);
}

static void on_time(void *context)
{
	step(context);
}

static bool has_names(const struct peer *peer)
{
	return vec_find(entry, &peer->entries, entry->host);
}

/* Whether there is an endpoint to look after. */
static bool has_endpoint(const struct conf *conf, size_t index)
{
	if (conf->wg.peers.at[index].has_endpoint)
		return true;
	vec_each(endpoint, &conf->endpoints)
		if (endpoint->peer == index)
			return true;
	vec_each(endpoint, &conf->fallback_endpoints)
		if (endpoint->peer == index)
			return true;
	return false;
}

/* What is in use, and is still a candidate, stays in use. */
static void keep_endpoint(const struct peer *peer, struct wg_peer *wanted)
{
	vec_each(entry, &peer->entries)
		vec_each(addr, &entry->addrs)
			if (endpoint_equal(addr, &peer->reach.endpoint)) {
				wanted->endpoint = *addr;
				wanted->has_endpoint = true;
				return;
			}
}

static int load_peer(struct peers *p, struct conf *conf, size_t index)
{
	struct wg_peer *wanted = &conf->wg.peers.at[index];
	struct peer *peer = vec_find(known, p, key_equal(&known->key, &wanted->public_key));
	bool is_new = !peer;

	if (is_new && !(peer = vec_push(p)))
		return -ENOMEM;
	if (is_new)
		peer->number = ++p->last_number;
	peer->stays = true;
	peer->wake_at = 0;
	peer->key = wanted->public_key;
	peer->index = index;
	int r = peer_set_entries(peer, conf);
	if (is_new)
		peer->waits = has_names(peer);
	if (r == 0 && is_new)
		reach_init(&peer->reach, has_names(peer), peers_now());
	else if (r == 0)
		keep_endpoint(peer, wanted);
	peer->reach.has_names = has_names(peer);
	peer->reach.spread = peer->key.bytes[0];
	/* The question that is open is about the former entries: its answers are ignored, and the
	 * names are asked again. */
	if (peer->asked) {
		peer->number = ++p->last_number;
		peer->asked = 0;
		reach_take_names(&peer->reach, false, 0, peers_now());
	}
	return r;
}

static void drop_gone(struct peers *p)
{
	for (size_t i = 0; i < p->len;) {
		struct peer *peer = &p->at[i];

		if (peer->stays) {
			i++;
			continue;
		}
		if (peer->reach.pin.link)
			peer_unpin(p, &peer->reach.pin);
		peer_release(peer);
		*peer = p->at[--p->len];
	}
}

int peers_load(struct keep *k)
{
	struct peers *p = k->peers ? k->peers : mem_calloc(1, sizeof(*p));
	struct conf *conf = &k->config.conf;
	int r = p ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	k->peers = p;
	p->keep = k;
	p->timer.due = on_time;
	p->timer.context = p;
	vec_each(peer, p)
		peer->stays = false;
	for (size_t i = 0; r == 0 && i < conf->wg.peers.len; i++)
		if (has_endpoint(conf, i))
			r = load_peer(p, conf, i);
	drop_gone(p);
	return r;
}

void peers_look(struct keep *k, const struct snap *snap)
{
	struct peers *p = k->peers;

	if (!p || !p->len)
		return;
	p->is_userspace = snap->is_userspace;
	probes_device(p, &snap->wg);
	take_readings(p, &snap->wg);
	if (k->ways_changed)
		find_all_paths(p);
}

static void change(struct keep *k, bool resumed)
{
	k->ways_changed = true;
	if (!k->peers)
		return;
	/* That was of the network of before. */
	k->peers->nat64 = NAT64_UNKNOWN;
	k->peers->prefixes.len = 0;
	vec_each(peer, k->peers)
		/* To the first ways nothing is a change. */
		if (peer->paths) {
			reach_take_change(&peer->reach, resumed, peers_now());
			peer->wake_at = 0;
		}
}

void peers_ways_changed(struct keep *k)
{
	change(k, false);
}

void peers_resumed(struct keep *k)
{
	change(k, true);
}

void peers_stop(struct keep *k)
{
	if (k->peers)
		loop_timer_cancel(k->runner->loop, &k->peers->timer);
}

void peers_free(struct keep *k)
{
	struct peers *p = k->peers;

	if (!p)
		return;
	vec_each(peer, p)
		peer->stays = false;
	drop_gone(p);
	peers_unpin_all(p);
	vec_release(p);
	loop_timer_cancel(k->runner->loop, &p->timer);
	probes_close(p);
	asks_close(p);
	peers_forget_host(p);
	vec_release(&p->prefixes);
	free(p);
	k->peers = NULL;
}
