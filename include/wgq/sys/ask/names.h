/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoints that a file gives by name, all looked up at once, outside of the tunnel. It waits
 * for the answers. `wgq probe` calls it, and with KillSwitch cmd/session.c. */
#pragma once

#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/conf/conf.h"
#include "wgq/sys/ask/asker.h"
#include "wgq/sys/resolve/resolve.h"

/* What a name of a conf_endpoint has been found to be. */
struct asked_name {
	const struct conf_endpoint *of; /* borrowed */
	struct ask_answer answer;
};
struct asked_names {
	VEC(struct asked_name);
};

/* Of all peers, or of one (SIZE_MAX: all); also those of FallbackEndpoint. *ret has to be zeroed.
 * mark: as of asker_set_servers(). 0 or -errno; that a name has no address is no error. */
int asked_names_ask(const struct conf *conf, size_t peer, uint32_t mark, struct asked_names *ret,
		    struct diag *d);
/* NULL: it has none. */
const struct endpoint_vec *asked_names_find(const struct asked_names *names,
					    const struct conf_endpoint *of);
void asked_names_release(struct asked_names *names);

#define _cleanup_asked_names_ _cleanup_(asked_names_release)

/* For a host on which KillSwitch lets name look-ups pass by the mark alone, which those of
 * getaddrinfo(3) do not have: each of conf->endpoints that is found has its number then, so that
 * resolve() and resolve_running() need no look-up. It is the address that the running peer has if
 * the name still has it, else the first that there is a way to.
 *
 * Before resolve_running(): running is the device; one attempt, and what is not found stays a name.
 * Before resolve(): running is NULL; attempts as there, and a name that is not found is an error
 * with its line. -EINTR: told to stop. say and stop are needed. */
int asked_names_settle(struct conf *conf, const struct wg_device *running,
		       const struct resolve_options *options, struct diag *d);
