/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether tables of others let through what is forwarded for a tunnel. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/blocker.h"

/* Appends the chains that drop it. Only whole tables are judged: one whose chain drops by its
 * policy, or that is firewalld's, and that has no rule for the tunnel's name. Tables
 * of a family that is not asked for are left out. *ret is empty when the kernel has no nf_tables.
 */
int nft_forward_blockers(const char *ifname, bool ip, bool ip6, struct blocker_vec *ret,
			 struct diag *d);
