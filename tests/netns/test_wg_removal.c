// SPDX-License-Identifier: GPL-2.0-or-later
// Changes to a WireGuard device bit by bit: the kernel's where it has one, else wireguard-go.
#include "wgq/kernel/wg/netlink.h"
#include "wgq/kernel/wg/uapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ns.h"
#include "wgq/base/mem.h"

static bool in_kernel;

static void set(const char *ifname, const struct wg_device *device)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0};
	int err = in_kernel ? wg_netlink_set(ifname, device, &d) : wg_uapi_set(ifname, device, &d);

	if (err == 0 && d.len == 0)
		return;
	diag_format(&d, 0, "wgq", 0, 0, &text);
	fail_msg("%s", buf_text(&text));
}

static void get(const char *ifname, struct wg_device *ret)
{
	wg_device_release(ret);
	assert_int_equal(
		in_kernel ? wg_netlink_get(ifname, ret, NULL) : wg_uapi_get(ifname, ret, NULL), 0);
}

static void make_device(const char *ifname)
{
	if (in_kernel)
		ns_run("ip link add %s type wireguard", ifname);
	else
		ns_run("mkdir -p /var/run/wireguard && wireguard-go %s >/run/log 2>&1 && "
		       "for i in 1 2 3 4 5 6 7 8 9; do test -S /var/run/wireguard/%s.sock && exit; "
		       "sleep 0.2; done; cat /run/log; exit 1",
		       ifname, ifname);
	ns_run("ip link set %s up", ifname);
}

static int setup(void **state)
{
	(void)state;
	ns_fresh_network();
	in_kernel = ns_status("ip link add wg0 type wireguard && ip link del wg0") == 0;
	if (!in_kernel && !ns_has("wireguard-go"))
		ns_skip("neither the kernel has WireGuard nor is there a wireguard-go");
	make_device("wg0");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ns_status("ip link del wg0; ip link del wg1; for i in 1 2 3 4 5 6 7 8 9; do "
		  "test -e /var/run/wireguard/wg0.sock || exit 0; sleep 0.2; done");
	return 0;
}

static struct key key_of(unsigned number)
{
	struct key k;

	memset(&k, 0x50, sizeof(k));
	k.bytes[1] = (uint8_t)number;
	return k;
}

static struct wg_peer *add_peer(struct wg_device *device, const struct key *key)
{
	struct wg_peer *peer = wg_device_add_peer(device);

	assert_non_null(peer);
	peer->public_key = *key;
	return peer;
}

/* "10.0.0.0/8 -10.1.0.0/16": given, and removed. */
static void add_allowed_ips(struct wg_peer *peer, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, " ");
		struct allowed_ip *ip = vec_push(&peer->allowed_ips);

		assert_non_null(ip);
		ip->remove = *list == '-';
		assert_int_equal(prefix_parse(list + ip->remove, n - ip->remove, &ip->prefix), 0);
		list += n + (list[n] == ' ');
	}
}

static int compare(const void *a, const void *b)
{
	const struct allowed_ip *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

/* Peer by peer in the order of numbers, each ended by ';'. */
static void format(const struct wg_device *device, struct buf *ret)
{
	for (unsigned number = 1; number <= 9; number++) {
		const struct key key = key_of(number);

		vec_each(peer, &device->peers) {
			char text[PREFIX_TEXT_MAX];

			if (!key_equal(&peer->public_key, &key))
				continue;
			buf_addf(ret, "%u:", number);
			if (peer->allowed_ips.len)
				qsort(peer->allowed_ips.at, peer->allowed_ips.len,
				      sizeof(*peer->allowed_ips.at), compare);
			vec_each(ip, &peer->allowed_ips) {
				prefix_format(&ip->prefix, text);
				buf_addf(ret, " %s", text);
			}
			buf_char(ret, ';');
		}
	}
}

struct change {
	unsigned peer; /* 0: no more */
	const char *allowed_ips;
	enum { ADD, UPDATE_ONLY, REPLACE, REMOVE } how;
};

static void apply(const struct change changes[4], bool replace_peers)
{
	_cleanup_wg_device_ struct wg_device device = {.replace_peers = replace_peers};

	for (size_t i = 0; i < 4 && changes[i].peer; i++) {
		const struct key key = key_of(changes[i].peer);
		struct wg_peer *peer = add_peer(&device, &key);

		peer->update_only = changes[i].how == UPDATE_ONLY;
		peer->replace_allowed_ips = changes[i].how == REPLACE;
		peer->remove = changes[i].how == REMOVE;
		add_allowed_ips(peer, changes[i].allowed_ips);
	}
	set("wg0", &device);
}

/* Each on a device with peer 1: 10.0.0.0/8 10.1.0.0/16 fd00::/64, and peer 2: 10.2.0.0/16. */
static void all_changes(void **state)
{
	static const struct {
		struct change changes[4];
		const char *after;
	} cases[] = {
		{{{1, "-10.1.0.0/16", UPDATE_ONLY}}, "1: 10.0.0.0/8 fd00::/64;2: 10.2.0.0/16;"},
		{{{1, "-fd00::/64 10.3.0.0/16 -10.0.0.0/8"}},
		 "1: 10.1.0.0/16 10.3.0.0/16;2: 10.2.0.0/16;"},
		{{{1, "-10.9.0.0/16 -fd09::/64", UPDATE_ONLY}},
		 "1: 10.0.0.0/8 10.1.0.0/16 fd00::/64;2: 10.2.0.0/16;"},
		{{{3, "10.3.0.0/16 -10.1.0.0/16 -10.4.0.0/16", UPDATE_ONLY}},
		 "1: 10.0.0.0/8 10.1.0.0/16 fd00::/64;2: 10.2.0.0/16;"},
		/* Another's stays where it is. */
		{{{1, "-10.2.0.0/16", UPDATE_ONLY}},
		 "1: 10.0.0.0/8 10.1.0.0/16 fd00::/64;2: 10.2.0.0/16;"},
		/* From one to another, in either order. */
		{{{1, "-10.1.0.0/16"}, {2, "10.1.0.0/16"}},
		 "1: 10.0.0.0/8 fd00::/64;2: 10.1.0.0/16 10.2.0.0/16;"},
		{{{2, "10.1.0.0/16"}, {1, "-10.1.0.0/16"}},
		 "1: 10.0.0.0/8 fd00::/64;2: 10.1.0.0/16 10.2.0.0/16;"},
		/* Given and taken again, taken and given again. */
		{{{2, "10.1.0.0/16"}, {2, "-10.1.0.0/16"}},
		 "1: 10.0.0.0/8 fd00::/64;2: 10.2.0.0/16;"},
		{{{1, "-10.1.0.0/16 10.1.0.0/16"}},
		 "1: 10.0.0.0/8 10.1.0.0/16 fd00::/64;2: 10.2.0.0/16;"},
		{{{1, "-10.1.0.0/16", REPLACE}}, "1:;2: 10.2.0.0/16;"},
		{{{2, "", REMOVE}, {1, "-10.1.0.0/16 10.2.0.0/16"}},
		 "1: 10.0.0.0/8 10.2.0.0/16 fd00::/64;"},
		{{{1, "-0.0.0.0/0 -::/0 -10.0.0.0/8"}, {3, "-10.1.0.0/16 0.0.0.0/0"}},
		 "1: 10.1.0.0/16 fd00::/64;2: 10.2.0.0/16;3: 0.0.0.0/0;"},
	};
	static const struct change before[4] = {{1, "10.0.0.0/8 10.1.0.0/16 fd00::/64", REPLACE},
						{2, "10.2.0.0/16", REPLACE}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_wg_device_ struct wg_device now = {0};
		_cleanup_buf_ struct buf text = {0};

		apply(before, true);
		apply(cases[i].changes, false);
		get("wg0", &now);
		format(&now, &text);
		if (strcmp(buf_text(&text), cases[i].after) != 0)
			fail_msg("case %zu: %s", i, buf_text(&text));
		/* No other peer is left. */
		size_t known = 0;
		for (const char *at = buf_text(&text); (at = strchr(at, ';')); at++)
			known++;
		assert_int_equal(now.peers.len, known);
	}
}

static union endpoint local_port(uint16_t port)
{
	union endpoint e = {.in = {.sin_family = AF_INET, .sin_port = htons(port)}};

	e.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return e;
}

/* One end of a tunnel with itself; with a keepalive it shakes hands at once. */
static void set_end(const char *ifname, const struct key *private_key, const struct key *peer_key,
		    uint16_t port, uint16_t peer_port, uint16_t keepalive)
{
	_cleanup_wg_device_ struct wg_device device = {.private_key = *private_key,
						       .has_private_key = true,
						       .listen_port = port,
						       .has_listen_port = true};
	struct wg_peer *peer = add_peer(&device, peer_key);

	peer->endpoint = local_port(peer_port);
	peer->keepalive = keepalive;
	peer->has_endpoint = peer->has_keepalive = true;
	add_allowed_ips(peer, "10.0.0.0/8 10.1.0.0/16 fd00::/64");
	set(ifname, &device);
}

static void session_stays(void **state)
{
	_cleanup_wg_device_ struct wg_device before = {0}, after = {0}, change = {0};
	const struct key private0 = key_of(20), private1 = key_of(21);
	struct key public0, public1;

	(void)state;
	key_public(&private0, &public0);
	key_public(&private1, &public1);
	make_device("wg1");
	/* Of two that begin, the second handshake may come after the first look. */
	set_end("wg1", &private1, &public0, 51901, 51900, 0);
	set_end("wg0", &private0, &public1, 51900, 51901, 1);
	for (int i = 0; i < 2400 && (!before.peers.len || !before.peers.at[0].last_handshake ||
				     !before.peers.at[0].rx_bytes);
	     i++) {
		get("wg0", &before);
		usleep(50000);
	}
	assert_true(before.peers.at[0].last_handshake > 0);

	struct wg_peer *peer = add_peer(&change, &public1);
	peer->update_only = true;
	add_allowed_ips(peer, "-10.1.0.0/16 10.2.0.0/16");
	set("wg0", &change);
	get("wg0", &after);
	assert_int_equal(after.peers.len, 1);
	assert_int_equal(after.peers.at[0].last_handshake, before.peers.at[0].last_handshake);
	assert_true(after.peers.at[0].rx_bytes >= before.peers.at[0].rx_bytes);
	assert_true(after.peers.at[0].tx_bytes >= before.peers.at[0].tx_bytes);
	assert_true(endpoint_equal(&after.peers.at[0].endpoint, &before.peers.at[0].endpoint));
	assert_int_equal(after.peers.at[0].keepalive, 1);
	assert_int_equal(after.peers.at[0].allowed_ips.len, 3);
	assert_int_equal(after.listen_port, 51900);
}

/* Over several messages, also for the peer that takes them. */
static void many(void **state)
{
	enum { MANY = 100000 };
	_cleanup_wg_device_ struct wg_device device = {0}, change = {0}, now = {0};
	const struct key key = key_of(1);
	struct wg_peer *all = add_peer(&device, &key), *half = add_peer(&change, &key);

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		char text[PREFIX_TEXT_MAX];

		snprintf(text, sizeof(text), i % 4 < 2 ? "10.%u.%u.%u" : "fd00::%x:%x:%x", i >> 16,
			 i >> 8 & 255, i & 255);
		add_allowed_ips(all, text);
		if (i % 2)
			continue;
		add_allowed_ips(half, text);
		vec_last(&half->allowed_ips)->remove = true;
	}
	set("wg0", &device);
	set("wg0", &change);
	get("wg0", &now);
	assert_int_equal(now.peers.len, 1);
	assert_int_equal(now.peers.at[0].allowed_ips.len, MANY / 2);
	vec_each(ip, &now.peers.at[0].allowed_ips)
		assert_true(ip->prefix.addr.bytes[ip->prefix.addr.family == AF_INET ? 3 : 15] % 2);
}

/* What a device alone is told: zero is a value, and what is not named stays. */
static void mark_and_port(void **state)
{
	_cleanup_wg_device_ struct wg_device now = {0};
	const struct wg_device both = {
		.has_fwmark = true, .fwmark = 51820, .has_listen_port = true, .listen_port = 51907};
	const struct wg_device no_mark = {.has_fwmark = true};
	const struct wg_device any_port = {.has_listen_port = true};

	(void)state;
	set("wg0", &both);
	get("wg0", &now);
	assert_true(now.fwmark == 51820 && now.listen_port == 51907);
	set("wg0", &no_mark);
	get("wg0", &now);
	assert_true(now.fwmark == 0 && !now.has_fwmark && now.listen_port == 51907);
	set("wg0", &both);
	set("wg0", &any_port);
	get("wg0", &now);
	assert_true(now.fwmark == 51820 && now.listen_port != 51907 && now.listen_port != 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_changes),
		CASE(session_stays),
		CASE(many),
		CASE(mark_and_port),
	};
	int skipped = ns_need_root();

	if (skipped)
		return skipped;
	ns_private_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
