/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells an interface that is up already from one that only has the same name. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"

/* Whether the observed link has the configuration's keys, port, peers, allowed IPs, addresses and
 * MTU. What the kernel chose, and what others added, does not count. */
int same_as_configured(const struct conf *conf, const struct snap *snap, bool *ret, struct diag *d);
/* Whether the running peers have the file's endpoints, as far as those are numbers. */
bool same_endpoints(const struct conf *conf, const struct wg_device *seen);
