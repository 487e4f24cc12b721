/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoints of an interface's peers: `wgq run` looks after them by plan/reach. */
#pragma once

#include "wgq/base/diag.h"

struct keep;
struct peers;
struct snap;

/* What its file says now. 0 or -ENOMEM. Without memory they are left alone. */
int peers_load(struct keep *k);
/* The interface was looked at. */
void peers_look(struct keep *k, const struct snap *snap);
/* Does what is to be done now, after it was looked at. */
void peers_go(struct keep *k);
/* Links, addresses, routes or rules have changed. */
void peers_ways_changed(struct keep *k);
/* The host was suspended, or the clock was set. */
void peers_resumed(struct keep *k);
/* The servers that names are asked of have changed. */
void peers_resolver_changed(struct keep *k);
/* The interface is gone, or somebody else is about to change it. */
void peers_stop(struct keep *k);
/* Whatever was installed for them goes. */
void peers_free(struct keep *k);
