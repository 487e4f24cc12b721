/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that take an interface away for a new one of its name. Unlike those of down they can be
 * taken back, the link included: then the interface is as it was, with what others have made of it.
 *
 *	struct former former = {0};
 *	former_plan(conf, &snap, &means, &former, d);		former.plan
 *	former_release(&former);
 */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/plan/op.h"
#include "wgq/plan/services.h"

struct former {
	struct services services;
	struct plan plan;
};

/* snap needs device, addresses, tables, rules, firewall, dns_set. *ret has to be zeroed, stays in
 * its place, and borrows from conf and snap. */
int former_plan(const struct conf *conf, const struct snap *snap, const struct means *means,
		struct former *ret, struct diag *d);
void former_release(struct former *former);

#define _cleanup_former_ _cleanup_(former_release)
