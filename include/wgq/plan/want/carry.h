/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a tunnel can carry the families that it is to carry. The kernel takes a family off a link
 * whose MTU is too small for it, and IPv6 where it is switched off; what was to go into the tunnel
 * then leaves past it in the clear. So it is an error, -EAFNOSUPPORT, unless no other interface has
 * the family. */
#pragma once

#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/plan/want/want.h"

/* Before step 1: by the file alone, and by the host unless PreUp hooks may still change it. */
int carry_check_conf(const struct conf *conf, const struct ipv6 *ipv6, struct diag *d);
/* mtu: of the link, or what it is to become. */
int carry_check(const struct want *want, const struct snap *snap, uint32_t mtu, struct diag *d);

/* The least MTU with all families that are wanted and can be had; 0: there is none. */
uint32_t carry_mtu_min(const struct want *want, const struct snap *snap);
/* The name of the setting that switches it off. */
void carry_setting(const char *ifname, enum ipv6_state state, struct buf *ret_text);
