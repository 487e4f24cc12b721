/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets the port of an interface accepts (ListenOn). */
#pragma once

#include <stdbool.h>

#include "wgq/base/buf.h"
#include "wgq/net/spec.h"

/* wgq's own table, for `nft -f`: replaces it. Where no port is known it is nft's variable $port. */
void listen_nft_text(const struct listen *listen, struct buf *ret_text);
/* "eth0, 192.0.2.1" */
void listen_format(const struct listen *listen, struct buf *ret_text);
/* Whether they accept the same packets. */
bool listen_same(const struct listen *a, const struct listen *b);
