/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoints that a file gives by name, all looked up at once, outside of the tunnel. */
#pragma once

#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/vec.h"
#include "wgq/conf/conf.h"

/* The addresses of a conf_endpoint. */
struct probe_name {
	const struct conf_endpoint *of; /* borrowed */
	struct endpoint_vec addresses;
};
struct probe_names {
	VEC(struct probe_name);
};

/* Of all peers, or of one (SIZE_MAX: all). A name without an address is a warning. *ret has to be
 * zeroed. */
int probe_names_ask(const struct conf *conf, size_t peer, uint32_t mark, struct probe_names *ret,
		    struct diag *d);
/* NULL: it has none. */
const struct endpoint_vec *probe_names_find(const struct probe_names *names,
					    const struct conf_endpoint *of);
void probe_names_release(struct probe_names *names);

#define _cleanup_probe_names_ _cleanup_(probe_names_release)
