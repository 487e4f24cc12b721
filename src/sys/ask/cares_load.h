/* SPDX-License-Identifier: GPL-2.0-or-later */
/* c-ares, loaded when it is first needed: only `wgq run` and `wgq probe` ask for names.
 *
 * After cares_load() each function is called as `cares.getaddrinfo(...)` for ares_getaddrinfo(). */
#pragma once

#define CARES_NO_DEPRECATED /* of 1.34, for the sake of 1.18 */
#include <ares.h>

#include "wgq/base/diag.h"

#define CARES_FUNCTIONS(F)                                                                         \
	F(destroy)                                                                                 \
	F(freeaddrinfo)                                                                            \
	F(getaddrinfo)                                                                             \
	F(init_options)                                                                            \
	F(library_init)                                                                            \
	F(process_fd)                                                                              \
	F(set_servers_ports)                                                                       \
	F(set_socket_functions)

#define CARES_DECLARE(name) __typeof__(ares_##name) *name;
struct cares_functions {
	CARES_FUNCTIONS(CARES_DECLARE)
};
#undef CARES_DECLARE

extern struct cares_functions cares;

/* 0, or -EOPNOTSUPP: it is not installed, or is too old. */
int cares_load(struct diag *d);
