// SPDX-License-Identifier: GPL-2.0-or-later
// WireGuard devices and peers as values: endpoints, and keys that do not outlive them.
#include "wgq/net/wg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

size_t endpoint_size(const union endpoint *e)
{
	return e->any.sa_family == AF_INET    ? sizeof(e->in)
	       : e->any.sa_family == AF_INET6 ? sizeof(e->in6)
					      : 0;
}

union endpoint endpoint_make(const struct addr *addr, uint16_t port, uint32_t scope)
{
	union endpoint e = {0};

	if (addr->family == AF_INET) {
		e.in.sin_family = AF_INET;
		e.in.sin_port = htons(port);
		memcpy(&e.in.sin_addr, addr->bytes, sizeof(e.in.sin_addr));
	} else if (addr->family == AF_INET6) {
		e.in6.sin6_family = AF_INET6;
		e.in6.sin6_port = htons(port);
		e.in6.sin6_scope_id = scope;
		memcpy(&e.in6.sin6_addr, addr->bytes, sizeof(e.in6.sin6_addr));
	}
	return e;
}

struct addr endpoint_addr(const union endpoint *e)
{
	return addr_of_socket(&e->any);
}

uint16_t endpoint_port(const union endpoint *e)
{
	return ntohs(e->any.sa_family == AF_INET6 ? e->in6.sin6_port : e->in.sin_port);
}

uint32_t endpoint_scope(const union endpoint *e)
{
	return e->any.sa_family == AF_INET6 ? e->in6.sin6_scope_id : 0;
}

bool endpoint_equal(const union endpoint *a, const union endpoint *b)
{
	struct addr addr_a = endpoint_addr(a), addr_b = endpoint_addr(b);

	return addr_compare(&addr_a, &addr_b) == 0 && endpoint_port(a) == endpoint_port(b) &&
	       endpoint_scope(a) == endpoint_scope(b);
}

void endpoint_format(const union endpoint *e, struct buf *ret_text)
{
	struct addr a = endpoint_addr(e);
	uint16_t port = endpoint_port(e);
	uint32_t scope = endpoint_scope(e);
	char text[ADDR_TEXT_MAX];

	addr_format(&a, text);
	if (a.family == AF_INET)
		buf_addf(ret_text, "%s:%u", text, port);
	else if (a.family == AF_INET6 && scope)
		buf_addf(ret_text, "[%s%%%u]:%u", text, scope, port);
	else if (a.family == AF_INET6)
		buf_addf(ret_text, "[%s]:%u", text, port);
}

/* vec_push() would realloc() and leave preshared keys behind in the memory that it frees. */
struct wg_peer *wg_device_add_peer(struct wg_device *device)
{
	struct wg_peer_vec *peers = &device->peers;
	struct wg_peer_vec moved = {0};

	if (peers->len < peers->cap)
		return vec_push(peers);
	if (!vec_reserve(&moved, peers->len + peers->len / 2 + 1))
		return NULL;
	if (peers->len) {
		memcpy(moved.at, peers->at, peers->len * sizeof(*peers->at));
		mem_wipe(peers->at, peers->len * sizeof(*peers->at));
	}
	moved.len = peers->len;
	vec_release(peers);
	*peers = moved;
	return vec_push(peers);
}

static int compare_pointers(const void *a, const void *b)
{
	const struct wg_peer *const *x = a, *const *y = b;
	int order = key_compare(&(*x)->public_key, &(*y)->public_key);

	return order ? order : (*x > *y) - (*x < *y);
}

int wg_peers_sort(const struct wg_peer_vec *peers, size_t from, struct wg_peer_pointers *ret)
{
	if (!vec_reserve(ret, peers->len - from))
		return -ENOMEM;
	for (size_t i = from; i < peers->len; i++)
		ret->at[ret->len++] = &peers->at[i];
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(ret->at[0]), compare_pointers);
	return 0;
}

static int compare_key(const void *key, const void *pointer)
{
	const struct wg_peer *const *peer = pointer;

	return key_compare(key, &(*peer)->public_key);
}

const struct wg_peer *wg_peers_find(const struct wg_peer_pointers *sorted, const struct key *key)
{
	const struct wg_peer **found = sorted->len ? bsearch(key, sorted->at, sorted->len,
							     sizeof(sorted->at[0]), compare_key)
						   : NULL;

	return found ? *found : NULL;
}

bool wg_peers_have_default(const struct wg_peer_vec *peers, uint8_t family)
{
	vec_each(peer, peers)
		vec_each(ip, &peer->allowed_ips)
			if (ip->prefix.len == 0 && ip->prefix.addr.family == family)
				return true;
	return false;
}

void wg_peer_release(struct wg_peer *peer)
{
	if (!peer)
		return;
	vec_release(&peer->allowed_ips);
	mem_wipe(peer, sizeof(*peer));
}

static int compare_keys(const void *a, const void *b)
{
	return key_compare(a, b);
}

bool wg_device_wants(const struct wg_device *device, const struct key *peer)
{
	return !device->only ||
	       bsearch(peer, device->only, device->only_len, sizeof(*peer), compare_keys);
}

void wg_device_release(struct wg_device *device)
{
	if (!device)
		return;
	vec_each(peer, &device->peers)
		wg_peer_release(peer);
	vec_release(&device->peers);
	mem_wipe(device, sizeof(*device));
}
