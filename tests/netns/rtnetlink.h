/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of rtnetlink share: a namespace with links in it. */
#pragma once

#include "wgq/kernel/rtnetlink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "ns.h"
#include "wgq/base/mem.h"

#define _cleanup_rtnetlink_ _cleanup_(rtnetlink_free_at)

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

static void fail_with(const char *call, const struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	diag_format(d, 0, "test", false, &text);
	fail_msg("%s\n%s", call, buf_text(&text));
}

static struct rtnetlink *fresh(void)
{
	struct rtnetlink *r;

	ns_fresh_network();
	assert_done(rtnetlink_open(&r, d));
	return r;
}

/* A link of a kind that every kernel has one of, up. */
static uint32_t link_up(struct rtnetlink *r, const char *name)
{
	static const char *const kinds[] = {"dummy", "ifb", "bridge"};
	struct link link;
	int error = -EOPNOTSUPP;

	for (size_t i = 0; i < 3 && error == -EOPNOTSUPP; i++)
		error = rtnetlink_link_add(r, name, kinds[i], NULL);
	if (error < 0)
		ns_skip("the kernel has neither dummy nor ifb nor bridge devices");
	assert_done(rtnetlink_link_get(r, name, &link, d));
	assert_done(rtnetlink_link_set(r, link.index, 1400, true, d));
	return link.index;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, strlen(text), &p), 0);
	return p;
}
