/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A WireGuard device as a value: what a configuration asks for, what the kernel or a userspace
 * implementation reports, and what is sent to either. Names follow linux/wireguard.h. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"
#include "wgq/net/addr.h"
#include "wgq/net/key.h"

/* Its size is a promise: a million of them are held at once. */
struct allowed_ip {
	struct prefix prefix;
	bool remove;   /* WGALLOWEDIP_F_REMOVE_ME, `-` in a configuration; Linux 6.16 */
	uint32_t line; /* of the configuration; 0: not from there */
};
_Static_assert(sizeof(struct allowed_ip) == 24, "24 bytes an allowed IP");

struct allowed_ip_vec {
	VEC(struct allowed_ip);
};

/* What WireGuard adds to a packet: the outer IP header, UDP (8), and a data message's header and
 * tag (32). */
enum { WG_OVERHEAD_IPV4 = 20 + 8 + 32, WG_OVERHEAD_IPV6 = 40 + 8 + 32 };

/* Where a userspace WireGuard listens: RUNSTATEDIR of wireguard-tools; no implementation looks
 * elsewhere on Linux. */
#define WG_SOCKET_FOLDER "/var/run/wireguard"
#define WG_SOCKET_SUFFIX ".sock"

union endpoint {
	struct sockaddr any; /* sa_family 0: none */
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct endpoint_vec {
	VEC(union endpoint);
};

/* WireGuard's REJECT_AFTER_TIME: no session is used for longer (whitepaper, 6.1). */
enum { WG_SESSION_SECONDS = 180 };

struct wg_peer {
	struct key public_key;
	struct key preshared_key; /* all zero: none */
	union endpoint endpoint;
	uint16_t keepalive;                                  /* seconds; 0: off */
	bool has_preshared_key, has_endpoint, has_keepalive; /* what to set; absent is not zero */
	bool replace_allowed_ips; /* the list is all there is, else it is added */
	bool remove;
	bool update_only;
	int64_t last_handshake; /* read only: seconds since the epoch; 0: never */
	uint64_t rx_bytes, tx_bytes;
	uint32_t line; /* of its [Peer] */
	uint32_t public_key_line, preshared_key_line, endpoint_line, keepalive_line;
	struct allowed_ip_vec allowed_ips;
};

struct wg_peer_vec {
	VEC(struct wg_peer);
};

struct wg_peer_pointers {
	VEC(const struct wg_peer *);
};

struct wg_device {
	struct key private_key;                            /* all zero: none */
	struct key public_key;                             /* read only */
	uint16_t listen_port;                              /* 0: the kernel chooses */
	uint32_t fwmark;                                   /* 0: none */
	bool has_private_key, has_listen_port, has_fwmark; /* what to set */
	bool replace_peers;
	bool removals_are_held; /* what a peer is to lose it has: the device was just read */
	struct wg_peer_vec peers;
	/* To be read: the counters and endpoints of these peers alone, sorted; NULL: everything. */
	const struct key *only;
	size_t only_len;
};

bool wg_device_wants(const struct wg_device *device, const struct key *peer);

/* The scope is a link's index, and IPv6's only; 0: none. */
union endpoint endpoint_make(const struct addr *addr, uint16_t port, uint32_t scope);
size_t endpoint_size(const union endpoint *e);
struct addr endpoint_addr(const union endpoint *e);
uint16_t endpoint_port(const union endpoint *e);
uint32_t endpoint_scope(const union endpoint *e);
bool endpoint_equal(const union endpoint *a, const union endpoint *b);
/* ADDRESS:PORT, [ADDRESS]:PORT or [ADDRESS%SCOPE]:PORT, as `wg show` prints it, but for SCOPE: it
 * is the interface's number, since to look up its name is not a value's business. */
void endpoint_format(const union endpoint *e, struct buf *ret_text);

/* A new zeroed peer at the end; NULL: no memory. Peers are added with this, not with vec_push(),
 * so that no preshared key stays behind when the array moves. Pointers to peers end there. */
struct wg_peer *wg_device_add_peer(struct wg_device *device);

/* The peers from the given one on, sorted by key, and those of one key as they are there; borrowed.
 * 0 or -ENOMEM. */
int wg_peers_sort(const struct wg_peer_vec *peers, size_t from, struct wg_peer_pointers *ret);
/* Among sorted ones; NULL: there is none with the key. */
const struct wg_peer *wg_peers_find(const struct wg_peer_pointers *sorted, const struct key *key);

/* Whether a peer has the default route of the family among its allowed IPs. */
bool wg_peers_have_default(const struct wg_peer_vec *peers, uint8_t family);

/* Release wipes the keys. */
void wg_peer_release(struct wg_peer *peer);
void wg_device_release(struct wg_device *device);

#define _cleanup_wg_device_ _cleanup_(wg_device_release)
