/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about the peers of an interface share.
 *
 *	peers.c		the peers, and what becomes of decisions: the driver of plan/reach
 *	paths.c		the endpoints of a peer, and the ways to them
 *	asks.c		the names of endpoints
 *	probes.c	probes of paths
 *	sets.c		what is done to the device */
#pragma once

#include "wgq/cmd/run/run.h"
#include "wgq/plan/reach/reach.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/ask/asker.h"
#include "wgq/sys/probe/probe.h"

/* Endpoint, or a FallbackEndpoint. */
struct entry {
	char *host, *port;         /* host NULL: it is a number */
	struct endpoint_vec addrs; /* that it is known to have */
	bool is_open;              /* it is being asked for */
	bool is_missed;            /* it was not found, which was said */
};
struct entry_vec {
	VEC(struct entry);
};

struct peer {
	struct key key;
	uint32_t number; /* in probes and questions; never that of another */
	size_t index;    /* in the configuration's peers */
	bool stays;      /* while they are compared with a new configuration */
	struct entry_vec entries;
	struct reach reach;
	struct reach_path *paths;
	uint32_t asked, found, failed, ttl; /* of the questions under way */
	bool waits;       /* for the first answers to all its names, before any endpoint is used */
	bool has_turn;    /* reach.turn is a moment that no other peer has */
	uint64_t wake_at; /* milliseconds: there is nothing to decide before; 0: something happened
			   */

	/* A series of sets, and a poke, which are due. */
	union endpoint set;
	unsigned sets_left;
	uint64_t set_at, poke_at; /* milliseconds; 0: none */
};

struct peers {
	struct keep *keep;
	VEC(struct peer);
	uint32_t last_number;
	uint64_t ways_at; /* when the ways were looked for last */
	struct ifaddrs
		*host; /* links and addresses, for all the ways that are looked for together */
	uint64_t host_at;
	uint64_t turn; /* the next that nobody has, as in struct reach */
	struct loop_timer timer;

	struct prober *prober;
	struct loop_source prober_source;
	struct key private_key; /* of the prober */
	uint16_t port;
	uint32_t mark;
	bool cannot_probe; /* which was said */
	bool is_userspace;

	struct asker *asker;
	struct loop_source asker_source;
	bool has_servers;
	uint32_t asker_mark;
	struct dns_outside outside; /* whom it asks */

	/* Of the network's NAT64, where there is no way to an IPv4 endpoint. */
	enum { NAT64_UNKNOWN, NAT64_WANTED, NAT64_ASKED } nat64;
	struct prefix_vec prefixes;
};

/* paths.c */
struct reach_time peers_now(void);
struct peer *peers_find(struct peers *p, uint32_t number);
/* The peer in the configuration, which alone holds its preshared key. */
struct wg_peer *peer_wanted(const struct peers *p, const struct peer *peer);
/* Something was heard that may lead to decisions. */
void peers_soon(struct peers *p);
/* What the configuration says of endpoints. 0 or -ENOMEM. */
int peer_set_entries(struct peer *peer, const struct conf *conf);
void peer_release(struct peer *peer);
/* Links and addresses have changed, or are not needed any more. */
void peers_forget_host(struct peers *p);
/* Looks for the ways to all endpoints, and tells plan/reach. */
void peer_find_paths(struct peers *p, struct peer *peer);

/* asks.c */
void peer_ask_names(struct peers *p, struct peer *peer);
/* Whether the network has a NAT64, where that is wanted; it leads to further paths. */
void peers_ask_nat64(struct peers *p);
void asks_close(struct peers *p);

/* probes.c */
void probes_device(struct peers *p, const struct wg_device *wg);
void peer_probe(struct peers *p, struct peer *peer, const struct reach_action *action);
void probes_close(struct peers *p);

/* sets.c */
void peer_set(struct peers *p, struct peer *peer, const struct reach_action *action);
void peer_poke(struct peers *p, struct peer *peer);
/* Those of a series that are due; the moment of the next one, UINT64_MAX: there is none. */
uint64_t peer_set_due(struct peers *p, struct peer *peer, uint64_t now);
/* One that the peer has had is replaced. */
void peer_pin(struct peers *p, const struct reach_way *way);
void peer_unpin(struct peers *p, const struct reach_way *way);
void peers_unpin_all(struct peers *p);
