/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this host forwards packets, and what else the kernel changes when that is switched. */
#pragma once

#include <stdbool.h>

#include "wgq/base/vec.h"

/* A kernel setting, its name as sysctl_set() takes it. */
struct setting {
	char name[56];
	long value;
};
struct setting_vec {
	VEC(struct setting);
};

struct forwarding {
	long ip, ip6; /* 0, 1; -1: there is no such setting */
	/* A router heeds no other router's advertisements: the accept_ra of links that heed them so
	 * far, and that of `default`, for those that come later. */
	struct setting_vec heeded;
	/* What is lost when forwarding is switched on and off again
	 * (net/ipv4/devinet.c, inet_forward_change(); net/ipv6/addrconf.c, dev_forward_change()).
	 */
	struct setting_vec lost_ip, lost_ip6;
};

void forwarding_release(struct forwarding *forwarding);
