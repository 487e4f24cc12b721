// SPDX-License-Identifier: GPL-2.0-or-later
// A host, a peer, and the WireGuard of both, as a simulation.
#include "world.h"

#include <assert.h>
#include <string.h>

#define REKEY_TIMEOUT     (5 * SECOND)
#define KEEPALIVE_TIMEOUT (10 * SECOND)
#define REKEY_AFTER       (120 * SECOND)
#define REJECT_AFTER      (180 * SECOND)
enum { MAX_ATTEMPTS = 18, US = 0 };

uint64_t world_random(struct world *world, uint64_t below)
{
	/* splitmix64 */
	uint64_t z = world->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return below ? z % below : 0;
}

bool world_chance(struct world *world, double p)
{
	return (double)world_random(world, 1000000) < p * 1000000;
}

/* Events: a heap by time, and in order of creation. */

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void world_push(struct world *world, uint64_t after, struct event event)
{
	size_t i = world->heaped++;

	assert(world->heaped <= sizeof(world->heap) / sizeof(world->heap[0]));
	event.at = world->now + after;
	event.order = world->order++;
	for (; i && before(&event, &world->heap[(i - 1) / 2]); i = (i - 1) / 2)
		world->heap[i] = world->heap[(i - 1) / 2];
	world->heap[i] = event;
}

static struct event pop(struct world *world)
{
	struct event first = world->heap[0], last = world->heap[--world->heaped];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < world->heaped; i = child) {
		if (child + 1 < world->heaped &&
		    before(&world->heap[child + 1], &world->heap[child]))
			child++;
		if (!before(&world->heap[child], &last))
			break;
		world->heap[i] = world->heap[child];
	}
	world->heap[i] = last;
	return first;
}

/* The network. */

int world_routed(const struct world *world, int family)
{
	int best = NONE;

	for (int u = 0; u < (int)world->uplinks; u++)
		if (world->uplink[u].route[family] && world->uplink[u].addr[family] &&
		    (best == NONE || world->uplink[u].metric < world->uplink[best].metric))
			best = u;
	return best;
}

static bool gets_out(const struct world *world, int target, int uplink)
{
	const struct uplink *link = &world->uplink[uplink];

	return link->carrier && link->addr[world->target[target].family] && !link->dead_out &&
	       !world->target[target].dead[uplink];
}

static bool gets_back(const struct world *world, int target, int uplink)
{
	const struct uplink *link = &world->uplink[uplink];

	return link->carrier && link->addr[world->target[target].family] && !link->dead_back &&
	       !world->target[target].dead[uplink];
}

bool world_works(const struct world *world, int target, int uplink)
{
	return world->uplink[uplink].route[world->target[target].family] &&
	       gets_out(world, target, uplink) && gets_back(world, target, uplink) &&
	       world->peer[world->target[target].responder].up;
}

static void transmit(struct world *world, struct packet packet)
{
	if (packet.to_us ? !gets_back(world, packet.target, packet.uplink)
			 : !gets_out(world, packet.target, packet.uplink))
		return;
	if (world_chance(world, world->loss))
		return;
	world->packets++;
	world_push(world, world->delay + world_random(world, world->jitter + 1),
		   (struct event){.kind = EVENT_PACKET, .packet = packet});
}

/* The way out of our kernel: drivers/net/wireguard/socket.c, send4() and send6(). */
static int way_out(const struct world *world, int *source)
{
	const struct remote *to = &world->us.to;
	int family = world->target[to->target].family;
	int pin = world->pin_target == to->target ? world->pin_uplink : NONE;
	int routed = world_routed(world, family), out;

	*source = to->uplink;
	if (*source != NONE && !world->uplink[*source].addr[family])
		*source = NONE;
	if (world->userspace && *source != NONE)
		return *source;
	out = pin;
	if (out == NONE && *source != NONE && world->rules_by_source &&
	    world->uplink[*source].route[family])
		out = *source;
	if (out == NONE)
		out = routed;
	if (family == 0 && out != *source)
		*source = NONE;
	if (*source == NONE)
		*source = out;
	return out;
}

int world_uplink(const struct world *world)
{
	int source;

	return world->us.to.known ? way_out(world, &source) : NONE;
}

static struct side *side_of(struct world *world, int side)
{
	return side == US ? &world->us : &world->peer[side - 1];
}

static void send_from(struct world *world, int side, struct packet packet)
{
	struct side *from = side_of(world, side);

	if (!from->to.known)
		return;
	packet.to_us = side != US;
	packet.target = from->to.target;
	if (side == US) {
		int source, out = way_out(world, &source);

		if (out == NONE)
			return;
		if (world->us.to.uplink != NONE && source != world->us.to.uplink)
			world->us.to.uplink = NONE;
		from->tx += packet.size;
		const struct uplink *link = &world->uplink[out];

		packet.responder = world->target[packet.target].responder;
		if (!gets_out(world, packet.target, out) || (source != out && link->filters))
			return;
		packet.uplink = link->nat ? out : source;
		packet.mapping = link->nat ? link->mapping : 0;
		transmit(world, packet);
	} else {
		const struct uplink *link = &world->uplink[from->to.uplink];

		from->tx += packet.size;
		packet.responder = side - 1;
		packet.uplink = from->to.uplink;
		if (link->nat && link->mapping != from->to.mapping)
			return;
		transmit(world, packet);
	}
}

/* Timers: one event for the earliest of a side. */

static void arm(struct world *world, int side)
{
	const struct side *s = side_of(world, side);
	const uint64_t all[] = {s->retry_at, s->renew_at, s->passive_at, s->keepalive_at};
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && all[i] < at)
			at = all[i];
	if (at == UINT64_MAX || (world->timer_at[side] > world->now && world->timer_at[side] <= at))
		return;
	world->timer_at[side] = at;
	world_push(world, at > world->now ? at - world->now : 0,
		   (struct event){.kind = EVENT_TIMER, .side = side});
}

/* WireGuard. */

static bool is_valid(const struct world *world, const struct session *session)
{
	return session->id && world->now - session->born < REJECT_AFTER;
}

static void passed(struct world *world, struct side *s)
{
	if (s->keepalive)
		s->keepalive_at = world->now + s->keepalive;
}

static void initiate(struct world *world, int side, bool retry)
{
	struct side *s = side_of(world, side);

	if (!retry)
		s->attempts = 0;
	if (s->initiated && world->now - s->initiated < REKEY_TIMEOUT)
		return;
	s->initiated = world->now;
	s->pending = ++world->last_id;
	s->retry_at = world->now + REKEY_TIMEOUT + world_random(world, 334) * MS;
	send_from(world, side,
		  (struct packet){
			  .kind = INITIATION, .id = s->pending, .stamp = world->now, .size = 148});
	passed(world, s);
}

static void send_data(struct world *world, int side, bool empty, bool app)
{
	struct side *s = side_of(world, side);

	if (!is_valid(world, &s->current)) {
		s->staged = s->staged || !empty;
		if (side == US || s->to.known)
			initiate(world, side, false);
		return;
	}
	send_from(world, side,
		  (struct packet){.kind = DATA,
				  .id = s->current.id,
				  .size = empty ? 32 : (unsigned)world->app_size,
				  .empty = empty,
				  .app = app});
	s->passive_at = 0;
	if (!empty && !s->renew_at)
		s->renew_at = world->now + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT +
			      world_random(world, 334) * MS;
	passed(world, s);
	if (s->current.initiator && world->now - s->current.born > REKEY_AFTER)
		initiate(world, side, false);
}

static void take_timers(struct world *world, int side)
{
	struct side *s = side_of(world, side);

	if (s->retry_at && s->retry_at <= world->now) {
		s->retry_at = 0;
		if (s->attempts > MAX_ATTEMPTS || (side != US && side != world->active)) {
			s->staged = false;
		} else {
			s->attempts++;
			if (side == US)
				s->to.uplink = NONE;
			initiate(world, side, true);
		}
	}
	if (s->renew_at && s->renew_at <= world->now) {
		s->renew_at = 0;
		if (side == US)
			s->to.uplink = NONE;
		initiate(world, side, false);
	}
	if (s->passive_at && s->passive_at <= world->now) {
		s->passive_at = s->another ? world->now + KEEPALIVE_TIMEOUT : 0;
		s->another = false;
		send_data(world, side, true, false);
	}
	if (s->keepalive_at && s->keepalive_at <= world->now) {
		s->keepalive_at = s->keepalive ? world->now + s->keepalive : 0;
		send_data(world, side, true, false);
	}
}

/* An authenticated packet has come. */
static void learn(struct world *world, int side, const struct packet *packet)
{
	struct side *s = side_of(world, side);

	s->renew_at = 0;
	s->to = (struct remote){.target = packet->target,
				.uplink = packet->uplink,
				.mapping = packet->mapping,
				.known = true};
	passed(world, s);
}

static int64_t wall(const struct world *world)
{
	return world->wall0 + (int64_t)(world->now / SECOND);
}

static void establish(struct world *world, int side, struct session session)
{
	struct side *s = side_of(world, side);

	if (session.initiator && s->next.id) {
		s->previous = s->next;
		s->next = (struct session){0};
	} else {
		s->previous = s->current;
	}
	s->current = session;
	s->retry_at = 0;
	s->attempts = 0;
	s->last_handshake = wall(world);
}

static void take_initiation(struct world *world, int side, const struct packet *packet)
{
	struct side *s = side_of(world, side);

	if (packet->stamp <= s->stamp || (s->consumed && world->now - s->consumed < 20 * MS))
		return;
	s->stamp = packet->stamp;
	s->consumed = world->now;
	/* A session of the kernel's that waits for its first packet is lost. */
	if (packet->probe && s->next.id && s->next.id == world->us.current.id) {
		int source, out = world->us.to.known ? way_out(world, &source) : NONE;

		world->lost_at = world->now;
		world->lost_sessions++;
		if (world->loss == 0 && out != NONE && world_works(world, world->us.to.target, out))
			world->broken_sessions++;
	}
	s->next = (struct session){.id = packet->id, .born = world->now};
	s->previous = (struct session){0};
	/* There is one state for handshakes of both directions: an answer to ours comes too late.
	 */
	s->pending = 0;
	s->initiated = world->now;
	learn(world, side, packet);
	send_from(world, side,
		  (struct packet){.kind = RESPONSE,
				  .id = packet->id,
				  .size = 92,
				  .probe = packet->probe,
				  .path = packet->path});
}

static void take_response(struct world *world, int side, const struct packet *packet)
{
	struct side *s = side_of(world, side);

	if (packet->id != s->pending)
		return;
	s->pending = 0;
	learn(world, side, packet);
	establish(world, side,
		  (struct session){.id = packet->id, .born = world->now, .initiator = true});
	if (s->staged) {
		s->staged = false;
		send_data(world, side, false, true);
	} else {
		send_data(world, side, true, false);
	}
}

static void take_data(struct world *world, int side, const struct packet *packet)
{
	struct side *s = side_of(world, side);

	if (s->next.id && packet->id == s->next.id) {
		establish(world, side, s->next);
		s->next = (struct session){0};
		if (s->staged) {
			s->staged = false;
			send_data(world, side, false, true);
		}
	} else if (!(packet->id == s->current.id && is_valid(world, &s->current)) &&
		   !(packet->id == s->previous.id && is_valid(world, &s->previous))) {
		return;
	}
	learn(world, side, packet);
	if (side == US) {
		world->received = world->now;
	} else {
		world->delivered = world->now;
		world->waiting = 0;
		world->active = side;
	}
	if (packet->empty)
		return;
	if (!s->passive_at)
		s->passive_at = world->now + KEEPALIVE_TIMEOUT;
	else
		s->another = true;
	if (s->current.initiator &&
	    world->now - s->current.born > REJECT_AFTER - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT)
		initiate(world, side, false);
}

static void take_packet(struct world *world, const struct packet *packet)
{
	int side = packet->to_us ? US : 1 + packet->responder;
	struct side *s = side_of(world, side);

	if (!s->up)
		return;
	if (side == US && packet->kind == RESPONSE && packet->probe) {
		/* The kernel does not know it; whoever asked has to look where it came to. */
		world->answer(world, packet);
		return;
	}
	s->rx += packet->size;
	if (packet->kind == INITIATION)
		take_initiation(world, side, packet);
	else if (packet->kind == RESPONSE)
		take_response(world, side, packet);
	else
		take_data(world, side, packet);
	arm(world, side);
}

/* What the host does. */

static void set_once(struct world *world, struct event event)
{
	if (event.series != world->series)
		return;
	world->us.to =
		(struct remote){.target = event.packet.target, .uplink = NONE, .known = true};
	if (event.times-- > 1)
		world_push(world, event.apart_ms * MS, event);
}

void world_set_endpoint(struct world *world, int target, unsigned times, unsigned apart_ms)
{
	set_once(world, (struct event){.kind = EVENT_SET,
				       .series = ++world->series,
				       .times = times,
				       .apart_ms = apart_ms,
				       .packet.target = target});
}

void world_poke(struct world *world)
{
	send_data(world, US, true, false);
	arm(world, US);
}

void world_probe(struct world *world, int target, int uplink, uint32_t path, bool poke)
{
	struct packet packet = {.kind = INITIATION,
				.probe = true,
				.target = target,
				.path = path,
				.size = 148,
				.responder = world->target[target].responder,
				.id = ++world->last_id,
				.stamp = world->now};

	world->probes++;
	if (wall(world) - world->us.last_handshake > 3)
		packet.stamp -= SECOND;
	if (uplink == NONE) {
		int source;

		uplink = world->us.to.known ? way_out(world, &source) : NONE;
	}
	if (poke)
		world_push(world, 50 * MS, (struct event){.kind = EVENT_POKE});
	if (uplink == NONE)
		return;
	packet.uplink = uplink;
	packet.mapping = world->uplink[uplink].nat ? world->uplink[uplink].mapping : 0;
	transmit(world, packet);
}

void world_app(struct world *world, int side, uint64_t every)
{
	bool runs = world->app_every[side];

	world->app_every[side] = every;
	if (every && !runs)
		world_push(world, 0, (struct event){.kind = EVENT_APP, .side = side});
}

void world_forget_sessions(struct world *world, int side)
{
	struct side *s = side_of(world, side);
	struct side fresh = {.up = s->up,
			     .to = s->to,
			     .rx = s->rx,
			     .tx = s->tx,
			     .keepalive = s->keepalive,
			     .keepalive_at = s->keepalive_at,
			     .last_handshake = s->last_handshake};

	*s = fresh;
}

static void take_app(struct world *world, int side)
{
	if (!world->app_every[side])
		return;
	if (side == US && !world->waiting)
		world->waiting = world->now;
	/* Of two responders with one key only the one that is used has something to send. */
	if (side_of(world, side)->up &&
	    (side == US || (side == world->active && !world->others) ||
	     (side == world->active && is_valid(world, &world->peer[side - 1].current))))
		send_data(world, side, false, true);
	arm(world, side);
	world_push(world, world->app_every[side] / 2 + world_random(world, world->app_every[side]),
		   (struct event){.kind = EVENT_APP, .side = side});
}

bool world_step(struct world *world, uint64_t until)
{
	if (!world->heaped || world->heap[0].at > until) {
		world->now = until;
		return false;
	}
	struct event event = pop(world);

	world->now = event.at;
	switch (event.kind) {
	case EVENT_PACKET:
		take_packet(world, &event.packet);
		break;
	case EVENT_TIMER:
		if (world->timer_at[event.side] == event.at)
			world->timer_at[event.side] = 0;
		take_timers(world, event.side);
		arm(world, event.side);
		break;
	case EVENT_APP:
		take_app(world, event.side);
		break;
	case EVENT_POKE:
		world_poke(world);
		break;
	case EVENT_SET:
		set_once(world, event);
		break;
	case EVENT_NAMES:
	case EVENT_LOOK:
		world->host(world, event.kind);
		break;
	}
	return true;
}
