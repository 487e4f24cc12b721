/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walls: the rules of wgq's own nftables table of an interface, wgq-IFACE, of family inet.
 * ListenOn, Masquerade, IsolatePeers and KillSwitch are made of them.
 *
 * A rule is a value. plan/want/walls.c makes them of a configuration, kernel/nft sends them and
 * reads them back, and here they become text for nft(8), and the values of the keys again. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/base/vec.h"
#include "wgq/net/addr.h"
#include "wgq/net/spec.h"

enum wall_chain {
	WALL_LISTEN,  /* packets to the port */
	WALL_CLAMP,   /* the MSS of what is masqueraded */
	WALL_NAT,     /* what is masqueraded */
	WALL_ISOLATE, /* from peer to peer */
	WALL_OUTPUT,  /* what this host sends */
	WALL_FORWARD, /* what it forwards */
	WALL_CHAINS
};

struct wall_chain_type {
	const char *name, *type;
	unsigned int hook; /* NF_INET_... */
	int priority;
	bool drops; /* what comes to its end */
};
extern const struct wall_chain_type wall_chains[WALL_CHAINS];

enum wall_verdict {
	WALL_ACCEPT,
	WALL_DROP,
	WALL_REJECT, /* by an ICMP error: admin-prohibited */
	WALL_RESET,  /* TCP's connection */
	WALL_MASQUERADE,
	WALL_CLAMP_MSS, /* to the MTU of the route, of a SYN */
};

enum wall_state {
	WALL_ANY_STATE,
	WALL_RELATED, /* an error about it, or a reset that nftables has made */
	WALL_REPLY,   /* the way back */
};

/* A rule: all that is set must match. */
struct wall {
	enum wall_chain chain;
	enum wall_verdict verdict;
	char from[IFNAMSIZ], to[IFNAMSIZ]; /* links that the packet came in by, and leaves by */
	bool not_to;                       /* by any other */
	uint8_t family;                    /* AF_INET, AF_INET6; 0: both */
	struct prefix source, destination; /* of family 0: any */
	uint8_t protocol;                  /* IPPROTO_...; 0: any */
	uint16_t sport, dport; /* 0: any; dport in WALL_LISTEN: not known yet; sport needs dport */
	uint8_t type;          /* of ICMP; 0: any */
	uint32_t mark;         /* 0: any */
	enum wall_state state; /* of its connection */
	bool resets;           /* TCP's RST */
	uint64_t packets;      /* as observed, where the verdict is counted */
};
struct walls {
	VEC(struct wall);
};

void walls_release(struct walls *walls);

#define _cleanup_walls_ _cleanup_(walls_release)

/* Whether packets are counted that come to the verdict. */
bool wall_counts(enum wall_verdict verdict);
/* The family of the rule, be it by a prefix; 0: both. */
uint8_t wall_family(const struct wall *wall);
/* Whether they do the same. */
bool walls_same(const struct walls *a, const struct walls *b);
bool walls_have(const struct walls *walls, enum wall_chain chain);
/* Whether rules of the port are without it. */
bool walls_lack_port(const struct walls *walls);
uint64_t walls_packets(const struct walls *walls, enum wall_chain chain);
/* What ListenOn says. 0 or -ENOMEM. */
int walls_listen_on(const struct walls *walls, struct listen_on_vec *ret);

/* The keys that are made of walls. */
enum wall_key {
	WALL_KEY_LISTEN_ON,
	WALL_KEY_MASQUERADE,
	WALL_KEY_ISOLATE_PEERS,
	WALL_KEY_KILL_SWITCH,
	WALL_KEYS
};
/* Whether the chain for what this host sends lets a packet pass of which no more is known: whether
 * it is one of those that always pass, as DHCP's, does not count. Without such a chain it passes.
 */
bool walls_let_out(const struct walls *walls, const char *link, const struct addr *to,
		   uint32_t mark);

/* "listen on" */
const char *wall_key_name(enum wall_key key);
/* The value of a key, as the file has it: "eth0, 192.0.2.1"; nothing where it is not given. */
void walls_value(const struct walls *walls, enum wall_key key, struct buf *ret_text);

/* The mark of a tunnel with KillSwitch whose file has none, and so the number of its table: always
 * the same for a name, as the wall is there before the tunnel. */
uint32_t walls_mark(const char *ifname);
/* Networks that are directly connected, and link-local ones that always are. */
struct lan {
	char ifname[IFNAMSIZ]; /* "": any */
	struct prefix network;
};
struct lan_vec {
	VEC(struct lan);
};

/* The table for `nft -f`: replaces it. Where the port is not known it is nft's variable $port. */
void walls_nft_text(const struct walls *walls, const char *ifname, struct buf *ret_text);
