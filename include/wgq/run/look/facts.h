/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check has to know of this host. */
#pragma once

#include "wgq/conf/check/check.h"
#include "wgq/conf/conf.h"

/* Needs no rights; what cannot be found out is left unknown. Names are not looked up. others is
 * released with check_others_release(), networks with prefix_set_release(). */
void facts_read(const struct conf *conf, struct check_facts *ret);
/* Appends the interfaces that are there but one, with what may be seen of them. 0 or -ENOMEM. */
int facts_read_others(const char *but, struct check_other_vec *ret);
/* Appends or marks, for a configuration with KillSwitch, the others that have rules of it now. 0 or
 * -ENOMEM. */
int facts_read_kill_switches(const struct conf *conf, struct check_other_vec *ret);
/* Appends the firewalls that drop what a configuration asks to be forwarded. */
void facts_read_blockers(const struct conf *conf, struct blocker_vec *ret);
/* The networks that interfaces other than this one (0: none) are in or lead to. With asked, only of
 * these is all known. */
int facts_networks(uint32_t index, const struct prefix_set *asked, struct prefix_set *ret,
		   struct diag *d);
