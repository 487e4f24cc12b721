/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check has to know of this host. */
#pragma once

#include "wgq/conf/check.h"
#include "wgq/conf/conf.h"

/* Needs no rights; what cannot be found out is left unknown. Names are not looked up. networks is
 * released with addrs_release(). */
void facts_read(const struct conf *conf, struct check_facts *ret);
