/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface and its peers, for tests of plan/follow. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "wgq/plan/follow/follow.h"

enum { OURS = 7, OTHER = 8, OWN_TABLE = 1000, PEERS = 3 };

static inline struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, strlen(text), &addr), 0);
	return addr;
}

static inline struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, strlen(text), &prefix), 0);
	return prefix;
}

/* ---- the file ---- */

static inline struct allowed_ip *allow(struct conf *conf, size_t peer, const char *text)
{
	struct allowed_ip *ip = vec_push(&conf->wg.peers.at[peer].allowed_ips);

	ip->prefix = prefix_of(text);
	return ip;
}

static inline void make_conf(struct conf *conf)
{
	*conf = (struct conf){.follow_line = 1};
	conf->follows[12] = conf->follows[186] = true;
	for (uint8_t i = 0; i < PEERS; i++) {
		struct wg_peer *peer = wg_device_add_peer(&conf->wg);
		char text[32];

		memset(&peer->public_key, i + 1, sizeof(peer->public_key));
		snprintf(text, sizeof(text), "10.0.0.%u/32", i + 1U);
		allow(conf, i, text);
		snprintf(text, sizeof(text), "fd00::%u/128", i + 1U);
		allow(conf, i, text);
	}
	/* Of its own, and a narrower one inside it that is another's. */
	allow(conf, 0, "10.0.1.0/24");
	allow(conf, 1, "10.0.1.9/32");
	struct conf_peer_routes *routes = vec_push(&conf->peer_routes);
	*routes = (struct conf_peer_routes){.peer = 1, .max = 3, .max_line = 1};
	routes = vec_push(&conf->peer_routes);
	*routes = (struct conf_peer_routes){.peer = 2, .accept_line = 1};
	*vec_push(&routes->accept) = prefix_of("10.16.0.0/12");
	*vec_push(&routes->accept) = prefix_of("2001:db8::/32");
}

static inline uint32_t peer_of(const struct key *key)
{
	return key->bytes[0] - 1U;
}
