// SPDX-License-Identifier: GPL-2.0-or-later
// Userspace WireGuard: the real wireguard-go, and servers that misbehave.
#include "wgq/kernel/wg/uapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ns.h"
#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/netlink.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DIRECTORY    "/run/wireguard"

static struct key key_of(uint8_t fill)
{
	struct key k;

	memset(&k, fill, sizeof(k));
	/* A private key is clamped by then, so that it is read as it was written (RFC 7748, 5). */
	k.bytes[0] &= 0xf8;
	k.bytes[31] = (k.bytes[31] & 0x3f) | 0x40;
	return k;
}

static void add_allowed_ip(struct wg_peer *peer, const char *text)
{
	struct allowed_ip *ip = vec_push(&peer->allowed_ips);

	assert_non_null(ip);
	assert_int_equal(prefix_parse(text, strlen(text), &ip->prefix), 0);
}

static const struct wg_peer *find_peer(const struct wg_device *device, const struct key *k)
{
	vec_each(peer, &device->peers)
		if (key_equal(&peer->public_key, k))
			return peer;
	fail_msg("a peer is missing");
	return NULL;
}

static bool has_allowed_ip(const struct wg_peer *peer, const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, strlen(text), &p), 0);
	vec_each(ip, &peer->allowed_ips)
		if (prefix_equal(&ip->prefix, &p))
			return true;
	return false;
}

static int start_wireguard_go(void **state)
{
	(void)state;
	if (!ns_has("wireguard-go"))
		ns_skip("wireguard-go is not installed");
	ns_fresh_network();
	ns_run("mkdir -p " DIRECTORY);
	ns_run("wireguard-go wg0 >/run/log 2>&1 && for i in 1 2 3 4 5 6 7 8 9; do test "
	       "-S " DIRECTORY "/wg0.sock && exit; sleep 0.2; done; cat /run/log; exit 1");
	return 0;
}

static int stop_wireguard_go(void **state)
{
	(void)state;
	ns_status("ip link del wg0; for i in 1 2 3 4 5 6 7 8 9; do test -e " DIRECTORY
		  "/wg0.sock || exit 0; sleep 0.2; done");
	return 0;
}

/* Three peers: one with everything, one on IPv6, one bare. */
static void fill(struct wg_device *device)
{
	device->private_key = key_of(0x11);
	device->listen_port = 51999;
	device->fwmark = 0xca6c;
	device->has_private_key = device->has_listen_port = device->has_fwmark = true;

	struct wg_peer *full = wg_device_add_peer(device);
	full->public_key = key_of(0x21);
	full->preshared_key = key_of(0x31);
	full->endpoint.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(1234)};
	inet_pton(AF_INET, "192.0.2.7", &full->endpoint.in.sin_addr);
	full->keepalive = 25;
	full->has_preshared_key = full->has_endpoint = full->has_keepalive = true;
	full->replace_allowed_ips = true;
	add_allowed_ip(full, "0.0.0.0/0");
	add_allowed_ip(full, "10.1.0.0/16");

	struct wg_peer *v6 = wg_device_add_peer(device);
	v6->public_key = key_of(0x22);
	v6->endpoint.in6 =
		(struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(65535)};
	inet_pton(AF_INET6, "2001:db8::9", &v6->endpoint.in6.sin6_addr);
	v6->has_endpoint = true;
	add_allowed_ip(v6, "fd00::/64");

	wg_device_add_peer(device)->public_key = key_of(0x23);
}

static bool serves(const char *ifname)
{
	bool it_does = false;

	assert_int_equal(wg_uapi_serves(ifname, &it_does, NULL), 0);
	return it_does;
}

static void set_and_get(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {0}, have = {0}, later = {0};
	_cleanup_diag_ struct diag d = {0};

	fill(&want);
	assert_true(serves("wg0"));
	assert_int_equal(wg_uapi_set("wg0", &want, &d), 0);
	assert_int_equal(wg_uapi_get("wg0", &have, &d), 0);
	assert_int_equal(d.len, 0);

	assert_true(key_equal(&have.private_key, &want.private_key));
	assert_int_equal(have.listen_port, 51999);
	assert_int_equal(have.fwmark, 0xca6c);
	assert_int_equal(have.peers.len, 3);
	const struct wg_peer *full = find_peer(&have, &want.peers.at[0].public_key);
	assert_true(full->has_preshared_key);
	assert_true(key_equal(&full->preshared_key, &want.peers.at[0].preshared_key));
	assert_true(endpoint_equal(&full->endpoint, &want.peers.at[0].endpoint));
	assert_int_equal(full->keepalive, 25);
	assert_int_equal(full->last_handshake, 0);
	assert_int_equal(full->allowed_ips.len, 2);
	assert_true(has_allowed_ip(full, "0.0.0.0/0") && has_allowed_ip(full, "10.1.0.0/16"));
	const struct wg_peer *v6 = find_peer(&have, &want.peers.at[1].public_key);
	assert_true(endpoint_equal(&v6->endpoint, &want.peers.at[1].endpoint));
	assert_false(v6->has_preshared_key || v6->has_keepalive);
	assert_true(has_allowed_ip(v6, "fd00::/64"));

	/* Only what is named changes: the mark goes, one peer goes, one list is replaced. */
	_cleanup_wg_device_ struct wg_device change = {.has_fwmark = true};
	struct wg_peer *peer = wg_device_add_peer(&change);
	peer->public_key = full->public_key;
	peer->replace_allowed_ips = true;
	add_allowed_ip(peer, "10.2.0.0/16");
	peer = wg_device_add_peer(&change);
	peer->public_key = v6->public_key;
	peer->remove = true;
	peer = wg_device_add_peer(&change);
	peer->public_key = key_of(0x44);
	peer->update_only = true;
	assert_int_equal(wg_uapi_set("wg0", &change, &d), 0);
	assert_int_equal(wg_uapi_get("wg0", &later, &d), 0);
	assert_false(later.has_fwmark);
	assert_int_equal(later.listen_port, 51999);
	assert_int_equal(later.peers.len, 2);
	full = find_peer(&later, &want.peers.at[0].public_key);
	assert_int_equal(full->allowed_ips.len, 1);
	assert_true(has_allowed_ip(full, "10.2.0.0/16"));
	assert_int_equal(full->keepalive, 25);
}

/* wireguard-go and wg(8) see the same. */
static void same_as_wg(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {0};

	if (!ns_has("wg"))
		ns_skip("wg is not installed");
	fill(&want);
	assert_int_equal(wg_uapi_set("wg0", &want, NULL), 0);
	_cleanup_free_ char *shown = ns_output("wg showconf wg0 | sort");
	assert_non_null(strstr(shown, "Endpoint = 192.0.2.7:1234\n"));
	assert_non_null(strstr(shown, "Endpoint = [2001:db8::9]:65535\n"));
	assert_non_null(strstr(shown, "AllowedIPs = fd00::/64\n"));
	assert_non_null(strstr(shown, "FwMark = 0xca6c\n"));
	assert_non_null(strstr(shown, "PersistentKeepalive = 25\n"));
}

static void many_allowed_ips(void **state)
{
	(void)state;
	enum { MANY = 20000 };
	_cleanup_wg_device_ struct wg_device want = {0}, have = {0};
	struct wg_peer *peer = wg_device_add_peer(&want);

	peer->public_key = key_of(0x55);
	for (unsigned i = 0; i < MANY; i++) {
		char text[PREFIX_TEXT_MAX];

		snprintf(text, sizeof(text), "10.%u.%u.%u/32", i >> 16, i >> 8 & 255, i & 255);
		add_allowed_ip(peer, text);
	}
	assert_int_equal(wg_uapi_set("wg0", &want, NULL), 0);
	assert_int_equal(wg_uapi_get("wg0", &have, NULL), 0);
	assert_int_equal(have.peers.len, 1);
	assert_int_equal(have.peers.at[0].allowed_ips.len, MANY);
}

/* A refusal comes back as its errno, even when wireguard-go stops reading at the first bad line. */
static void refused(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device want = {0};
	_cleanup_diag_ struct diag d = {0};
	struct wg_peer *peer = wg_device_add_peer(&want);

	peer->public_key = key_of(0x66);
	for (unsigned i = 0; i < 50000; i++)
		add_allowed_ip(peer, "10.0.0.0/8");
	peer->allowed_ips.at[0].prefix.len = 33;
	assert_int_equal(wg_uapi_set("wg0", &want, &d), -EINVAL);
	assert_int_equal(diag_errors(&d), 1);
}

/* A socket that nobody listens on: not any more, or not yet. */
static void bind_only(const char *ifname)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), DIRECTORY "/%s.sock", ifname);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void who_serves(void **state)
{
	(void)state;
	static const char *const none[] = {"link",  "file",   "gone", "dir",
					   "stale", "absent", "",     "../wireguard/wg0"};
	struct stat st;

	ns_run("cd " DIRECTORY " && touch file.sock && ln -sf wg0.sock link.sock && "
	       "ln -sf nowhere gone.sock && mkdir -p dir.sock");
	bind_only("stale");
	assert_true(serves("wg0"));
	for (size_t i = 0; i < COUNT(none); i++)
		if (serves(none[i]))
			fail_msg("%s is served", none[i]);
	/* To read is not to tidy up. */
	assert_int_equal(lstat(DIRECTORY "/stale.sock", &st), 0);
	ns_run("rm -rf " DIRECTORY "/*[!0].sock");
}

static bool unprivileged(void)
{
	return setuid(65534) == 0 && serves("wg0") && !serves("g0") && !serves("wg1");
}

/* The file is common to both, and the socket answers, but only one of them has made it. */
static bool in_another_namespace(void)
{
	_cleanup_wg_device_ struct wg_device device = {0};
	_cleanup_diag_ struct diag d = {0};

	netlink_release_shared();
	return unshare(CLONE_NEWNET) == 0 && !serves("wg0") &&
	       wg_uapi_get("wg0", &device, &d) == -ECONNREFUSED &&
	       wg_uapi_set("wg0", &device, &d) == -ECONNREFUSED;
}

static void as_another(bool (*is_right)(void))
{
	int status = 0;

	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(!is_right());
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

/* Who may not look at the file goes by its name. */
static void who_asks(void **state)
{
	(void)state;
	ns_run("chmod 700 " DIRECTORY);
	as_another(unprivileged);
	as_another(in_another_namespace);
}

/* Serves one connection: reads a little, says the text, closes. */
static pid_t start_server(const char *path, const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		char some[16];
		int peer = accept(fd, NULL, NULL);

		if (read(peer, some, sizeof(some)) < 0 || send(peer, text, strlen(text), 0) < 0)
			_exit(1);
		_exit(0);
	}
	close(fd);
	return child;
}

static void servers_that_misbehave(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		int expected;
	} cases[] = {
		{"", -EPROTO},
		{"errno=0\n", -EPROTO},
		{"listen_port=1\n\n", -EPROTO},
		{"\n", -EPROTO},
		{"errno=1\n\n", -EPERM},
		{"errno=-22\n\n", -EINVAL},
		{"errno=99999\n\n", -EPROTO},
		{"HTTP/1.1 400 Bad Request\r\n\r\n", -EPROTO},
		{"errno=0\n\n", 0},
		{"errno=0\n\ntrailing", 0},
	};

	ns_run("mkdir -p " DIRECTORY);
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_wg_device_ struct wg_device device = {0};
		_cleanup_diag_ struct diag d = {0};
		pid_t server = start_server(DIRECTORY "/fake.sock", cases[i].answer);
		int got = wg_uapi_get("fake", &device, &d);

		waitpid(server, NULL, 0);
		if (got != cases[i].expected)
			fail_msg("%d after: %s", got, cases[i].answer);
		assert_int_equal(diag_errors(&d), got != 0);
	}
	unlink(DIRECTORY "/fake.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(set_and_get, start_wireguard_go, stop_wireguard_go),
		cmocka_unit_test_setup_teardown(same_as_wg, start_wireguard_go, stop_wireguard_go),
		cmocka_unit_test_setup_teardown(many_allowed_ips, start_wireguard_go,
						stop_wireguard_go),
		cmocka_unit_test_setup_teardown(refused, start_wireguard_go, stop_wireguard_go),
		cmocka_unit_test_setup_teardown(who_serves, start_wireguard_go, stop_wireguard_go),
		cmocka_unit_test_setup_teardown(who_asks, start_wireguard_go, stop_wireguard_go),
		cmocka_unit_test(servers_that_misbehave),
	};
	int skipped = ns_need_root();

	if (skipped)
		return skipped;
	ns_private_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
