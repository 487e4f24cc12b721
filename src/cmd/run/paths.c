// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the endpoints of a peer, and the ways to them.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"
#include "wgq/base/mem.h"
#include "wgq/net/nat64.h"
#include "wgq/plan/reach/candidates.h"
#include "wgq/run/look/uplinks.h"

struct reach_time peers_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (struct reach_time){
		.ns = (uint64_t)now.tv_sec * REACH_SECOND + (uint64_t)now.tv_nsec + 1,
		.wall = time(NULL),
	};
}

struct peer *peers_find(struct peers *p, uint32_t number)
{
	return vec_find(peer, p, peer->number == number);
}

struct wg_peer *peer_wanted(const struct peers *p, const struct peer *peer)
{
	return &p->keep->config.conf.wg.peers.at[peer->index];
}

void peers_soon(struct peers *p)
{
	loop_timer_set(p->keep->runner->loop, &p->timer, loop_now());
}

static void entries_release(struct entry_vec *entries)
{
	vec_each(entry, entries) {
		free(entry->host);
		free(entry->port);
		vec_release(&entry->addrs);
	}
	vec_release(entries);
}

void peer_release(struct peer *peer)
{
	entries_release(&peer->entries);
	free(peer->paths);
}

static int add_number(struct entry *entry, const union endpoint *number)
{
	union endpoint *copy = vec_push(&entry->addrs);

	if (!copy)
		return -ENOMEM;
	*copy = *number;
	return 0;
}

/* What is known of a name that was there before stays known. */
static void take_over(struct entry *entry, struct entry_vec *before)
{
	vec_each(old, before)
		if (old->host && strcmp(old->host, entry->host) == 0 &&
		    strcmp(old->port, entry->port) == 0 && !entry->addrs.len) {
			entry->addrs = old->addrs;
			old->addrs = (struct endpoint_vec){0};
		}
}

static int add_entry(struct entry_vec *entries, struct entry_vec *before,
		     const struct conf_endpoint *named, const union endpoint *number)
{
	struct entry *entry = vec_push(entries);

	if (!entry)
		return -ENOMEM;
	if (named) {
		entry->host = mem_strndup(named->host, strlen(named->host));
		entry->port = mem_strndup(named->port, strlen(named->port));
		if (!entry->host || !entry->port)
			return -ENOMEM;
		take_over(entry, before);
	}
	return number && !entry->addrs.len ? add_number(entry, number) : 0;
}

int peer_set_entries(struct peer *peer, const struct conf *conf)
{
	const struct wg_peer *wanted = &conf->wg.peers.at[peer->index];
	const struct conf_endpoint *named =
		vec_find(endpoint, &conf->endpoints, endpoint->peer == peer->index);
	struct entry_vec before = peer->entries;
	int r = 0;

	peer->entries = (struct entry_vec){0};
	if (named || wanted->has_endpoint)
		r = add_entry(&peer->entries, &before, named,
			      wanted->has_endpoint ? &wanted->endpoint : NULL);
	vec_each(fallback, &conf->fallback_endpoints)
		if (r == 0 && fallback->peer == peer->index) {
			bool is_name = !fallback->number.any.sa_family;

			r = add_entry(&peer->entries, &before, is_name ? fallback : NULL,
				      is_name ? NULL : &fallback->number);
		}
	entries_release(&before);
	return r;
}

static size_t list_candidates(const struct peer *peer, struct reach_candidate *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < peer->entries.len; i++)
		vec_each(addr, &peer->entries.at[i].addrs)
			if (n < max)
				ret[n++] =
					(struct reach_candidate){.to = *addr, .entry = (uint32_t)i};
	return reach_candidates_order(ret, n);
}

/* What is a moment old is good enough, since a change is told of. NULL: it cannot be listed. */
enum { HOST_AGE_MS = 500 };

static const struct ifaddrs *host_of(struct peers *p)
{
	if (p->host && loop_now() - p->host_at < HOST_AGE_MS)
		return p->host;
	peers_forget_host(p);
	p->host_at = loop_now();
	uplinks_look(&p->host, NULL);
	return p->host;
}

void peers_forget_host(struct peers *p)
{
	uplinks_look_free(p->host);
	p->host = NULL;
}

static size_t add_paths(struct peers *p, const union endpoint *to, struct reach_path *paths,
			size_t n)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	struct uplink_vec uplinks = {0};

	if (rtnetlink_open(&rt, NULL) == 0)
		uplinks_find(rt, host_of(p), to, p->mark, p->keep->index, &uplinks, NULL);
	vec_each(uplink, &uplinks)
		if (!uplink->error && uplink->source.family && n < REACH_PATHS_MAX)
			paths[n++] = (struct reach_path){
				.way = {.to = *to, .source = uplink->source, .link = uplink->link},
				.routed = uplink->routed,
			};
	vec_release(&uplinks);
	return n;
}

static size_t count_ipv4(const struct reach_path *paths, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += paths[i].way.to.any.sa_family == AF_INET;
	return count;
}

/* By the NAT64 of a network without IPv4, as the last resort. */
static size_t add_nat64(struct peers *p, const struct reach_candidate *candidates, size_t count,
			struct reach_path *paths, size_t n)
{
	for (size_t i = 0; i < count; i++) {
		const struct addr ip = endpoint_addr(&candidates[i].to);

		if (ip.family != AF_INET)
			continue;
		if (p->nat64 == NAT64_UNKNOWN)
			p->nat64 = NAT64_WANTED;
		vec_each(prefix, &p->prefixes) {
			struct addr ip6;

			if (!nat64_embed(prefix, &ip, &ip6))
				continue;
			const union endpoint to =
				endpoint_make(&ip6, endpoint_port(&candidates[i].to), 0);
			n = add_paths(p, &to, paths, n);
		}
	}
	return n;
}

void peer_find_paths(struct peers *p, struct peer *peer)
{
	struct reach_candidate candidates[REACH_PATHS_MAX];
	struct reach_path found[REACH_PATHS_MAX] = {0}, *paths;
	size_t count = list_candidates(peer, candidates, REACH_PATHS_MAX), n = 0;

	if (peer->waits)
		return;
	for (size_t i = 0; i < count; i++)
		n = add_paths(p, &candidates[i].to, found, n);
	if (!count_ipv4(found, n))
		n = add_nat64(p, candidates, count, found, n);
	paths = mem_calloc(n ? n : 1, sizeof(*paths));
	/* Without memory those of before stay. */
	if (!paths)
		return;
	memcpy(paths, found, n * sizeof(*paths));
	reach_take_paths(&peer->reach, paths, n, peers_now());
	peer->wake_at = 0;
	free(peer->paths);
	peer->paths = paths;
}
