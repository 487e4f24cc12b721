/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values from their texts, in tests. After cmocka.h. */
#pragma once

#include <string.h>

#include "wgq/net/addr.h"

static inline struct addr addr_of(const char *text)
{
	struct addr a;

	if (addr_parse(text, strlen(text), &a) < 0)
		fail_msg("no address: %s", text);
	return a;
}

static inline struct prefix prefix_of(const char *text)
{
	struct prefix p;

	if (prefix_parse(text, strlen(text), &p) < 0)
		fail_msg("no prefix: %s", text);
	return p;
}
