/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libsystemd's D-Bus, loaded when it is first needed: its fifteen libraries take as long to load
 * as the rest of wgq takes to start, and few hosts of a tunnel need them.
 *
 * After sd_load() each function is called as `sd.bus_call(...)` for sd_bus_call(). */
#pragma once

#include <systemd/sd-bus.h>

#include "wgq/base/diag.h"

#define SD_FUNCTIONS(F)                                                                            \
	F(bus_call)                                                                                \
	F(bus_creds_get_pid)                                                                       \
	F(bus_creds_unref)                                                                         \
	F(bus_error_free)                                                                          \
	F(bus_error_has_name)                                                                      \
	F(bus_flush_close_unref)                                                                   \
	F(bus_get_name_creds)                                                                      \
	F(bus_get_property)                                                                        \
	F(bus_message_append)                                                                      \
	F(bus_message_append_array)                                                                \
	F(bus_message_close_container)                                                             \
	F(bus_message_enter_container)                                                             \
	F(bus_message_exit_container)                                                              \
	F(bus_message_new_method_call)                                                             \
	F(bus_message_open_container)                                                              \
	F(bus_message_read)                                                                        \
	F(bus_message_read_array)                                                                  \
	F(bus_message_set_auto_start)                                                              \
	F(bus_message_unref)                                                                       \
	F(bus_open_system)                                                                         \
	F(bus_set_method_call_timeout)

#define SD_DECLARE(name) __typeof__(sd_##name) *name;
struct sd_functions {
	SD_FUNCTIONS(SD_DECLARE)
};
#undef SD_DECLARE

extern struct sd_functions sd;

/* 0, or -EOPNOTSUPP: it is not installed, or is too old. */
int sd_load(struct diag *d);
