/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with some uplinks, a peer with some addresses, and the WireGuard of both, as a simulation.
 *
 * The model of WireGuard has what was found to matter: sessions with their
 * timers (drivers/net/wireguard/timers.c), the source that sticks to the last packet that came, the
 * endpoint that every authenticated packet moves, and a responder that takes an initiation only if
 * its time stamp is newer and 20 ms have passed. All that happens is decided by the seed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/plan/reach/reach.h"

#define SECOND UINT64_C(1000000000)
#define MS     UINT64_C(1000000)

enum { UPLINKS = 3, ADDRS = 6, RESPONDERS = 2, NONE = -1 };

struct uplink {
	bool carrier, addr[2], route[2]; /* by family: 0 IPv4, 1 IPv6 */
	unsigned metric;
	bool dead_out, dead_back; /* packets vanish */
	bool filters;             /* drops sources that are not its own */
	bool nat;
	unsigned mapping; /* of its NAT */
};

/* An address of the peer. */
struct target {
	int family;
	int responder;
	bool dead[UPLINKS]; /* by this uplink: beyond it */
};

struct session {
	uint32_t id; /* 0: none */
	uint64_t born;
	bool initiator;
};

/* Where packets of a side go to, and by what. */
struct remote {
	int target, uplink;
	unsigned mapping;
	bool known;
};

/* One WireGuard: ours, or a responder. */
struct side {
	bool up;
	struct session current, previous, next;
	uint32_t pending; /* our initiation that is not answered */
	unsigned attempts;
	bool staged;              /* data wait for a session */
	uint64_t initiated;       /* last initiation or response sent */
	uint64_t consumed, stamp; /* of initiations of the other */
	uint64_t retry_at, renew_at, passive_at, keepalive_at;
	uint64_t keepalive;
	bool another;
	struct remote to;
	uint64_t rx, tx;
	int64_t last_handshake;
};

/* The last two are the host's own. */
enum event_kind {
	EVENT_PACKET,
	EVENT_TIMER,
	EVENT_APP,
	EVENT_POKE,
	EVENT_SET,
	EVENT_NAMES,
	EVENT_LOOK,
};

enum packet_kind { INITIATION, RESPONSE, DATA };

struct packet {
	enum packet_kind kind;
	bool probe;
	int responder; /* the peer's end */
	bool to_us;
	int target; /* the peer's address */
	int uplink; /* our address, by its uplink */
	unsigned mapping;
	uint32_t id;
	uint64_t stamp;
	unsigned size;
	bool app, empty;
	uint32_t path; /* of a probe */
};

struct event {
	uint64_t at;
	uint32_t order;
	enum event_kind kind;
	int side;
	unsigned series, times, apart_ms; /* of sets */
	struct packet packet;
};

struct world {
	uint64_t random;
	uint64_t now;
	int64_t wall0;
	struct event heap[512];
	size_t heaped;
	uint32_t order;

	unsigned uplinks, targets;
	bool others; /* there is more than one responder: they keep quiet unless spoken to */
	struct uplink uplink[UPLINKS];
	struct target target[ADDRS];
	bool rules_by_source, userspace, linkdown_stays;
	double loss;
	uint64_t delay, jitter;

	struct side us, peer[RESPONDERS];
	uint32_t last_id;
	int pin_target, pin_uplink;
	uint64_t timer_at[1 + RESPONDERS];

	/* What the host sends, and the peer. */
	uint64_t app_every[1 + RESPONDERS];
	uint64_t app_size;

	/* Counted for the properties. */
	uint64_t delivered;     /* the last packet of ours that the peer decrypted */
	uint64_t waiting;       /* our first data after that; 0: there are none */
	uint64_t received;      /* the last packet of the peer that we decrypted */
	int active;             /* the side that it came to */
	uint64_t lost_sessions; /* fresh sessions of the kernel's that a probe has replaced */
	uint64_t lost_at, broken_sessions;
	uint64_t probes, packets;
	unsigned series;
	/* What happens to the host; an answer has the path's number, and where it came to. */
	void (*answer)(struct world *world, const struct packet *packet);
	void (*host)(struct world *world, enum event_kind kind);
};

uint64_t world_random(struct world *world, uint64_t below);
bool world_chance(struct world *world, double p);
void world_push(struct world *world, uint64_t after, struct event event);
/* Handles all events up to a moment; returns when there are none before it. */
bool world_step(struct world *world, uint64_t until);

int world_routed(const struct world *world, int family);
/* Whether packets get to the peer's address by the uplink and back, as things are. */
bool world_works(const struct world *world, int target, int uplink);
/* The uplink by which our kernel's next packet leaves; NONE: by none. */
int world_uplink(const struct world *world);

/* Sets it at once, and again and again. */
void world_set_endpoint(struct world *world, int target, unsigned times, unsigned apart_ms);
void world_poke(struct world *world);
void world_probe(struct world *world, int target, int uplink, uint32_t path, bool poke);
void world_app(struct world *world, int side, uint64_t every);
/* Our host sleeps, and the world goes on. */
void world_forget_sessions(struct world *world, int side);
