/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of the real world share: host.c acts, observe.c looks. */
#pragma once

#include "wgq/kernel/rtnetlink.h"
#include "wgq/run/device.h"
#include "wgq/run/host.h"
#include "wgq/run/lock.h"

struct host {
	struct world world;
	struct host_options options;
	struct rtnetlink *rtnetlink;
	struct means means;
	struct link link;          /* as last seen */
	enum device_server server; /* of that link */
	bool has_iptables_rules;   /* there may be some of this interface */
	int lock_fd;               /* -1: not held */
};

int host_observe(void *self, const struct observe_query *query, struct snap *ret, struct diag *d);
int host_prepare(void *self, const struct conf *conf, bool bringing_up, struct means *ret,
		 struct diag *d);
