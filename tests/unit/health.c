// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with a given state, without a configuration: each case changes one thing.
#include "wgq/plan/health/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

enum { NOW = 1800000000, HERE = 7, ELSEWHERE = 2, MARK = 51820 };

/* A full tunnel of IPv4 that works. */
struct scene {
	struct snap snap;
	struct around around;
	struct wg_peer peer;
	struct allowed_ip ip;
	struct link_addr addrs[2];
	struct tunnel_rule rules[2];
	struct rule suppress;
	struct host_rule first;
	struct route_table table;
	struct route route;
	struct endpoint_way way;
	struct route main_route;
	struct prefix theirs;
	bool sends, wants_firewall;
};

static void make_scene(struct scene *s)
{
	*s = (struct scene){
		.peer = {.has_endpoint = true, .last_handshake = NOW - 100, .tx_bytes = 1000},
		.ip.prefix.addr.family = AF_INET,
		.addrs = {{.prefix = {.addr = {.family = AF_INET, .bytes = {10, 0, 0, 1}},
				      .len = 24}}},
		.rules = {{.rule = {.family = AF_INET,
				    .priority = 200,
				    .place = 2,
				    .fwmark = MARK,
				    .table = MARK,
				    .invert = true,
				    .has_fwmark = true,
				    .exact = true},
			   .leads_here = true}},
		.suppress = {.family = AF_INET, .priority = 100, .place = 1, .has_suppress = true},
		.first.rule = {.family = AF_INET, .priority = 5},
		.route.prefix.addr.family = AF_INET,
		.way = {.to = {.family = AF_INET, .bytes = {192, 0, 2, 2}},
			.link = ELSEWHERE,
			.mtu = 1500},
		.wants_firewall = true,
	};
	s->peer.endpoint.in =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000202)};
	s->peer.allowed_ips.at = &s->ip;
	s->peer.allowed_ips.len = 1;
	s->table.group.table = MARK;
	s->table.plain.at = &s->route;
	s->table.plain.len = 1;
	s->snap = (struct snap){
		.link = {.name = "wg0", .index = HERE, .mtu = 1420, .up = true},
		.seen = LOOK_DEVICE | LOOK_ADDRESSES | LOOK_MAIN_ROUTES | LOOK_TABLES | LOOK_RULES |
			LOOK_FIREWALL,
		.is_wireguard = true,
		.has_firewall = true,
		.wg = {.fwmark = MARK, .private_key.bytes = {1}},
	};
	s->snap.wg.peers.at = &s->peer;
	s->snap.addrs.at = s->addrs;
	s->snap.tunnel_rules.at = s->rules;
	s->snap.suppress_rules.at = &s->suppress;
	s->snap.rules.at = &s->first;
	s->snap.tables.at = &s->table;
	s->snap.wg.peers.len = s->snap.addrs.len = s->snap.tunnel_rules.len =
		s->snap.suppress_rules.len = s->snap.rules.len = s->snap.tables.len = 1;
	s->around = (struct around){.out_ip = OUT_HERE, .src_valid_mark = true};
	s->around.ways.at = &s->way;
	s->around.ways.len = 1;
	s->around.networks.at = &s->theirs;
}

/* Another interface has a route to this network of IPv4. */
static void take(struct scene *s, uint8_t second, uint8_t len)
{
	s->theirs = (struct prefix){.addr = {.family = AF_INET, .bytes = {10, second}}, .len = len};
	s->around.networks.len = 1;
}

static void route_in_main(struct scene *s)
{
	s->main_route.prefix =
		(struct prefix){.addr = {.family = AF_INET, .bytes = {10, 5}}, .len = 16};
	s->snap.main_routes.at = &s->main_route;
	s->snap.main_routes.len = 1;
}

/* The names of what is found, each with a blank behind it. */
static void found(const struct scene *s, struct buf *ret)
{
	_cleanup_findings_ struct finding_vec findings = {0};
	const struct peer_names names = {0};
	const struct health_input in = {
		.snap = &s->snap,
		.around = &s->around,
		.names = &names,
		.now = NOW,
		.sends = &s->sends,
		.wants_firewall = s->wants_firewall,
	};

	assert_int_equal(health_check(&in, &findings, NULL), 0);
	vec_each(finding, &findings)
		buf_addf(ret, "%s ", finding_name(finding->kind));
}

/* A full tunnel of IPv6 in the place of one of IPv4. */
static void only_ipv6(struct scene *s)
{
	s->ip.prefix.addr.family = s->rules[0].rule.family = s->suppress.family =
		s->route.prefix.addr.family = AF_INET6;
	s->around.out_ip = OUT_NONE;
	s->around.out_ip6 = OUT_HERE;
}

static void add_other(struct scene *s, uint32_t place, uint32_t mark, const char *name)
{
	s->rules[1] = s->rules[0];
	s->rules[1].rule.place = place;
	s->rules[1].rule.fwmark = s->rules[1].rule.table = mark;
	s->rules[1].leads_here = false;
	memcpy(s->rules[1].other, name, strlen(name) + 1);
	s->snap.tunnel_rules.len = 2;
}
static const struct prefix fe80 = {.addr = {.family = AF_INET6, .bytes = {0xfe, 0x80}}, .len = 64};

static void switch_off(struct scene *s)
{
	s->snap.ipv6 = (struct ipv6){IPV6_DISABLED, "eth0"};
}

/* One change to the scene, and what is found then. */
#define CASES(CASE)                                                                                \
	CASE(nothing, "", (void)s)                                                                 \
	CASE(down, "interface-down ", s->snap.link.up = false)                                     \
	CASE(no_key, "no-private-key ", s->snap.wg.private_key = (struct key){0})                  \
	CASE(no_address, "no-address ", s->snap.addrs.len = 0)                                     \
	CASE(only_link_local, "no-address ", s->addrs[0].scope = 253)                              \
	CASE(no_rule, "rule-missing ", s->snap.tunnel_rules.len = 0)                               \
	CASE(rule_of_ipv6, "rule-missing ", s->rules[0].rule.family = AF_INET6)                    \
	CASE(rule_of_another, "rule-missing ", s->rules[0].rule.table = 1)                         \
	CASE(no_suppress, "suppress-rule-missing ", s->snap.suppress_rules.len = 0)                \
	CASE(suppress_too_late, "suppress-rule-missing ", s->suppress.priority = 300;              \
	     s->suppress.place = 3)                                                                \
	CASE(suppress_behind, "rules-out-of-order ", s->suppress.priority = 200;                   \
	     s->suppress.place = 3)                                                                \
	CASE(main_first, "rules-out-of-order ", s->first.ends = true)                              \
	CASE(other_first, "other-tunnel ", add_other(s, 1, MARK + 1, "wg1"))                       \
	CASE(other_behind, "", add_other(s, 3, MARK + 1, "wg1"))                                   \
	CASE(other_empty, "", add_other(s, 1, MARK + 1, ""))                                       \
	CASE(other_of_ipv6, "", add_other(s, 1, MARK + 1, "wg1");                                  \
	     s->rules[1].rule.family = AF_INET6)                                                   \
	CASE(other_with_the_mark, "", add_other(s, 1, MARK, "wg1"))                                \
	CASE(other_by_halves, "other-tunnel ", s->around.out_ip = OUT_TUNNEL;                      \
	     s->around.tunnel_ip[0] = 'x')                                                         \
	CASE(main_of_ipv6_first, "", s->first.ends = true; s->first.rule.family = AF_INET6)        \
	CASE(no_route, "default-route-missing ", s->table.plain.len = 0)                           \
	CASE(no_default, "default-route-missing ", s->route.prefix.len = 1)                        \
	CASE(taken_by_address, "taken-network ", take(s, 0, 24))                                   \
	CASE(wider_elsewhere, "", take(s, 0, 16))                                                  \
	CASE(taken_by_route, "taken-network ", route_in_main(s); take(s, 5, 16))                   \
	CASE(closer_elsewhere, "", route_in_main(s); take(s, 5, 24))                               \
	CASE(taken_in_a_vrf, "", take(s, 0, 24); s->snap.link.in_vrf = true)                       \
	CASE(link_local, "", s->addrs[0].prefix = s->theirs = fe80; s->around.networks.len = 1)    \
	CASE(no_firewall, "firewall-missing ", s->snap.has_firewall = false)                       \
	CASE(firewall_unwanted, "", s->snap.has_firewall = false; s->wants_firewall = false)       \
	CASE(firewall_unseen, "", s->snap.has_firewall = false; s->snap.seen &= ~LOOK_FIREWALL;    \
	     s->snap.unknown = LOOK_FIREWALL)                                                      \
	CASE(strict, "src-valid-mark ", s->around.strict_rp_filter = true;                         \
	     s->around.src_valid_mark = false)                                                     \
	CASE(loose, "", s->around.src_valid_mark = false)                                          \
	CASE(no_mark, "", s->snap.wg.fwmark = 0)                                                   \
	CASE(leak, "ipv6-leak ", s->around.out_ip6 = OUT_BARE)                                     \
	CASE(no_leak, "", s->around.out_ip6 = OUT_TUNNEL)                                          \
	CASE(split_leak, "ipv4-leak ", s->ip.prefix.len = 8; s->around.out_ip = OUT_BARE;          \
	     s->around.out_ip6 = OUT_HERE)                                                         \
	CASE(mtu_fits, "", s->snap.link.mtu = 1440)                                                \
	CASE(mtu_above, "mtu-above-path ", s->snap.link.mtu = 1441)                                \
	CASE(mtu_held, "", only_ipv6(s); s->way.mtu = 1300; s->snap.link.mtu = 1280)               \
	CASE(mtu_not_held, "mtu-above-path ", only_ipv6(s); s->way.mtu = 1300;                     \
	     s->snap.link.mtu = 1281)                                                              \
	CASE(mtu_of_ipv4, "mtu-above-path ", s->way.mtu = 1300; s->snap.link.mtu = 1280)           \
	CASE(mtu_below_ipv6, "mtu-below-ipv6 ", only_ipv6(s); s->snap.link.mtu = 1279)             \
	CASE(mtu_below_ipv6_unwanted, "", s->snap.link.mtu = 1279)                                 \
	CASE(off, "ipv6-off ", only_ipv6(s); s->table.plain.len = 0; switch_off(s);                \
	     s->around.out_ip6 = OUT_BARE)                                                         \
	CASE(off_everywhere, "default-route-missing ", only_ipv6(s); s->table.plain.len = 0;       \
	     s->snap.ipv6.state = IPV6_DISABLED)                                                   \
	CASE(off_unwanted, "", switch_off(s))                                                      \
	CASE(neighbours, "", s->around.neighbours = 1000; s->around.neighbours_max = 1024)         \
	CASE(neighbours_ipv6, "neighbour-table ", s->around.neighbours = 922;                      \
	     s->around.neighbours_max = 1024; s->addrs[1].prefix.addr.family = AF_INET6;           \
	     s->snap.addrs.len = 2)                                                                \
	CASE(inside, "endpoint-inside ", s->way.link = HERE)                                       \
	CASE(nowhere, "endpoint-unreachable ", s->way.link = 0; s->way.mtu = 0)                    \
	CASE(never, "no-handshake ", s->peer.last_handshake = 0)                                   \
	CASE(first_try, "", s->peer.last_handshake = 0; s->peer.tx_bytes = 148)                    \
	CASE(waited_for, "", s->peer.last_handshake = 0; s->peer.has_endpoint = false)             \
	CASE(idle, "", s->peer.last_handshake = NOW - 1000)                                        \
	CASE(kept, "", s->peer.last_handshake = NOW - 205; s->peer.keepalive = 25)                 \
	CASE(lost, "handshake-old ", s->peer.last_handshake = NOW - 206; s->peer.keepalive = 25)   \
	CASE(called, "handshake-old ", s->peer.last_handshake = NOW - 181; s->sends = true)        \
	CASE(clock_set_back, "", s->peer.last_handshake = NOW + 1000; s->peer.keepalive = 25)      \
	CASE(no_ips, "no-allowed-ips ", s->peer.allowed_ips.len = 0)                               \
	CASE(gone, "leftover ", s->snap.link.index = 0)                                            \
	CASE(gone_clean, "", s->snap.link.index = 0; s->snap.has_firewall = false)

#define CHANGE(name, names, change)                                                                \
	static void change_##name(struct scene *s)                                                 \
	{                                                                                          \
		change;                                                                            \
	}
#define ROW(name, names, change) {#name, names, change_##name},

CASES(CHANGE)

static const struct {
	const char *name, *found;
	void (*change)(struct scene *s);
} cases[] = {CASES(ROW)};

static void finds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;
		_cleanup_buf_ struct buf names = {0};

		print_message("%s\n", cases[i].name);
		make_scene(&scene);
		cases[i].change(&scene);
		found(&scene, &names);
		assert_string_equal(buf_text(&names), cases[i].found);
	}
}

/* Each kind has its words, and no other has its name. */
static void kinds(void **state)
{
	(void)state;
	for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++) {
		_cleanup_buf_ struct buf remedy = {0};

		finding_remedy(kind, "wg0", "./a b.conf", &remedy);
		assert_true(remedy.len && finding_text(kind));
		assert_null(strchr(buf_text(&remedy), '%'));
		for (enum finding_kind other = 0; other < kind; other++)
			assert_string_not_equal(finding_name(kind), finding_name(other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(finds), cmocka_unit_test(kinds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
