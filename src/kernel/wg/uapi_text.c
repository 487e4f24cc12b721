// SPDX-License-Identifier: GPL-2.0-or-later
// Writes and reads the text protocol of userspace WireGuard; checks all that it reads.
#include "wgq/kernel/wg/uapi_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#include "wgq/base/mem.h"

/* include/linux/err.h, MAX_ERRNO. */
enum { ERRNO_MAX = 4095 };

/* Of a `set`; a million allowed IPs would make 30 MB at once. */
enum { PART_SIZE = 65536 };

static void add_key(struct buf *b, const char *name, const struct key *k)
{
	char hex[KEY_HEX_LEN + 1];

	key_to_hex(k, hex);
	buf_addf(b, "%s=%s\n", name, hex);
	mem_wipe(hex, sizeof(hex));
}

/* update_only stands first: wireguard-go creates the peer at the next line. */
static void add_peer(struct buf *b, const struct wg_peer *peer)
{
	add_key(b, "public_key", &peer->public_key);
	if (peer->update_only)
		buf_str(b, "update_only=true\n");
	if (peer->remove) {
		buf_str(b, "remove=true\n");
		return;
	}
	if (peer->has_preshared_key)
		add_key(b, "preshared_key", &peer->preshared_key);
	if (peer->has_endpoint && endpoint_size(&peer->endpoint)) {
		buf_str(b, "endpoint=");
		endpoint_format(&peer->endpoint, b);
		buf_char(b, '\n');
	}
	if (peer->has_keepalive)
		buf_addf(b, "persistent_keepalive_interval=%u\n", peer->keepalive);
	if (peer->replace_allowed_ips)
		buf_str(b, "replace_allowed_ips=true\n");
}

static void add_allowed_ip(struct buf *b, const struct allowed_ip *ip)
{
	static const char name[] = "allowed_ip=";
	char line[sizeof(name) + PREFIX_TEXT_MAX];

	memcpy(line, name, sizeof(name));
	size_t n = sizeof(name) - 1;
	n += prefix_format(&ip->prefix, line + n);
	line[n++] = '\n';
	buf_mem(b, line, n);
}

static void add_device(struct buf *b, const struct wg_device *device)
{
	buf_str(b, "set=1\n");
	if (device->has_private_key)
		add_key(b, "private_key", &device->private_key);
	if (device->has_listen_port)
		buf_addf(b, "listen_port=%u\n", device->listen_port);
	if (device->has_fwmark)
		buf_addf(b, "fwmark=%u\n", device->fwmark);
	if (device->replace_peers)
		buf_str(b, "replace_peers=true\n");
}

/* The next line or lines: a peer's own, or one of its allowed IPs. */
static void add_next(struct uapi_set *set, struct buf *b)
{
	const struct wg_peer *peer = &set->device->peers.at[set->peer];
	size_t count = peer->remove ? 0 : peer->allowed_ips.len;

	if (set->allowed_ip == 0)
		add_peer(b, peer);
	if (set->allowed_ip < count)
		add_allowed_ip(b, &peer->allowed_ips.at[set->allowed_ip++]);
	if (set->allowed_ip >= count) {
		set->peer++;
		set->allowed_ip = 0;
	}
}

bool uapi_set_next(struct uapi_set *set, struct buf *ret_text)
{
	size_t start = ret_text->len;

	if (set->ended)
		return false;
	if (!set->begun)
		add_device(ret_text, set->device);
	set->begun = true;
	while (set->peer < set->device->peers.len && ret_text->len - start < PART_SIZE &&
	       buf_status(ret_text) == 0)
		add_next(set, ret_text);
	if (set->peer == set->device->peers.len) {
		buf_char(ret_text, '\n');
		set->ended = true;
	}
	return true;
}

/* A decimal number and nothing else. */
static int read_number(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EPROTO;
	for (; *s; s++) {
		unsigned digit = (unsigned char)*s - '0';

		if (digit > 9 || value > (max - digit) / 10)
			return -EPROTO;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

static int read_key(const char *s, struct key *ret)
{
	return key_from_hex(s, strlen(s), ret) < 0 ? -EPROTO : 0;
}

/* wireguard-go writes -22, others 22. */
static int read_errno(struct uapi_reply *reply, const char *s)
{
	uint64_t number = 0;
	int r = read_number(s + (*s == '-'), ERRNO_MAX, &number);

	reply->has_errno = !r;
	reply->error = (int)number;
	return r;
}

/* The scope of fe80::1%eth0 or fe80::1%2; an interface that is gone has none. */
static int read_scope(const char *s, size_t n, uint32_t *ret)
{
	char scope[IFNAMSIZ] = "";
	uint64_t number = 0;

	if (n == 0 || n >= sizeof(scope))
		return -EPROTO;
	memcpy(scope, s, n);
	*ret = read_number(scope, UINT32_MAX, &number) == 0 ? (uint32_t)number
							    : if_nametoindex(scope);
	return 0;
}

/* 192.0.2.1:PORT, [2001:db8::1]:PORT or [fe80::1%SCOPE]:PORT */
static int read_endpoint(const char *s, struct wg_peer *peer)
{
	const char *colon = strrchr(s, ':');
	size_t n = colon ? (size_t)(colon - s) : 0;
	bool brackets = n >= 2 && s[0] == '[' && s[n - 1] == ']';
	const char *host = brackets ? s + 1 : s, *end = brackets ? s + n - 1 : s + n;
	const char *percent = brackets ? memchr(host, '%', (size_t)(end - host)) : NULL;
	uint64_t port = 0;
	uint32_t scope = 0;
	struct addr a;

	if (n == 0 || read_number(colon + 1, UINT16_MAX, &port) < 0 ||
	    addr_parse(host, (size_t)((percent ? percent : end) - host), &a) < 0 ||
	    a.family != (brackets ? AF_INET6 : AF_INET))
		return -EPROTO;
	if (percent && read_scope(percent + 1, (size_t)(end - percent - 1), &scope) < 0)
		return -EPROTO;
	peer->endpoint = endpoint_make(&a, (uint16_t)port, scope);
	peer->has_endpoint = true;
	return 0;
}

static int read_allowed_ip(const char *s, struct wg_peer *peer)
{
	struct prefix prefix;

	if (!strchr(s, '/') || prefix_parse(s, strlen(s), &prefix) < 0)
		return -EPROTO;
	struct allowed_ip *ip = vec_push(&peer->allowed_ips);
	if (!ip)
		return -ENOMEM;
	ip->prefix = prefix;
	return 0;
}

static int read_peer_line(const char *key, const char *value, struct wg_peer *peer)
{
	uint64_t number = 0;
	int r = 0;

	if (strcmp(key, "preshared_key") == 0) {
		r = read_key(value, &peer->preshared_key);
		peer->has_preshared_key = !key_is_zero(&peer->preshared_key);
	} else if (strcmp(key, "endpoint") == 0) {
		r = read_endpoint(value, peer);
	} else if (strcmp(key, "persistent_keepalive_interval") == 0) {
		r = read_number(value, UINT16_MAX, &number);
		peer->keepalive = (uint16_t)number;
		peer->has_keepalive = number != 0;
	} else if (strcmp(key, "allowed_ip") == 0) {
		r = read_allowed_ip(value, peer);
	} else if (strcmp(key, "last_handshake_time_sec") == 0) {
		r = read_number(value, INT64_MAX, &number);
		peer->last_handshake = (int64_t)number;
	} else if (strcmp(key, "rx_bytes") == 0) {
		r = read_number(value, UINT64_MAX, &peer->rx_bytes);
	} else if (strcmp(key, "tx_bytes") == 0) {
		r = read_number(value, UINT64_MAX, &peer->tx_bytes);
	}
	return r;
}

static int read_device_line(const char *key, const char *value, struct wg_device *device)
{
	uint64_t number = 0;
	int r = 0;

	if (strcmp(key, "private_key") == 0) {
		r = read_key(value, &device->private_key);
		device->has_private_key = !key_is_zero(&device->private_key);
	} else if (strcmp(key, "listen_port") == 0) {
		r = read_number(value, UINT16_MAX, &number);
		device->listen_port = (uint16_t)number;
		device->has_listen_port = number != 0;
	} else if (strcmp(key, "fwmark") == 0) {
		r = read_number(value, UINT32_MAX, &number);
		device->fwmark = (uint32_t)number;
		device->has_fwmark = number != 0;
	}
	return r;
}

static int read_peer(struct uapi_reply *reply, const char *value)
{
	struct key key;
	int r = read_key(value, &key);

	if (r < 0)
		return r;
	reply->passes = !wg_device_wants(reply->device, &key);
	if (reply->passes)
		return 0;
	struct wg_peer *peer = wg_device_add_peer(reply->device);
	if (!peer)
		return -ENOMEM;
	peer->public_key = key;
	return 0;
}

/* public_key begins a peer, and the lines up to the next one are the peer's. */
static int read_line(struct uapi_reply *reply, char *line)
{
	char *value = strchr(line, '=');
	struct wg_peer *peer = reply->device ? vec_last(&reply->device->peers) : NULL;

	if (!*line) {
		reply->done = true;
		return reply->has_errno ? 0 : -EPROTO;
	}
	if (!value)
		return -EPROTO;
	*value++ = '\0';
	if (strcmp(line, "errno") == 0)
		return read_errno(reply, value);
	if (!reply->device)
		return 0;
	if (strcmp(line, "public_key") == 0)
		return read_peer(reply, value);
	if (reply->passes || (reply->device->only && (strcmp(line, "allowed_ip") == 0 ||
						      strcmp(line, "preshared_key") == 0)))
		return 0;
	return peer ? read_peer_line(line, value, peer)
		    : read_device_line(line, value, reply->device);
}

/* Adds to the line that is being read. */
static int add_to_line(struct uapi_reply *reply, const char *bytes, size_t n)
{
	/* A NUL would hide the rest of its line. */
	if (n > sizeof(reply->line) - 1 - reply->line_len || memchr(bytes, '\0', n))
		return -EPROTO;
	memcpy(reply->line + reply->line_len, bytes, n);
	reply->line_len += n;
	reply->line[reply->line_len] = '\0';
	return 0;
}

/* Of a peer that is passed over: ten thousand are read every few seconds. */
static bool is_idle(const char *line, size_t n)
{
	static const char peer[] = "public_key=", end[] = "errno=";

	return n && (n < sizeof(peer) || memcmp(line, peer, sizeof(peer) - 1) != 0) &&
	       (n < sizeof(end) || memcmp(line, end, sizeof(end) - 1) != 0);
}

int uapi_reply_add(struct uapi_reply *reply, const char *bytes, size_t n)
{
	const char *end = bytes + n;

	while (bytes < end && !reply->done) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline : end;

		if (reply->passes && newline && !reply->line_len &&
		    is_idle(bytes, (size_t)(stop - bytes))) {
			bytes = newline + 1;
			continue;
		}
		int r = add_to_line(reply, bytes, (size_t)(stop - bytes));

		if (r < 0 || !newline)
			return r;
		reply->line_len = 0;
		r = read_line(reply, reply->line);
		if (r < 0)
			return r;
		bytes = newline + 1;
	}
	return 0;
}

void uapi_reply_release(struct uapi_reply *reply)
{
	if (reply)
		mem_wipe(reply->line, sizeof(reply->line));
}
