/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be left of an interface whose link is gone: somebody deleted it, or a process died in
 * the middle. Its rules lead into tables that are empty now. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/snap.h"
#include "wgq/plan/op.h"

/* Appends the steps that remove the rules of an interface without a link: those of the mark that
 * its firewall saves, or that its configuration names; where neither tells, the only one there is.
 * conf may be NULL. */
int leftover_rules(const struct conf *conf, const struct snap *snap, struct plan *ret,
		   struct diag *d);
