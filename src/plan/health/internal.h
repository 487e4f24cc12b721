/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of health share. Each part returns 0 or -ENOMEM, with no error added. */
#pragma once

#include "wgq/plan/health/health.h"

/* Rules, tables, routes, firewall, and what goes past the tunnel. */
/* Whether IPv6 is to go into the interface; and that has none, while another one has. */
bool health_judges_firewall(const struct health_input *in);
bool health_wants_ipv6(const struct health_input *in);
bool health_lacks_ipv6(const struct health_input *in);
int health_tunnel(const struct health_input *in, struct finding_vec *ret);
int health_peers(const struct health_input *in, struct finding_vec *ret);

/* The room that a packet to an endpoint has, less what WireGuard adds to it. */
uint32_t health_room(const struct endpoint_way *way);
