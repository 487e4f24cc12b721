// SPDX-License-Identifier: GPL-2.0-or-later
// plan/follow against a model of the kernel: whatever happens, the end is that of a fresh start.
#include "wgq/plan/follow/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "follow.h"
#include "wgq/base/mem.h"

enum { SEQUENCES = 100000 };

static uint64_t sequence, seed;

static unsigned dice(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

/* ---- the kernel ---- */

struct fib {
	const struct conf *conf;
	const struct addr_vec *swallowed;
	struct policy_route_vec routes; /* those of one key in their order */
	struct policy_nexthop nexthops[4];
	bool has_nexthop[4];
	bool is_down;
	struct {
		struct prefix prefix;
		uint32_t peer;
	} device[64];
	size_t held;
};

/* Listens, and may lose what it is told. */
struct listener {
	struct follow *follow;
	bool is_deaf;
};

static bool same_key(const struct policy_route *a, const struct policy_route *b)
{
	return prefix_equal(&a->to, &b->to) && a->metric == b->metric && a->table == b->table;
}

static bool same_hops(const struct policy_route *a, const struct policy_route *b)
{
	bool same = a->hop_count == b->hop_count && a->nexthop == b->nexthop;

	for (uint32_t i = 0; same && i < a->hop_count; i++)
		same = a->hops[i].oif == b->hops[i].oif &&
		       addr_compare(&a->hops[i].via, &b->hops[i].via) == 0;
	return same;
}

/* The socket's filter: ours, those without one link, and those that replace another. */
static void tell(struct listener *l, const struct policy_route *route, bool gone, unsigned flags)
{
	bool passes = route->hop_count != 1 || route->hops[0].oif == OURS || flags & NLM_F_REPLACE;

	if (passes && !l->is_deaf)
		assert_int_equal(follow_take_route(l->follow, route, follow_how(gone, flags)), 0);
}

static void tell_nexthop(struct listener *l, const struct policy_nexthop *nexthop, bool gone)
{
	if (!l->is_deaf)
		assert_int_equal(follow_take_nexthop(l->follow, nexthop, gone), 0);
}

static void insert(struct fib *fib, size_t at, const struct policy_route *route)
{
	assert_non_null(vec_push(&fib->routes));
	memmove(&fib->routes.at[at + 1], &fib->routes.at[at],
		(fib->routes.len - 1 - at) * sizeof(*route));
	fib->routes.at[at] = *route;
}

static void erase(struct fib *fib, size_t at)
{
	memmove(&fib->routes.at[at], &fib->routes.at[at + 1],
		(fib->routes.len - 1 - at) * sizeof(fib->routes.at[0]));
	fib->routes.len--;
}

static size_t first_of(const struct fib *fib, const struct policy_route *like)
{
	size_t i = 0;

	while (i < fib->routes.len && !same_key(&fib->routes.at[i], like))
		i++;
	return i;
}

static bool is_other(const struct policy_route *route)
{
	return route->hop_count == 1 && route->hops[0].oif == OTHER;
}

/* fib_table_insert() */
static void add_ip(struct fib *fib, struct listener *l, const struct policy_route *route,
		   unsigned asked)
{
	size_t first = first_of(fib, route), end = first;
	unsigned flags = NLM_F_EXCL | NLM_F_CREATE;

	while (end < fib->routes.len && same_key(&fib->routes.at[end], route))
		if (same_hops(&fib->routes.at[end++], route))
			return;
	if (first < end) {
		if (asked & NLM_F_EXCL)
			return;
		flags = NLM_F_CREATE | (asked & NLM_F_APPEND);
	}
	if (first < end && asked & NLM_F_REPLACE) {
		fib->routes.at[first] = *route;
		tell(l, route, false, NLM_F_REPLACE);
		return;
	}
	/* What is behind another interface's route is not told when that one goes. */
	if (first < end && (is_other(route) || is_other(&fib->routes.at[first])))
		return;
	insert(fib, flags & NLM_F_APPEND ? end : first, route);
	tell(l, route, false, flags);
}

/* fib6_add_rt2node() */
static void add_ip6(struct fib *fib, struct listener *l, const struct policy_route *route,
		    unsigned asked)
{
	size_t first = first_of(fib, route), end = first;

	while (end < fib->routes.len && same_key(&fib->routes.at[end], route))
		end++;
	if (first == end) {
		insert(fib, first, route);
		tell(l, route, false,
		     NLM_F_CREATE | (route->hop_count > 1 ? 0 : (unsigned)NLM_F_EXCL));
		return;
	}
	struct policy_route *there = &fib->routes.at[first];
	if (asked & NLM_F_REPLACE) {
		*there = *route;
		for (size_t i = first + 1; i < end; end--)
			erase(fib, i);
		tell(l, route, false, NLM_F_REPLACE);
		return;
	}
	if (asked & NLM_F_EXCL || there->hop_count + route->hop_count > 4 || there->nexthop ||
	    route->nexthop)
		return;
	for (uint32_t i = 0; i < there->hop_count; i++)
		for (uint32_t j = 0; j < route->hop_count; j++)
			if (there->hops[i].oif == route->hops[j].oif &&
			    addr_compare(&there->hops[i].via, &route->hops[j].via) == 0)
				return;
	for (uint32_t j = 0; j < route->hop_count; j++)
		there->hops[there->hop_count++] = route->hops[j];
	tell(l, there, false, NLM_F_CREATE | NLM_F_APPEND);
}

static void del_one(struct fib *fib, struct listener *l, size_t at, bool silent)
{
	struct policy_route gone = fib->routes.at[at];

	/* Of several ways of IPv6 one goes, at times. */
	if (gone.to.addr.family == AF_INET6 && gone.hop_count > 1 && dice(2)) {
		struct policy_route *left = &fib->routes.at[at];
		uint32_t which = dice(gone.hop_count);

		gone.hops[0] = gone.hops[which];
		gone.hop_count = 1;
		for (uint32_t i = which; i + 1 < left->hop_count; i++)
			left->hops[i] = left->hops[i + 1];
		left->hop_count--;
	} else {
		erase(fib, at);
	}
	if (!silent)
		tell(l, &gone, true, 0);
}

static void take_link_down(struct fib *fib, struct listener *l)
{
	fib->is_down = true;
	for (size_t i = 0; i < fib->routes.len;) {
		struct policy_route *route = &fib->routes.at[i];
		bool goes = route->nexthop;

		for (uint32_t j = 0; j < route->hop_count; j++)
			goes |= route->hops[j].oif == OURS;
		if (!goes) {
			i++;
			continue;
		}
		struct policy_route gone = *route;
		erase(fib, i);
		if (gone.to.addr.family == AF_INET6)
			tell(l, &gone, true, 0);
	}
	memset(fib->has_nexthop, 0, sizeof(fib->has_nexthop));
	if (!l->is_deaf)
		follow_doubt(l->follow);
}

static void change_nexthop(struct fib *fib, struct listener *l)
{
	static uint32_t members[2];
	uint32_t id = 1 + dice(3);
	struct policy_nexthop *nexthop = &fib->nexthops[id];
	bool goes = fib->has_nexthop[id] && dice(2);
	char text[16];

	if (fib->is_down)
		return;
	fib->has_nexthop[id] = !goes;
	if (goes) {
		for (size_t i = fib->routes.len; i-- > 0;)
			if (fib->routes.at[i].nexthop == id)
				del_one(fib, l, i, fib->routes.at[i].to.addr.family == AF_INET);
		/* It leaves its group, which is told; an empty group goes. */
		if (id < 3 && fib->has_nexthop[3] && fib->nexthops[3].len) {
			struct policy_nexthop *group = &fib->nexthops[3];

			if (group->len == 1 && group->at[0] == id) {
				fib->has_nexthop[3] = false;
				for (size_t i = fib->routes.len; i-- > 0;)
					if (fib->routes.at[i].nexthop == 3)
						erase(fib, i);
				tell_nexthop(l, group, true);
			} else if (group->at[0] == id) {
				group->at[0] = group->at[--group->len];
				tell_nexthop(l, group, false);
			} else if (group->len == 2 && group->at[1] == id) {
				group->len--;
				tell_nexthop(l, group, false);
			}
		}
		tell_nexthop(l, nexthop, true);
		return;
	}
	*nexthop = (struct policy_nexthop){.id = id, .oif = dice(4) ? OURS : OTHER};
	snprintf(text, sizeof(text), "10.0.0.%u", 1 + dice(4));
	nexthop->via = addr_of(text);
	if (id == 3 && fib->has_nexthop[1] && fib->has_nexthop[2]) {
		members[0] = 1 + dice(2);
		members[1] = 3 - members[0];
		*nexthop = (struct policy_nexthop){.id = id, .at = members, .len = 2, .cap = 2};
	}
	tell_nexthop(l, nexthop, false);
}

static struct policy_hop random_hop(bool is_ip6)
{
	struct policy_hop hop = {.oif = dice(6) ? OURS : OTHER};
	char text[16];

	snprintf(text, sizeof(text), is_ip6 ? "fd00::%u" : "10.0.0.%u", 1 + dice(4));
	if (dice(8))
		hop.via = addr_of(text);
	return hop;
}

static struct policy_route random_route(const struct fib *fib)
{
	static const char *const to[] = {
		"0.0.0.0/0",     "10.16.0.0/16",    "10.16.1.0/24",  "10.17.0.0/16", "10.9.0.0/16",
		"192.0.2.0/24",  "10.0.1.0/24",     "10.0.1.9/32",   "10.0.0.2/32",  "::/0",
		"2001:db8::/48", "2001:db8:1::/48", "2001:db9::/32", "fd00::1/128"};
	static const uint8_t protocols[] = {12, 12, 12, 186, RTPROT_STATIC};
	struct policy_route route = {.type = RTN_UNICAST,
				     .to = prefix_of(to[dice(sizeof(to) / sizeof(to[0]))]),
				     .protocol = protocols[dice(5)],
				     .table = dice(5) ? RT_TABLE_MAIN : OWN_TABLE,
				     .metric = 20 + dice(2)};
	bool is_ip6 = route.to.addr.family == AF_INET6;
	uint32_t id = dice(5) ? 0 : 1 + dice(3);

	route.hop_count = dice(6) ? 1 : 2;
	for (uint32_t i = 0; i < route.hop_count; i++)
		route.hops[i] = random_hop(is_ip6);
	if (route.hop_count == 2 && route.hops[0].oif == route.hops[1].oif &&
	    addr_compare(&route.hops[0].via, &route.hops[1].via) == 0)
		route.hop_count = 1;
	if (id && fib->has_nexthop[id]) {
		/* As with nexthop_compat_mode off. */
		route.nexthop = id;
		route.hop_count = 0;
	}
	return route;
}

static void change_route(struct fib *fib, struct listener *l)
{
	static const unsigned ways[] = {NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REPLACE, NLM_F_APPEND, 0};
	struct policy_route route = random_route(fib);

	if (fib->routes.len && (dice(3) == 0 || fib->routes.len > 20)) {
		del_one(fib, l, dice((unsigned)fib->routes.len), false);
		return;
	}
	if (fib->is_down)
		return;
	if (route.to.addr.family == AF_INET6)
		add_ip6(fib, l, &route, ways[dice(5)]);
	else
		add_ip(fib, l, &route, ways[dice(5)]);
}

/* ---- WireGuard ---- */

static void read_all(const struct fib *fib, struct follow *f)
{
	_cleanup_wg_device_ struct wg_device device = {0};

	follow_restart(f);
	for (uint32_t id = 1; id < 4; id++)
		if (fib->has_nexthop[id])
			assert_int_equal(follow_take_nexthop(f, &fib->nexthops[id], false), 0);
	vec_each(route, &fib->routes)
		assert_int_equal(follow_take_route(f, route, FOLLOW_IS), 0);
	vec_each(peer, &fib->conf->wg.peers) {
		struct wg_peer *copy = wg_device_add_peer(&device);

		copy->public_key = peer->public_key;
		vec_each(ip, &peer->allowed_ips)
			*vec_push(&copy->allowed_ips) = *ip;
	}
	for (size_t i = 0; i < fib->held; i++)
		vec_push(&device.peers.at[fib->device[i].peer].allowed_ips)->prefix =
			fib->device[i].prefix;
	assert_int_equal(follow_hold(f, &device), 0);
}

/* What a fresh start would come to. */
static void fresh_start(const struct fib *fib, struct followed_vec *ret)
{
	_cleanup_follow_ struct follow *fresh = NULL;

	assert_int_equal(follow_new(fib->conf, OURS, OWN_TABLE, &fresh), 0);
	assert_int_equal(follow_swallowed(fresh, fib->swallowed), 0);
	read_all(fib, fresh);
	assert_int_equal(follow_list(fresh, ret), 0);
}

/* Not for a moment, whatever was lost: packets would be. */
static void expect_not_granted(const struct fib *fib, const struct prefix *prefix)
{
	struct followed_vec list = {0};

	fresh_start(fib, &list);
	vec_each(followed, &list)
		if (followed->refusal == FOLLOW_GRANTED && prefix_equal(&followed->prefix, prefix))
			fail_msg("sequence %llu: what a route grants is removed",
				 (unsigned long long)sequence);
	vec_release(&list);
}

static void apply(struct fib *fib, const struct wg_device *message)
{
	vec_each(peer, &message->peers)
		vec_each(ip, &peer->allowed_ips) {
			uint32_t who = peer_of(&peer->public_key);
			size_t i = 0;

			assert_true(peer->update_only);
			while (i < fib->held && !prefix_equal(&fib->device[i].prefix, &ip->prefix))
				i++;
			if (ip->remove) {
				expect_not_granted(fib, &ip->prefix);
				if (i < fib->held && fib->device[i].peer == who)
					fib->device[i] = fib->device[--fib->held];
				continue;
			}
			assert_true(i < sizeof(fib->device) / sizeof(fib->device[0]));
			fib->held += i == fib->held;
			fib->device[i].prefix = ip->prefix;
			fib->device[i].peer = who;
		}
}

static void send_all(struct fib *fib, struct follow *f, uint64_t now, bool may_fail)
{
	int r;

	do {
		_cleanup_wg_device_ struct wg_device message = {0};

		r = follow_next(f, now, &message);
		assert_true(r >= 0);
		if (r && may_fail && dice(10) == 0)
			follow_doubt(f);
		else if (r)
			apply(fib, &message);
	} while (r);
}

static void compare(const struct fib *fib)
{
	struct followed_vec list = {0};
	size_t granted = 0;

	fresh_start(fib, &list);
	vec_each(followed, &list) {
		size_t i = 0;

		if (followed->refusal != FOLLOW_GRANTED)
			continue;
		granted++;
		while (i < fib->held && !prefix_equal(&fib->device[i].prefix, &followed->prefix))
			i++;
		if (i == fib->held || fib->device[i].peer != followed->peer)
			fail_msg("sequence %llu: a prefix is not its peer's",
				 (unsigned long long)sequence);
	}
	if (granted != fib->held)
		fail_msg("sequence %llu: %zu prefixes are held, not %zu",
			 (unsigned long long)sequence, fib->held, granted);
	vec_release(&list);
}

static void random_sequences(void **state)
{
	_cleanup_conf_ struct conf conf = {0};
	struct addr endpoint = addr_of("192.0.2.1");
	struct addr_vec swallowed = {.at = &endpoint, .len = 1}, none = {0};

	(void)state;
	make_conf(&conf);
	for (sequence = 0; sequence < SEQUENCES; sequence++) {
		_cleanup_follow_ struct follow *f = NULL;
		struct fib fib = {.conf = &conf, .swallowed = &none};
		struct listener l = {0};
		uint64_t now = UINT32_MAX - 3000 + sequence;

		seed = sequence;
		assert_int_equal(follow_new(&conf, OURS, OWN_TABLE, &f), 0);
		l.follow = f;
		for (unsigned events = 4 + dice(40); events--;) {
			switch (dice(16)) {
			case 0:
				change_nexthop(&fib, &l);
				break;
			case 1:
				if (fib.is_down)
					fib.is_down = false;
				else if (dice(4) == 0)
					take_link_down(&fib, &l);
				break;
			case 2:
				fib.swallowed = fib.swallowed == &none ? &swallowed : &none;
				follow_swallowed(f, fib.swallowed);
				break;
			case 3:
				/* What is lost is told afterwards, and no more than that. */
				l.is_deaf = true;
				change_route(&fib, &l);
				l.is_deaf = false;
				follow_doubt(f);
				break;
			case 4:
			case 5:
				now += dice(1500);
				send_all(&fib, f, now, true);
				break;
			case 6:
				if (follow_doubts(f))
					read_all(&fib, f);
				break;
			default:
				change_route(&fib, &l);
			}
		}
		send_all(&fib, f, now, true);
		while (follow_doubts(f)) {
			read_all(&fib, f);
			send_all(&fib, f, now, false);
		}
		send_all(&fib, f, now + FOLLOW_HOLD_MS, false);
		assert_true(follow_due(f, now) == UINT64_MAX);
		compare(&fib);
		vec_release(&fib.routes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_sequences)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
