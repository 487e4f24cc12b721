// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's WireGuard: what is set is what is got, of any size. Skipped where it has none.
#include "wgq/kernel/wg/netlink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ns.h"
#include "wgq/base/mem.h"

static struct key key_of(unsigned number)
{
	struct key k;

	memset(&k, 0x50, sizeof(k));
	k.bytes[1] = (uint8_t)number;
	k.bytes[2] = (uint8_t)(number >> 8);
	return k;
}

static int make_link(void **state)
{
	(void)state;
	ns_fresh_network();
	return 0;
}

static void need_wireguard(void)
{
	if (ns_status("ip link add wg0 type wireguard") != 0)
		ns_skip("the kernel has no WireGuard");
}

static void add_allowed_ip(struct wg_peer *peer, const char *text)
{
	struct allowed_ip *ip = vec_push(&peer->allowed_ips);

	assert_non_null(ip);
	assert_int_equal(prefix_parse(text, strlen(text), &ip->prefix), 0);
}

/* 10.x.y.z/32 and fd00::x:y:z/128 in turn. */
static void add_allowed_ips(struct wg_peer *peer, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		char text[PREFIX_TEXT_MAX];

		if (i % 2)
			snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		else
			snprintf(text, sizeof(text), "fd00::%x:%x", i >> 16, i & 0xffff);
		add_allowed_ip(peer, text);
	}
}

static int compare_allowed_ips(const void *a, const void *b)
{
	const struct allowed_ip *left = a, *right = b;

	return prefix_compare(&left->prefix, &right->prefix);
}

static void assert_same_allowed_ips(const struct wg_peer *a, const struct wg_peer *b)
{
	assert_int_equal(a->allowed_ips.len, b->allowed_ips.len);
	if (!a->allowed_ips.len)
		return;
	qsort(a->allowed_ips.at, a->allowed_ips.len, sizeof(*a->allowed_ips.at),
	      compare_allowed_ips);
	qsort(b->allowed_ips.at, b->allowed_ips.len, sizeof(*b->allowed_ips.at),
	      compare_allowed_ips);
	for (size_t i = 0; i < a->allowed_ips.len; i++)
		assert_true(
			prefix_equal(&a->allowed_ips.at[i].prefix, &b->allowed_ips.at[i].prefix));
}

/* The kernel lists peers in the order in which they came. */
static void assert_same(const struct wg_device *a, const struct wg_device *b)
{
	assert_true(key_equal(&a->private_key, &b->private_key));
	assert_int_equal(a->listen_port, b->listen_port);
	assert_int_equal(a->fwmark, b->fwmark);
	assert_int_equal(a->peers.len, b->peers.len);
	for (size_t i = 0; i < a->peers.len; i++) {
		const struct wg_peer *left = &a->peers.at[i], *right = &b->peers.at[i];

		assert_true(key_equal(&left->public_key, &right->public_key));
		assert_true(key_equal(&left->preshared_key, &right->preshared_key));
		assert_int_equal(left->has_preshared_key, right->has_preshared_key);
		assert_true(endpoint_equal(&left->endpoint, &right->endpoint));
		assert_int_equal(left->has_endpoint, right->has_endpoint);
		assert_int_equal(left->keepalive, right->keepalive);
		assert_int_equal(left->has_keepalive, right->has_keepalive);
		assert_same_allowed_ips(left, right);
	}
}

static void set(const struct wg_device *device)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0};

	if (wg_netlink_set("wg0", device, &d) == 0) {
		assert_int_equal(d.len, 0);
		return;
	}
	diag_format(&d, 0, "wgq", false, 0, &text);
	fail_msg("%s", buf_text(&text));
}

static void assert_kernel_has(const struct wg_device *want)
{
	_cleanup_wg_device_ struct wg_device have = {0};

	assert_int_equal(wg_netlink_get("wg0", &have, NULL), 0);
	assert_same(want, &have);
}

static void fill(struct wg_device *device)
{
	device->private_key = key_of(1);
	device->listen_port = 51999;
	device->fwmark = 0xdeadbeef;
	device->has_private_key = device->has_listen_port = device->has_fwmark = true;

	struct wg_peer *full = wg_device_add_peer(device);
	full->public_key = key_of(2);
	full->preshared_key = key_of(3);
	full->endpoint.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(1234)};
	inet_pton(AF_INET, "192.0.2.7", &full->endpoint.in.sin_addr);
	full->keepalive = 65535;
	full->has_preshared_key = full->has_endpoint = full->has_keepalive = true;
	full->replace_allowed_ips = true;
	add_allowed_ip(full, "0.0.0.0/0");
	add_allowed_ip(full, "::/0");

	struct wg_peer *v6 = wg_device_add_peer(device);
	v6->public_key = key_of(4);
	v6->endpoint.in6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = htons(65535), .sin6_scope_id = 1};
	inet_pton(AF_INET6, "fe80::9", &v6->endpoint.in6.sin6_addr);
	v6->has_endpoint = true;

	wg_device_add_peer(device)->public_key = key_of(5);
}

static void everything_there_and_back(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {0}, have = {0};

	need_wireguard();
	fill(&want);
	set(&want);
	assert_kernel_has(&want);
	_cleanup_free_ char *shown = ns_output("wg showconf wg0");
	if (ns_has("wg")) {
		assert_non_null(strstr(shown, "FwMark = 0xdeadbeef\n"));
		assert_non_null(strstr(shown, "Endpoint = [fe80::9%lo]:65535\n"));
		assert_non_null(strstr(shown, "PersistentKeepalive = 65535\n"));
	}
	assert_int_equal(wg_netlink_get("wg0", &have, NULL), 0);
	assert_false(key_is_zero(&have.public_key));
	assert_true(have.has_private_key && have.has_listen_port && have.has_fwmark);
}

/* Absent is not zero, and zero is not absent. */
static void changes_only_what_is_named(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {0}, change = {0};

	need_wireguard();
	fill(&want);
	set(&want);

	change.has_fwmark = true;
	struct wg_peer *peer = wg_device_add_peer(&change);
	peer->public_key = want.peers.at[0].public_key;
	peer->has_preshared_key = peer->has_keepalive = true;
	peer->replace_allowed_ips = true;
	add_allowed_ip(peer, "10.2.0.0/16");
	peer = wg_device_add_peer(&change);
	peer->public_key = want.peers.at[2].public_key;
	peer->remove = true;
	peer = wg_device_add_peer(&change);
	peer->public_key = key_of(77);
	peer->update_only = true;
	add_allowed_ips(peer, 0, 3000);
	set(&change);

	want.fwmark = 0;
	wg_peer_release(&want.peers.at[--want.peers.len]);
	peer = &want.peers.at[0];
	peer->preshared_key = (struct key){0};
	peer->keepalive = 0;
	peer->has_preshared_key = peer->has_keepalive = false;
	peer->allowed_ips.len = 0;
	add_allowed_ip(peer, "10.2.0.0/16");
	assert_kernel_has(&want);

	assert_int_equal(wg_netlink_set("wg0", &(struct wg_device){.replace_peers = true}, NULL),
			 0);
	while (want.peers.len)
		wg_peer_release(&want.peers.at[--want.peers.len]);
	assert_kernel_has(&want);
}

static void one_long_list(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {0};

	need_wireguard();
	struct wg_peer *peer = wg_device_add_peer(&want);
	peer->public_key = key_of(2);
	peer->replace_allowed_ips = true;
	add_allowed_ips(peer, 0, 3000);
	set(&want);
	assert_kernel_has(&want);
	/* The list is replaced, once, by its first part. */
	peer->allowed_ips.len = 0;
	add_allowed_ips(peer, 3000, 3000);
	set(&want);
	assert_kernel_has(&want);
}

static void many_peers(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {.replace_peers = true};

	need_wireguard();
	for (unsigned i = 0; i < 500; i++) {
		struct wg_peer *peer = wg_device_add_peer(&want);

		peer->public_key = key_of(i + 10);
		peer->preshared_key = key_of(i);
		peer->has_preshared_key = true;
		peer->replace_allowed_ips = i % 2;
		add_allowed_ips(peer, 100 * i, i % 100);
	}
	set(&want);
	assert_kernel_has(&want);
	set(&want);
	assert_kernel_has(&want);
	assert_int_equal(wg_netlink_set("wg0", &(struct wg_device){.replace_peers = true}, NULL),
			 0);
}

static void other_devices(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device device = {0};
	_cleanup_diag_ struct diag d = {0};

	need_wireguard();
	assert_int_equal(wg_netlink_get("lo", &device, &d), -EOPNOTSUPP);
	assert_int_equal(wg_netlink_get("absent", &device, &d), -ENODEV);
	assert_int_equal(wg_netlink_set("lo", &device, &d), -EOPNOTSUPP);
	assert_int_equal(wg_netlink_set("absent", &device, &d), -ENODEV);
	assert_int_equal(wg_netlink_get("0123456789abcdef", &device, &d), -EINVAL);
	assert_int_equal(diag_errors(&d), 5);
	assert_int_equal(seteuid(65534), 0);
	int err = wg_netlink_get("wg0", &device, NULL);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(err, -EPERM);
}

/* The only test for a kernel that has none. */
static void without_wireguard(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device device = {0};
	_cleanup_diag_ struct diag d = {0};

	if (ns_status("ip link add wg0 type wireguard") == 0)
		return;
	assert_int_equal(wg_netlink_get("wg0", &device, &d), -EOPNOTSUPP);
	assert_int_equal(wg_netlink_set("wg0", &device, &d), -EOPNOTSUPP);
	assert_int_equal(diag_errors(&d), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(everything_there_and_back, make_link),
		cmocka_unit_test_setup(changes_only_what_is_named, make_link),
		cmocka_unit_test_setup(one_long_list, make_link),
		cmocka_unit_test_setup(many_peers, make_link),
		cmocka_unit_test_setup(other_devices, make_link),
		cmocka_unit_test_setup(without_wireguard, make_link),
	};
	int skipped = ns_need_root();

	return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}
