/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name servers outside of a tunnel: those of the other links. What a dead tunnel needs to know
 * to come back, its own servers cannot tell.
 *
 * `wgq run` looks for them at its start and after a change in one of dns_outside_watched, `wgq
 * probe` once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/conf/conf.h"
#include "wgq/net/addr.h"

struct dns_server {
	struct addr addr;
	uint16_t port;
	uint32_t ifindex; /* of the link that it belongs to, through which it is asked; 0: any */
	bool inside;      /* the tunnel's own: asked through the tunnel, without the mark */
};

struct dns_server_vec {
	VEC(struct dns_server);
};

struct dns_outside {
	struct dns_server_vec servers; /* in the order in which they are asked */
	struct buf search;             /* search domains, one a line */
	const char *source; /* "systemd-resolved", "resolvconf", "/etc/resolv.conf"; static; NULL:
			     * no server was found */
};

/* By systemd-resolved where it serves this host, else by resolvconf's entries, else by
 * /etc/resolv.conf. Left out are: what is set for the interface, what conf (NULL: none) sets, and
 * local stubs that would ask through the tunnel, unless there is nothing else. Only where no server
 * is left at all, the tunnel's own are in the list, as `inside`.
 *
 * It runs resolvconf or calls systemd-resolved, which takes some milliseconds as a rule, 2 seconds
 * at most where that hangs. What cannot be found out is no error; -ENOMEM is one. */
int dns_outside(const char *ifname, const struct conf *conf, struct dns_outside *ret,
		struct diag *d);
bool dns_outside_equal(const struct dns_outside *a, const struct dns_outside *b);
void dns_outside_release(struct dns_outside *outside);

#define _cleanup_outside_ _cleanup_(dns_outside_release)

/* What changes with them, for inotify(7): IN_MOVED_TO, IN_CLOSE_WRITE, IN_CREATE, IN_DELETE in a
 * folder, for a file of that name; NULL: for any. Most hosts lack most of these folders. The list
 * ends with a NULL folder. */
struct dns_watched {
	const char *folder, *file;
};
extern const struct dns_watched dns_outside_watched[];
