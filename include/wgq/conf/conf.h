/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration as values. conf_parse() makes it, with the effects of its hooks; cmd/config.c
 * puts in the keys that are in files of their own, conf_derive() what follows from keys, and
 * resolve() (sys/resolve/resolve.h) what is given by name. All others only read it: plan, run and
 * cmd.
 *
 * The rooms of conf: parse makes the values, hook reads the commands in them, names finds out what
 * people call the peers, save writes text again, check tells what is legal but wrong. All of conf
 * is pure: text comes in, and values, text and diagnostics go out. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/sources.h"
#include "wgq/base/vec.h"
#include "wgq/conf/hook/hooks.h"
#include "wgq/net/spec.h"
#include "wgq/net/wg.h"

enum conf_hook_kind { HOOK_PRE_UP, HOOK_POST_UP, HOOK_PRE_DOWN, HOOK_POST_DOWN, HOOK_KINDS };

/* A text of the file that is kept as it is. */
struct conf_text {
	char *text;
	uint32_t line;
	bool may_fail; /* of a hook, without the - in front of it: its failure is a warning */
};
struct conf_text_vec {
	VEC(struct conf_text);
};

struct conf_prefix {
	struct prefix prefix;
	uint32_t line;
};
struct conf_prefix_vec {
	VEC(struct conf_prefix);
};

/* A name of a file, kept as it is. */
struct conf_peer_text {
	size_t peer; /* index into wg.peers */
	char *text;
	uint32_t line;
};
struct conf_peer_text_vec {
	VEC(struct conf_peer_text);
};

/* Which routes may become allowed IPs of a peer. */
struct conf_peer_routes {
	size_t peer; /* index into wg.peers; each has one at most */
	struct prefix_vec accept;
	uint32_t accept_line; /* of AcceptRoutes; 0: all are accepted */
	bool empties_accept;  /* AcceptRoutes is empty at first, whatever files before have */
	uint32_t max, max_line;
	size_t order; /* of its block, while files are merged */
};
struct conf_peer_routes_vec {
	VEC(struct conf_peer_routes);
};

/* Of Endpoint only those of which the host or the port is a name: numeric ones are in the peer
 * right away. */
struct conf_endpoint {
	size_t peer; /* index into wg.peers */
	char *host;  /* without brackets */
	char *port;
	union endpoint number; /* sa_family 0: one of the two is a name, not looked up yet */
	uint32_t line;
};
struct conf_endpoint_vec {
	VEC(struct conf_endpoint);
};

/* When a peer is to go. */
struct conf_expiry {
	size_t peer;  /* index into wg.peers */
	int64_t time; /* seconds since the epoch */
	uint32_t line;
};
struct conf_expiry_vec {
	VEC(struct conf_expiry);
};

/* A key with one value that a section has again: the later line is used. */
struct conf_repeat {
	const char *key; /* static */
	uint32_t former, line;
	bool is_public_key; /* so a [Peer] may be missing between the two */
};

/* A line that wg-quick and wg(8) do not know what to do with. */
struct conf_own {
	const char *key; /* static */
	uint32_t line;
	bool is_hook; /* wg-quick knows the key, but not the - in its value */
};

/* A name of a link. */
struct conf_link {
	char ifname[IFNAMSIZ];
	uint32_t line;
};
struct conf_link_vec {
	VEC(struct conf_link);
};

enum conf_kill_switch { KILL_SWITCH_NO, KILL_SWITCH_YES, KILL_SWITCH_LAN };

enum conf_table_kind { TABLE_AUTO, TABLE_OFF, TABLE_NUMBER, TABLE_NAME };

struct conf {
	struct sources sources; /* its files; all lines count through them */
	const char *path;       /* of the first, as messages show it; theirs */
	char ifname[IFNAMSIZ];  /* by the file's name */

	struct wg_device wg; /* endpoints with names still empty until they are resolved */
	struct conf_endpoint_vec endpoints;
	struct conf_text listen_port; /* a service name to be resolved; NULL: none */
	uint32_t listen_port_line, private_key_line, fwmark_line;

	struct link_addr_vec addresses; /* in the file's order */
	struct conf_text_vec dns_servers, dns_search;
	uint32_t mtu, mtu_line, mtu_col; /* mtu_line 0: not given */
	enum conf_table_kind table_kind;
	uint32_t table, table_line; /* the number, for TABLE_NUMBER */
	char *table_name;           /* for TABLE_NAME, resolved to TABLE_NUMBER */
	bool save_config;

	/* wgq's own keys; a line 0: not given. Lists are in the file's order, those of peers in the
	 * order of the peers. */
	struct conf_text private_key_file;
	struct conf_peer_text_vec preshared_key_files;
	struct conf_prefix_vec address_from_key, excluded_ips; /* networks */
	struct listen_on_vec listen_on;
	struct conf_endpoint_vec fallback_endpoints;
	struct conf_text public_endpoint; /* HOST:PORT */
	struct conf_expiry_vec expiries;  /* a peer has one at most */
	size_t expired;                   /* peers that conf_drop_expired() has left out */
	uint32_t metric, metric_line;
	bool multicast, shared_neighbour;
	uint32_t multicast_line, shared_neighbour_line;
	bool follows[256]; /* the routes of a protocol (RTPROT_...) */
	uint32_t follow_line;
	struct conf_peer_routes_vec peer_routes;
	bool forward, masquerade, isolate_peers; /* Masquerade = yes: by every link */
	uint32_t forward_line, masquerade_line, isolate_peers_line;
	enum conf_kill_switch kill_switch;
	uint32_t kill_switch_line;
	struct conf_link_vec masquerade_by; /* these; then masquerade is false */

	struct conf_text_vec hooks[HOOK_KINDS]; /* in the file's order, %i not replaced */
	struct hooks effects;                   /* of these, as far as they can be read */
	struct {
		VEC(struct conf_repeat);
	} repeats;
	struct {
		VEC(struct conf_own);
	} own; /* in the file's order */
};

/* Line 0: the file as a whole. */
static inline struct place conf_place(const struct conf *conf, uint32_t line)
{
	return sources_place(&conf->sources, line);
}

/* Whether anything may have been done to the interface by PreUp or PostUp. */
bool conf_has_up_hooks(const struct conf *conf);
/* Whether it asks this host to forward packets: Forward, or what implies it; then by which line. */
bool conf_forwards(const struct conf *conf, uint32_t *ret_line);
/* Whether it masquerades what comes in by the tunnel. */
bool conf_masquerades(const struct conf *conf);
/* The first line that asks for walls (net/walls.h); 0: none does. */
uint32_t conf_walls_line(const struct conf *conf);
/* Whether it sets name servers or search domains. */
bool conf_has_dns(const struct conf *conf);
/* The line that asks for them first; 0: none does. */
uint32_t conf_dns_line(const struct conf *conf);

/* Whether it asks for addresses or routes of a family. */
bool conf_carries(const struct conf *conf, uint8_t family);
/* Whether its MTU keeps the family that it asks for off the interface; then why, and what to write
 * instead. */
bool conf_mtu_excludes(const struct conf *conf, uint8_t family, struct buf *ret_why,
		       struct buf *ret_hint);
/* What an MTU below the least of a family means. */
void conf_mtu_explain(uint32_t mtu, uint32_t least, struct buf *ret_text);
struct place conf_mtu_place(const struct conf *conf);

void conf_peer_routes_release(struct conf_peer_routes *routes);
void conf_endpoint_release(struct conf_endpoint *endpoint);
void conf_texts_release(struct conf_text_vec *texts);
void conf_release(struct conf *conf);

#define _cleanup_conf_ _cleanup_(conf_release)
