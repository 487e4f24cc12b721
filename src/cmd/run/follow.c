// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: allowed IPs follow routes.
//
// Theory of operation
//
// What the kernel tells of routes goes to plan/follow as it comes, and what comes out of it is sent
// when all that was queued is read: so a burst is few messages. Once there was something to send,
// the next is sent no sooner than PAUSE_MS later. That bounds what a flood costs; the first change
// after a pause goes out at once.
//
// Whenever plan/follow is in doubt, all routes and the device are read again. That takes time in
// proportion to their number, so the next time is put off by some multiples of it.
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/run/follow.h"
#include "wgq/cmd/run/run.h"
#include "wgq/cmd/show.h"
#include "wgq/run/look/device.h"
#include "wgq/run/look/followed.h"

enum {
	PAUSE_MS = 10,
	AGAIN_MS = 100,  /* at least so long between two readings of all, */
	AGAIN_TIMES = 5, /* and so many times what the first one took */
	FAILED_MS = 1000,
	AUDIT_MS = 300000, /* what nobody tells is found at the latest then */
	SAY_MS = 10000,    /* at most one line of changes in that time */
};

struct follower {
	struct keep *keep;
	struct follow *follow;
	struct loop_timer timer;
	uint32_t link, table, mark;
	bool is_userspace, ways_changed;
	uint64_t told_at; /* the first change that is not sent yet; 0: none */
	uint64_t sent_at, again_at, audit_at, said_at;
	unsigned lag;          /* milliseconds, of the last burst */
	size_t added, removed; /* since it was said */
};

static bool may_act(const struct follower *f)
{
	const struct keep *k = f->keep;

	return k->is_up && !k->holds && !k->is_let_go && k->index == f->link;
}

static enum device_server server_of(const struct follower *f)
{
	return f->is_userspace ? DEVICE_USERSPACE : DEVICE_KERNEL;
}

/* What fails is tried again; that it does is said once in a while. */
static void fail(struct follower *f, struct diag *d)
{
	uint64_t now = loop_now();

	follow_doubt(f->follow);
	f->again_at = now + FAILED_MS;
	if (f->said_at && now - f->said_at < SAY_MS)
		return;
	f->said_at = now;
	show_diag(d);
	say(f->keep, LOG_WARNING, "failed", "allowed IPs do not follow the routes: trying again");
}

static void read_all(struct follower *f)
{
	_cleanup_wg_device_ struct wg_device device = {0};
	_cleanup_diag_ struct diag d = {0};
	uint64_t began = loop_now();
	int r = device_get(f->keep->ifname, server_of(f), &device, &d);

	if (r == 0)
		r = followed_read(f->follow, f->link, &device, &d);
	if (r == 0 && follow_hold(f->follow, &device) < 0)
		r = diag_no_memory(&d);
	uint64_t now = loop_now(), pause = (now - began) * AGAIN_TIMES;
	f->again_at = now + (pause > AGAIN_MS ? pause : AGAIN_MS);
	f->audit_at = now + AUDIT_MS;
	f->mark = device.fwmark;
	f->ways_changed = false;
	if (r < 0)
		fail(f, &d);
}

/* Whether an endpoint is led into the interface now. */
static void look_at_endpoints(struct follower *f)
{
	_cleanup_diag_ struct diag d = {0};
	struct addr_vec swallowed = {0};
	int r = followed_swallowed(f->link, f->mark, &f->keep->endpoints, &swallowed, &d);

	f->ways_changed = false;
	if (r < 0 || follow_swallowed(f->follow, &swallowed) < 0)
		fail(f, &d);
	vec_release(&swallowed);
}

static size_t count(const struct wg_device *message)
{
	size_t total = 0;

	vec_each(peer, &message->peers)
		total += peer->allowed_ips.len;
	return total;
}

static void send_due(struct follower *f, uint64_t now)
{
	int r = 1;

	while (r == 1) {
		_cleanup_wg_device_ struct wg_device message = {0};
		_cleanup_diag_ struct diag d = {0};

		r = follow_next(f->follow, now, &message);
		if (r <= 0)
			break;
		bool removes = message.peers.at[0].allowed_ips.at[0].remove;
		if (device_set(f->keep->ifname, server_of(f), &message, &d) < 0) {
			fail(f, &d);
			return;
		}
		*(removes ? &f->removed : &f->added) += count(&message);
		f->sent_at = loop_now();
		if (!removes && f->told_at)
			f->lag = (unsigned)(f->sent_at - f->told_at);
	}
	f->told_at = 0;
}

static void say_what_was_sent(struct follower *f)
{
	uint64_t now = loop_now();

	if ((!f->added && !f->removed) || (f->said_at && now - f->said_at < SAY_MS))
		return;
	say(f->keep, LOG_INFO, "followed", "allowed IPs follow the routes: %zu added, %zu removed",
	    f->added, f->removed);
	f->added = f->removed = 0;
	f->said_at = now;
}

static void step(void *context)
{
	struct follower *f = context;
	uint64_t now = loop_now();

	if (!may_act(f)) {
		loop_timer_cancel(f->keep->runner->loop, &f->timer);
		return;
	}
	if ((follow_doubts(f->follow) || now >= f->audit_at) && now >= f->again_at)
		read_all(f);
	if (f->ways_changed)
		look_at_endpoints(f);
	/* In doubt as well: what is known to be there is not kept waiting; nothing is removed. */
	send_due(f, loop_now());
	say_what_was_sent(f);

	now = loop_now();
	uint64_t next = follow_due(f->follow, now);
	if (follow_doubts(f->follow) && f->again_at < next)
		next = f->again_at;
	loop_timer_set(f->keep->runner->loop, &f->timer, next < f->audit_at ? next : f->audit_at);
}

void follower_go(struct keep *k)
{
	struct follower *f = k->follower;

	if (!f)
		return;
	uint64_t now = loop_now(), at = f->sent_at + PAUSE_MS;
	if (now >= at)
		step(f);
	else if (!f->timer.is_set || f->timer.at > at)
		loop_timer_set(k->runner->loop, &f->timer, at);
}

void follower_settle(struct keep *k)
{
	struct follower *f = k->follower;

	if (!f || !may_act(f))
		return;
	if (follow_doubts(f->follow))
		read_all(f);
	send_due(f, loop_now() + FOLLOW_HOLD_MS);
}

void follower_look(struct keep *k, const struct snap *snap, bool changes)
{
	const struct conf *conf = &k->config.conf;
	uint32_t table = followed_table(conf, &snap->wg);
	struct follower *f = k->follower;

	if (f && (f->link != snap->link.index || f->table != table))
		follower_free(k);
	if (!k->follower && conf->follow_line) {
		f = mem_calloc(1, sizeof(*f));
		k->follower = f;
		if (!f || follow_new(conf, snap->link.index, table, &f->follow) < 0) {
			follower_free(k);
			return;
		}
		f->keep = k;
		f->link = snap->link.index;
		f->table = table;
		f->timer = (struct loop_timer){.due = step, .context = f};
	}
	if (!k->follower)
		return;
	k->follower->is_userspace = snap->is_userspace;
	k->follower->ways_changed = true;
	if (changes)
		follower_doubt(k);
}

static void note(struct follower *f)
{
	f->told_at = f->told_at ? f->told_at : loop_now();
}

bool follower_take_route(struct keep *k, const struct policy_route *route, bool gone,
			 unsigned flags)
{
	struct follower *f = k->follower;

	if (!f)
		return false;
	follow_take_route(f->follow, route, follow_how(gone, flags));
	note(f);
	return follow_watches(f->follow, route);
}

void follower_take_replaced(struct keep *k, const struct policy_route *route)
{
	struct follower *f = k->follower;

	if (f && policy_route_oif(route) != f->link)
		follow_take_route(f->follow, route, FOLLOW_REPLACES);
}

void follower_take_nexthop(struct keep *k, const struct policy_nexthop *nexthop, bool gone)
{
	struct follower *f = k->follower;

	if (!f)
		return;
	follow_take_nexthop(f->follow, nexthop, gone);
	note(f);
}

void follower_doubt(struct keep *k)
{
	if (k->follower)
		follow_doubt(k->follower->follow);
}

void follower_ways_changed(struct keep *k)
{
	if (k->follower)
		k->follower->ways_changed = true;
}

void follower_stop(struct keep *k)
{
	if (!k->follower)
		return;
	follower_doubt(k);
	loop_timer_cancel(k->runner->loop, &k->follower->timer);
}

void follower_tell(const struct keep *k, struct buf *out)
{
	if (k->follower)
		buf_addf(out, "lag %u\n", k->follower->lag);
}

void follower_free(struct keep *k)
{
	struct follower *f = k->follower;

	if (!f)
		return;
	if (f->keep)
		loop_timer_cancel(k->runner->loop, &f->timer);
	follow_free_at(&f->follow);
	free(f);
	k->follower = NULL;
}
