/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walls of KillSwitch. */
#pragma once

#include "wgq/conf/conf.h"
#include "wgq/net/walls.h"

/* Appends them, for a configuration that has it. lan is for KillSwitch = lan; NULL: none is known.
 * plan/want/walls.c calls it. 0 or -ENOMEM. */
int kill_switch_walls(const struct conf *conf, const struct lan_vec *lan, struct walls *ret);
