/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walls that a configuration asks for. */
#pragma once

#include "wgq/conf/conf.h"
#include "wgq/net/walls.h"

/* There are two ports while one becomes the other. */
enum { WALLS_PORTS = 2 };

/* Appends the rules of ListenOn for the ports, of which 0 is none, and where both are 0 for one
 * that is not known yet. 0 or -ENOMEM. */
int walls_of_port(const struct conf *conf, const uint16_t ports[WALLS_PORTS], struct walls *ret);
/* Appends all others. lan is for KillSwitch = lan. */
int walls_of_packets(const struct conf *conf, const struct lan_vec *lan, struct walls *ret);
/* What there is to look at for them: LOOK_LAN, or nothing. */
unsigned int walls_look(const struct conf *conf);
