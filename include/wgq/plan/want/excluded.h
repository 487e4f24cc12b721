/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ExcludedIPs: in a table of the tunnel's own a route throws them back to the policy rules;
 * elsewhere they are cut out of the allowed IPs. */
#pragma once

#include "wgq/conf/conf.h"
#include "wgq/net/spec.h"

/* The prefixes of the file, in order, without those that another one covers. 0 or -ENOMEM. */
int excluded_list(const struct conf *conf, struct route_vec *ret);

/* How much of a prefix such a list excludes. */
enum excluded_part { EXCLUDED_NONE, EXCLUDED_SOME, EXCLUDED_ALL };
enum excluded_part excluded_part(const struct route_vec *excluded, const struct prefix *prefix);
/* Appends what it leaves of a route, in the fewest prefixes. 0 or -ENOMEM. */
int excluded_cut(const struct route_vec *excluded, const struct route *route,
		 struct route_vec *ret);
