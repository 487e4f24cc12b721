/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of save share. The running tunnel is written as a configuration, too. */
#pragma once

#include "wgq/conf/save/save.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wgq/conf/parse/parse.h"

static inline void parse(const char *text, size_t n, struct conf *ret)
{
	struct diag d = {0};
	struct buf shown = {0};

	if (conf_parse("wg0.conf", "wg0", text, n, ret, &d) < 0) {
		diag_format(&d, 0, "test", false, 0, &shown);
		fail_msg("%s\n%s", buf_text(&shown), text);
	}
	diag_release(&d);
}

static inline struct save_state state_of(const struct conf *running)
{
	return (struct save_state){
		.device = &running->wg,
		.addrs = &running->addresses,
		.mtu = running->mtu_line ? running->mtu : 1420,
		.has_ipv6 = true,
		.endpoints = true,
	};
}

/* Of one file. */
static inline struct config_text text_of(const char *text)
{
	struct config_text ret = {.text.secret = true};

	buf_str(&ret.text, text);
	assert_int_equal(sources_add(&ret.files, "wg0.conf", NULL, text, strlen(text)), 0);
	return ret;
}

static inline void save_text(const char *before, const struct conf *conf,
			     const struct save_state *now, struct buf *ret)
{
	struct diag d = {0};
	struct buf shown = {0};

	_cleanup_config_text_ struct config_text text = text_of(before), saved = {0};

	if (conf_save(&text, conf, now, &saved, &d) < 0) {
		diag_format(&d, 0, "test", false, 0, &shown);
		fail_msg("%s\n%s", buf_text(&shown), before);
	}
	assert_true(saved.text.secret);
	assert_int_equal(saved.files.len, 1);
	buf_release(ret);
	*ret = saved.text;
	saved.text = (struct buf){0};
	diag_release(&d);
}
