/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of rtnetlink share: a namespace with links in it, and many routes. */
#pragma once

#include "wgq/kernel/rtnetlink/rtnetlink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ns.h"
#include "wgq/base/mem.h"

#define _cleanup_rtnetlink_ _cleanup_(rtnetlink_free_at)

/* Where the first is, how many there are, the link, the table. */
#define ROUTES(first, n, link, number)                                                             \
	(&(const struct rtnetlink_routes){                                                         \
		.at = (first), .count = (n), .oif = (link), .group.table = (number)})

#define assert_done(call)                                                                          \
	do {                                                                                       \
		_cleanup_diag_ struct diag diag = {0};                                             \
		struct diag *d = &diag;                                                            \
		if ((call) != 0 || diag_errors(d) != 0)                                            \
			fail_with(#call, d);                                                       \
	} while (0)

/* That it fails so, and adds one error. */
#define assert_fails(call, errno_)                                                                 \
	do {                                                                                       \
		_cleanup_diag_ struct diag diag = {0};                                             \
		struct diag *d = &diag;                                                            \
		assert_int_equal((call), -(errno_));                                               \
		assert_int_equal(diag_errors(d), 1);                                               \
	} while (0)

static inline void fail_with(const char *call, const struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	diag_format(d, 0, "test", false, 0, &text);
	fail_msg("%s\n%s", call, buf_text(&text));
}

static inline struct rtnetlink *fresh(void)
{
	struct rtnetlink *r;

	ns_fresh_network();
	assert_done(rtnetlink_open(&r, d));
	return r;
}

/* A link of a kind that every kernel has one of, up. */
static inline uint32_t link_up(struct rtnetlink *r, const char *name)
{
	static const char *const kinds[] = {"dummy", "ifb", "bridge"};
	struct link link;
	int error = -EOPNOTSUPP;

	for (size_t i = 0; i < 3 && error == -EOPNOTSUPP; i++)
		error = rtnetlink_link_add(r, name, kinds[i], NULL);
	if (error < 0)
		ns_skip("the kernel has neither dummy nor ifb nor bridge devices");
	assert_done(rtnetlink_link_get(r, name, &link, d));
	assert_done(rtnetlink_link_set(
		r, link.index,
		&(struct rtnetlink_link_change){.flags = IFF_UP, .change = IFF_UP, .mtu = 1400},
		d));
	return link.index;
}

static inline struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, strlen(text), &p), 0);
	return p;
}

/* Half of n routes for each family, IPv6 at the even places. */
static inline struct route *routes_mixed(size_t n)
{
	struct route *routes = mem_calloc(n, sizeof(*routes));

	assert_non_null(routes);
	for (size_t i = 0; i < n; i++) {
		struct addr *addr = &routes[i].prefix.addr;

		addr->family = i % 2 ? AF_INET : AF_INET6;
		addr->bytes[0] = i % 2 ? 10 : 0xfd;
		addr->bytes[1] = (uint8_t)(i >> 8);
		addr->bytes[2] = (uint8_t)i;
		routes[i].prefix.len = 24;
	}
	return routes;
}

/* The routes of both families in a table through a link. */
static inline size_t routes_found(struct rtnetlink *r, uint32_t table, uint32_t index)
{
	_cleanup_(routes_release) struct route_vec found = {0};

	assert_done(rtnetlink_route_list(r, AF_INET, table, index, &found, d));
	assert_done(rtnetlink_route_list(r, AF_INET6, table, index, &found, d));
	return found.len;
}
