// SPDX-License-Identifier: GPL-2.0-or-later
// plan/follow, one thing at a time: what is sent and when, what is refused, what it takes.
#include "wgq/plan/follow/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <linux/rtnetlink.h>
#include <string.h>

#include "follow.h"
#include "wgq/base/mem.h"
#include "wgq/conf/expire.h"
#include "wgq/conf/parse/parse.h"

static struct policy_route via(const char *to, const char *gateway)
{
	struct policy_route route = {.type = RTN_UNICAST,
				     .to = prefix_of(to),
				     .protocol = 12,
				     .table = RT_TABLE_MAIN,
				     .metric = 32,
				     .hop_count = 1,
				     .hops = {{.oif = OURS}}};

	if (gateway)
		route.hops[0].via = addr_of(gateway);
	return route;
}

static void expect_next(struct follow *f, uint64_t now, uint32_t peer, bool remove)
{
	_cleanup_wg_device_ struct wg_device message = {0};

	assert_int_equal(follow_next(f, now, &message), 1);
	assert_int_equal(message.peers.len, 1);
	assert_int_equal(peer_of(&message.peers.at[0].public_key), peer);
	assert_int_equal(message.peers.at[0].allowed_ips.len, 1);
	assert_int_equal(message.peers.at[0].allowed_ips.at[0].remove, remove);
}

static void expect_none(struct follow *f, uint64_t now)
{
	_cleanup_wg_device_ struct wg_device message = {0};

	assert_int_equal(follow_next(f, now, &message), 0);
}

static void start(const struct conf *conf, struct follow **ret)
{
	const struct wg_device none = {0};

	assert_int_equal(follow_new(conf, OURS, OWN_TABLE, ret), 0);
	follow_restart(*ret);
	assert_int_equal(follow_hold(*ret, &none), 0);
}

static void moves_and_holds(void **state)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_follow_ struct follow *f = NULL;
	struct policy_route one = via("10.16.1.0/24", "10.0.0.1"),
			    two = via("10.16.1.0/24", "10.0.0.3");

	(void)state;
	make_conf(&conf);
	start(&conf, &f);
	follow_take_route(f, &one, FOLLOW_ALONE);
	expect_next(f, 0, 0, false);
	/* A move is one message. */
	follow_take_route(f, &two, FOLLOW_REPLACES);
	expect_next(f, 0, 2, false);
	expect_none(f, 5000);
	/* Deleted and added: nothing is sent. */
	follow_take_route(f, &two, FOLLOW_GONE);
	expect_none(f, 6000);
	assert_int_equal(follow_due(f, 6000), 7000);
	follow_take_route(f, &two, FOLLOW_ALONE);
	expect_none(f, 6500);
	/* Gone again: a second from then. */
	follow_take_route(f, &two, FOLLOW_GONE);
	expect_none(f, 6500);
	expect_none(f, 7499);
	expect_next(f, 7500, 2, true);
	expect_none(f, 9999);
	assert_false(follow_doubts(f));
}

/* The route may be there again, and the news of it lost: only what is read again can tell. */
static void in_doubt_nothing_is_removed(void **state)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_follow_ struct follow *f = NULL;
	_cleanup_wg_device_ struct wg_device device = {0};
	struct policy_route one = via("10.16.1.0/24", "10.0.0.1"),
			    two = via("10.16.2.0/24", "10.0.0.3");
	struct wg_peer *peer = wg_device_add_peer(&device);

	(void)state;
	make_conf(&conf);
	start(&conf, &f);
	follow_take_route(f, &one, FOLLOW_ALONE);
	expect_next(f, 0, 0, false);
	follow_take_route(f, &one, FOLLOW_GONE);
	expect_none(f, 1000);
	follow_doubt(f);
	/* What comes is not kept waiting. */
	follow_take_route(f, &two, FOLLOW_ALONE);
	assert_int_equal(follow_due(f, 5000), 5000);
	expect_next(f, 5000, 2, false);
	expect_none(f, 5000);
	assert_true(follow_due(f, 5000) == UINT64_MAX);
	/* It is not there: it goes. */
	peer->public_key = conf.wg.peers.at[0].public_key;
	vec_push(&peer->allowed_ips)->prefix = one.to;
	follow_restart(f);
	follow_take_route(f, &two, FOLLOW_IS);
	assert_int_equal(follow_hold(f, &device), 0);
	expect_next(f, 6000, 2, false);
	expect_next(f, 6000, 0, true);
}

/* However often all is read again meanwhile: a grant ends a second after its route. */
static void doubts_do_not_prolong(void **state)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_follow_ struct follow *f = NULL;
	_cleanup_wg_device_ struct wg_device device = {0};
	struct policy_route one = via("10.16.1.0/24", "10.0.0.1");
	struct wg_peer *peer = wg_device_add_peer(&device);

	(void)state;
	make_conf(&conf);
	start(&conf, &f);
	follow_take_route(f, &one, FOLLOW_ALONE);
	expect_next(f, 0, 0, false);
	follow_take_route(f, &one, FOLLOW_GONE);
	expect_none(f, 0);
	peer->public_key = conf.wg.peers.at[0].public_key;
	vec_push(&peer->allowed_ips)->prefix = one.to;
	for (uint64_t now = 300; now < FOLLOW_HOLD_MS; now += 300) {
		follow_doubt(f);
		follow_restart(f);
		assert_int_equal(follow_hold(f, &device), 0);
		expect_none(f, now);
	}
	expect_next(f, FOLLOW_HOLD_MS, 0, true);
	expect_none(f, 5000);
}

static void refusals(void **state)
{
	static const struct {
		const char *to, *gateway;
		enum follow_refusal refusal;
	} cases[] = {
		{"10.16.1.0/24", "10.0.0.1", FOLLOW_GRANTED},
		{"10.16.2.0/24", NULL, FOLLOW_NO_GATEWAY},
		{"10.16.3.0/24", "10.0.0.4", FOLLOW_NO_PEER},
		{"10.32.0.0/24", "10.0.0.3", FOLLOW_NOT_ACCEPTED},
		{"0.0.0.0/0", "10.0.0.3", FOLLOW_NOT_ACCEPTED},
		{"192.0.0.0/16", "10.0.0.1", FOLLOW_SWALLOWS},
		{"10.0.1.9/32", "10.0.0.1", FOLLOW_OF_FILE},
		{"2001:db8::/48", "fd00::3", FOLLOW_GRANTED},
		{"10.8.0.0/24", "fd00::1", FOLLOW_GRANTED}, /* RTA_VIA */
		{"10.9.3.0/24", "10.0.0.2", FOLLOW_GRANTED},
		{"10.9.4.0/24", "10.0.0.2", FOLLOW_TOO_MANY},
		{"10.9.2.0/24", "10.0.0.2", FOLLOW_GRANTED},
		{"10.9.1.0/24", "10.0.0.2", FOLLOW_GRANTED},
	};
	struct addr endpoint = addr_of("192.0.2.1");
	const struct addr_vec swallowed = {.at = &endpoint, .len = 1};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_follow_ struct follow *f = NULL;
	struct followed_vec list = {0};

	(void)state;
	make_conf(&conf);
	start(&conf, &f);
	follow_swallowed(f, &swallowed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_route route = via(cases[i].to, cases[i].gateway);

		follow_take_route(f, &route, FOLLOW_ALONE);
	}
	assert_int_equal(follow_list(f, &list), 0);
	assert_int_equal(list.len, sizeof(cases) / sizeof(cases[0]));
	vec_each(followed, &list)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const struct prefix to = prefix_of(cases[i].to);

			if (prefix_equal(&to, &followed->prefix))
				assert_int_equal(followed->refusal, cases[i].refusal);
		}
	vec_release(&list);
}

static void only_peer_needs_no_gateway(void **state)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_follow_ struct follow *f = NULL;
	struct policy_route route = via("10.77.0.0/16", NULL);

	(void)state;
	make_conf(&conf);
	while (conf.wg.peers.len > 1)
		wg_peer_release(&conf.wg.peers.at[--conf.wg.peers.len]);
	start(&conf, &f);
	follow_take_route(f, &route, FOLLOW_ALONE);
	expect_next(f, 0, 0, false);
}

/* What is said of a peer goes with it, and with no other. */
static void expired_peers_take_theirs_along(void **state)
{
	static const char text[] = "[Interface]\n[Peer]\n"
				   "PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"
				   "Expires = 2020-01-01\nMaxRoutes = 1\n[Peer]\n"
				   "PublicKey = JrHnHmdDYfwzRUecZKUrXLfvUCKlQOKCPAgpKxjnDWM=\n"
				   "MaxRoutes = 2\n";
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	assert_int_equal(conf_parse("wg0.conf", "wg0", text, strlen(text), &conf, &d), 0);
	assert_int_equal(conf_drop_expired(&conf, INT64_MAX, &d), 0);
	assert_int_equal(conf.wg.peers.len, 1);
	assert_int_equal(conf.peer_routes.len, 1);
	assert_int_equal(conf.peer_routes.at[0].peer, 0);
	assert_int_equal(conf.peer_routes.at[0].max, 2);
}

/* A goal of the project: 64 bytes a route, with all that goes with it. */
static void is_small(void **state)
{
	enum { ROUTES = 1200000 };
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_follow_ struct follow *f = NULL;
	struct policy_route route = via("1.0.0.0/24", "10.0.0.1");
	size_t sent = 0;
	int r;

	(void)state;
	make_conf(&conf);
	start(&conf, &f);
	for (uint32_t i = 0; i < ROUTES; i++) {
		route.to.addr.bytes[0] = (uint8_t)(20 + (i >> 16));
		route.to.addr.bytes[1] = (uint8_t)(i >> 8);
		route.to.addr.bytes[2] = (uint8_t)i;
		assert_int_equal(follow_take_route(f, &route, FOLLOW_ALONE), 0);
		if (i % 1000)
			continue;
		do {
			_cleanup_wg_device_ struct wg_device message = {0};

			r = follow_next(f, 0, &message);
			sent += r ? message.peers.at[0].allowed_ips.len : 0;
		} while (r);
	}
	assert_true(sent > ROUTES - 1000);
	assert_true(follow_memory(f) <= (size_t)64 * ROUTES * 3 / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_and_holds),
		cmocka_unit_test(in_doubt_nothing_is_removed),
		cmocka_unit_test(doubts_do_not_prolong),
		cmocka_unit_test(refusals),
		cmocka_unit_test(only_peer_needs_no_gateway),
		cmocka_unit_test(expired_peers_take_theirs_along),
		cmocka_unit_test(is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
