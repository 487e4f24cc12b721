/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at what is around an interface: the ways of its encrypted packets, and of all others. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/snap.h"
#include "wgq/plan/health/health.h"

/* snap has link, device, addresses and routes in main; want may be NULL. One question to the kernel
 * for each address that is an endpoint; needs no privilege. *ret has to be zeroed. */
int around_look(const struct snap *snap, const struct want *want, struct around *ret,
		struct diag *d);
