// SPDX-License-Identifier: GPL-2.0-or-later
// Devices cut into messages and put together again, and messages that lie.
#include "wgq/kernel/wg/get.h"
#include "wgq/kernel/wg/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { FAMILY = 40 };

static struct key key_of(unsigned number)
{
	struct key k = {{(uint8_t)number, (uint8_t)(number >> 8), 1}};

	return k;
}

/* All four lengths of an allowed IP in turn: both families, with and without flags. */
static void add_allowed_ips(struct wg_peer *peer, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		struct allowed_ip *ip = vec_push(&peer->allowed_ips);

		assert_non_null(ip);
		ip->prefix.addr.family = i & 1 ? AF_INET : AF_INET6;
		memcpy(ip->prefix.addr.bytes, &i, sizeof(i));
		ip->prefix.len = i & 1 ? 32 : 128;
	}
}

static struct wg_peer *add_peer(struct wg_device *device, unsigned number)
{
	struct wg_peer *peer = wg_device_add_peer(device);

	assert_non_null(peer);
	peer->public_key = key_of(number);
	return peer;
}

static void fill_head(struct wg_device *device)
{
	device->private_key = key_of(7);
	device->listen_port = 51820;
	device->fwmark = 0xca6c;
	device->has_private_key = device->has_listen_port = device->has_fwmark = true;
	device->replace_peers = true;
}

static void fill_peer(struct wg_peer *peer, unsigned i)
{
	peer->preshared_key = key_of(i + 5000);
	peer->keepalive = (uint16_t)(i + 1);
	peer->endpoint.in6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)i), .sin6_scope_id = i};
	peer->has_preshared_key = peer->has_keepalive = peer->has_endpoint = true;
	peer->replace_allowed_ips = true;
}

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
		assert_true(endpoint_equal(&left->endpoint, &right->endpoint));
		assert_int_equal(left->keepalive, right->keepalive);
		assert_int_equal(left->allowed_ips.len, right->allowed_ips.len);
		for (size_t j = 0; j < left->allowed_ips.len; j++)
			assert_true(prefix_equal(&left->allowed_ips.at[j].prefix,
						 &right->allowed_ips.at[j].prefix));
	}
}

/* The attribute of a message; NULL: it has none. It must not have two. */
static const struct nlattr *find(const struct nlmsghdr *m, uint16_t type)
{
	const struct nlattr *found = NULL;
	const unsigned char *at = mnl_nlmsg_get_payload_offset(m, sizeof(struct genlmsghdr));
	const unsigned char *end = mnl_nlmsg_get_payload_tail(m);

	while (at < end) {
		const struct nlattr *a = (const void *)at;

		assert_true(mnl_attr_ok(a, (int)(end - at)));
		if (mnl_attr_get_type(a) == type) {
			assert_null(found);
			found = a;
		}
		at += MNL_ALIGN(a->nla_len);
	}
	return found;
}

static void check_message(const struct nlmsghdr *m, bool first, size_t peers)
{
	assert_in_range(m->nlmsg_len, 1, WG_SET_SIZE);
	assert_int_equal(m->nlmsg_type, FAMILY);
	assert_int_equal(m->nlmsg_flags, 0);
	assert_string_equal(mnl_attr_get_str(find(m, WGDEVICE_A_IFNAME)), "wg0");
	assert_int_equal(find(m, WGDEVICE_A_PRIVATE_KEY) != NULL, first);
	assert_int_equal(find(m, WGDEVICE_A_FLAGS) != NULL, first);
	assert_int_equal(find(m, WGDEVICE_A_PEERS) != NULL, peers > 0);
	if (peers)
		assert_true(find(m, WGDEVICE_A_PEERS)->nla_type & NLA_F_NESTED);
}

/* The number of messages that a device takes; what they say is put together in *ret. */
static size_t cut_and_join(const struct wg_device *device, struct wg_device *ret)
{
	_cleanup_free_ void *buffer = malloc(WG_SET_SIZE);
	struct wg_set set = {.ifname = "wg0", .device = device};
	size_t count = 0;

	for (; wg_set_next(&set, FAMILY, buffer); count++) {
		check_message(buffer, count == 0, device->peers.len);
		assert_int_equal(wg_get_message(buffer, ret), 0);
	}
	return count;
}

static void large_devices(void **state)
{
	(void)state;
	static const struct {
		unsigned peers, allowed_ips;
		size_t messages; /* at most */
	} cases[] = {{0, 0, 1},   {1, 0, 1},        {1, 3000, 5},
		     {3, 700, 4}, {1000, 100, 130}, {3000, 0, 14}};

	for (size_t c = 0; c < COUNT(cases); c++) {
		_cleanup_wg_device_ struct wg_device want = {0}, have = {0};

		fill_head(&want);
		for (unsigned i = 0; i < cases[c].peers; i++) {
			struct wg_peer *peer = add_peer(&want, i);

			fill_peer(peer, i);
			add_allowed_ips(peer, i * cases[c].allowed_ips, cases[c].allowed_ips);
		}
		assert_in_range(cut_and_join(&want, &have), 1, cases[c].messages);
		assert_same(&want, &have);
	}
}

/* One peer of many, over however many messages its allowed IPs go, and not these. */
static void reads_some_peers(void **state)
{
	_cleanup_wg_device_ struct wg_device want = {0};

	(void)state;
	fill_head(&want);
	for (unsigned i = 0; i < 20; i++) {
		struct wg_peer *peer = add_peer(&want, i);

		fill_peer(peer, i);
		add_allowed_ips(peer, i * 1000, 1000);
	}
	for (unsigned i = 0; i < 20; i++) {
		const struct key only = want.peers.at[i].public_key;
		_cleanup_wg_device_ struct wg_device have = {.only = &only, .only_len = 1};

		cut_and_join(&want, &have);
		assert_int_equal(have.peers.len, 1);
		assert_true(key_equal(&have.peers.at[0].public_key, &only));
		assert_int_equal(have.peers.at[0].allowed_ips.len, 0);
		assert_false(have.peers.at[0].has_preshared_key);
		assert_true(endpoint_equal(&have.peers.at[0].endpoint, &want.peers.at[i].endpoint));
	}
}

/* Every length of the list around the end of a message. */
static void every_cut(void **state)
{
	(void)state;
	for (unsigned n = 850; n < 1000; n++) {
		_cleanup_wg_device_ struct wg_device want = {0}, have = {0};

		fill_head(&want);
		add_allowed_ips(add_peer(&want, 1), 0, n);
		fill_peer(add_peer(&want, 2), 2);
		assert_in_range(cut_and_join(&want, &have), 1, 2);
		assert_same(&want, &have);
	}
}

static uint32_t first_peer_flags(const struct nlmsghdr *m)
{
	const struct nlattr *peer = mnl_attr_get_payload(find(m, WGDEVICE_A_PEERS));
	const struct nlattr *key = mnl_attr_get_payload(peer);
	const struct nlattr *flags = mnl_attr_next(key);

	assert_int_equal(mnl_attr_get_type(key), WGPEER_A_PUBLIC_KEY);
	return mnl_attr_get_type(flags) == WGPEER_A_FLAGS ? mnl_attr_get_u32(flags) : 0;
}

/* Later parts of a list must neither drop the earlier ones nor create a peer. */
static void flags_of_parts(void **state)
{
	(void)state;
	_cleanup_wg_device_ struct wg_device device = {0};
	_cleanup_free_ void *buffer = malloc(WG_SET_SIZE);
	struct wg_set set = {.ifname = "wg0", .device = &device};
	struct wg_peer *peer = add_peer(&device, 1);

	peer->update_only = peer->replace_allowed_ips = true;
	add_allowed_ips(peer, 0, 2500);
	assert_true(wg_set_next(&set, FAMILY, buffer));
	assert_int_equal(first_peer_flags(buffer),
			 WGPEER_F_UPDATE_ONLY | WGPEER_F_REPLACE_ALLOWEDIPS);
	assert_true(wg_set_next(&set, FAMILY, buffer));
	assert_int_equal(first_peer_flags(buffer), WGPEER_F_UPDATE_ONLY);

	peer->remove = true;
	set = (struct wg_set){.ifname = "wg0", .device = &device};
	assert_true(wg_set_next(&set, FAMILY, buffer));
	assert_true(first_peer_flags(buffer) & WGPEER_F_REMOVE_ME);
	assert_false(wg_set_next(&set, FAMILY, buffer));
}

/* A message in the making, of which one part is wrong. */
struct sample {
	_Alignas(NLMSG_ALIGNTO) unsigned char bytes[1024];
	struct nlmsghdr *m;
	struct nlattr *peers, *peer;
};

static void sample_begin(struct sample *s)
{
	const struct key k = key_of(1);

	memset(s, 0, sizeof(*s));
	s->m = mnl_nlmsg_put_header(s->bytes);
	mnl_nlmsg_put_extra_header(s->m, sizeof(struct genlmsghdr));
	s->peers = mnl_attr_nest_start(s->m, WGDEVICE_A_PEERS);
	s->peer = mnl_attr_nest_start(s->m, 0);
	mnl_attr_put(s->m, WGPEER_A_PUBLIC_KEY, sizeof(k), &k);
}

static void sample_end(struct sample *s)
{
	mnl_attr_nest_end(s->m, s->peer);
	mnl_attr_nest_end(s->m, s->peers);
}

static int sample_parse(struct sample *s)
{
	_cleanup_wg_device_ struct wg_device device = {0};
	/* At its exact size, for the sanitiser. */
	_cleanup_free_ void *copy = malloc(s->m->nlmsg_len);

	memcpy(copy, s->m, s->m->nlmsg_len);
	return wg_get_message(copy, &device);
}

static void wrong_widths(void **state)
{
	(void)state;
	static const struct sockaddr_in v4 = {.sin_family = AF_INET};
	static const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	static const struct sockaddr_in other = {.sin_family = AF_UNIX};
	static const struct {
		uint16_t type;
		size_t len;
		const void *data;
		int expected;
	} cases[] = {
		{WGPEER_A_PRESHARED_KEY, 32, NULL, 0},
		{WGPEER_A_PRESHARED_KEY, 31, NULL, -EPROTO},
		{WGPEER_A_PRESHARED_KEY, 0, NULL, -EPROTO},
		{WGPEER_A_PUBLIC_KEY, 33, NULL, -EPROTO},
		{WGPEER_A_ENDPOINT, sizeof(v4), &v4, 0},
		{WGPEER_A_ENDPOINT, sizeof(v6), &v6, 0},
		{WGPEER_A_ENDPOINT, sizeof(v6), &v4, -EPROTO},
		{WGPEER_A_ENDPOINT, sizeof(v4), &v6, -EPROTO},
		{WGPEER_A_ENDPOINT, sizeof(other), &other, -EPROTO},
		{WGPEER_A_ENDPOINT, 1, &v4, -EPROTO},
		{WGPEER_A_ENDPOINT, 200, NULL, -EPROTO},
		{WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, 4, NULL, -EPROTO},
		{WGPEER_A_LAST_HANDSHAKE_TIME, 8, NULL, -EPROTO},
		{WGPEER_A_RX_BYTES, 4, NULL, -EPROTO},
		{WGPEER_A_ALLOWEDIPS, 3, NULL, -EPROTO},
		{99, 3, NULL, 0},
	};
	static const unsigned char zeros[256];

	for (size_t i = 0; i < COUNT(cases); i++) {
		const void *data = cases[i].data;
		unsigned char padded[256] = {0};
		struct sample s;

		if (data)
			memcpy(padded, data, data == &v6 ? sizeof(v6) : sizeof(v4));
		sample_begin(&s);
		mnl_attr_put(s.m, cases[i].type, cases[i].len, data ? padded : zeros);
		sample_end(&s);
		if (sample_parse(&s) != cases[i].expected)
			fail_msg("case %zu", i);
	}
}

static void allowed_ips_that_lie(void **state)
{
	(void)state;
	static const struct {
		uint16_t family;
		size_t address_len;
		int len; /* -1: none */
		int expected;
	} cases[] = {
		{AF_INET, 4, 0, 0},           {AF_INET, 4, 32, 0},
		{AF_INET6, 16, 128, 0},       {AF_INET, 4, 33, -EPROTO},
		{AF_INET6, 16, 129, -EPROTO}, {AF_INET, 16, 32, -EPROTO},
		{AF_INET6, 4, 32, -EPROTO},   {AF_INET, 0, 32, -EPROTO},
		{AF_UNIX, 4, 32, -EPROTO},    {AF_UNSPEC, 4, 32, -EPROTO},
		{AF_INET, 4, -1, -EPROTO},    {256 + AF_INET, 4, 32, -EPROTO},
	};
	static const unsigned char zeros[16];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sample s;

		sample_begin(&s);
		struct nlattr *list = mnl_attr_nest_start(s.m, WGPEER_A_ALLOWEDIPS);
		struct nlattr *ip = mnl_attr_nest_start(s.m, 0);
		mnl_attr_put_u16(s.m, WGALLOWEDIP_A_FAMILY, cases[i].family);
		mnl_attr_put(s.m, WGALLOWEDIP_A_IPADDR, cases[i].address_len, zeros);
		if (cases[i].len >= 0)
			mnl_attr_put_u8(s.m, WGALLOWEDIP_A_CIDR_MASK, (uint8_t)cases[i].len);
		mnl_attr_nest_end(s.m, ip);
		mnl_attr_nest_end(s.m, list);
		sample_end(&s);
		if (sample_parse(&s) != cases[i].expected)
			fail_msg("case %zu", i);
	}
}

/* Every byte of a good message changed, and every length cut: it may be refused, no more. */
static void damaged_messages(void **state)
{
	(void)state;
	static const unsigned char values[] = {0x00, 0x01, 0x04, 0x05, 0x7f, 0x80, 0xff};
	_cleanup_wg_device_ struct wg_device device = {0};
	struct sample good = {0}, s;
	/* Zeroed: what libmnl leaves out between attributes is read here. */
	_cleanup_free_ void *buffer = calloc(1, WG_SET_SIZE);
	struct wg_set set = {.ifname = "wg0", .device = &device};

	fill_head(&device);
	fill_peer(add_peer(&device, 1), 1);
	add_allowed_ips(&device.peers.at[0], 0, 4);
	assert_true(wg_set_next(&set, FAMILY, buffer));
	good.m = buffer;
	assert_in_range(good.m->nlmsg_len, 300, sizeof(s.bytes));
	memcpy(good.bytes, buffer, good.m->nlmsg_len);

	for (size_t at = NLMSG_HDRLEN; at < good.m->nlmsg_len; at++) {
		for (size_t v = 0; v < COUNT(values); v++) {
			s = good;
			s.m = (void *)s.bytes;
			s.bytes[at] = values[v];
			int err = sample_parse(&s);
			assert_true(err == 0 || err == -EPROTO);
		}
		s = good;
		s.m = (void *)s.bytes;
		s.m->nlmsg_len = (uint32_t)at;
		int err = sample_parse(&s);
		assert_true(err == 0 || err == -EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_devices),    cmocka_unit_test(reads_some_peers),
		cmocka_unit_test(every_cut),        cmocka_unit_test(flags_of_parts),
		cmocka_unit_test(wrong_widths),     cmocka_unit_test(allowed_ips_that_lie),
		cmocka_unit_test(damaged_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
