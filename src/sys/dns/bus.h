/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What resolved.c, which sets, and resolved_get.c, which looks, share: the way to
 * systemd-resolved over D-Bus (org.freedesktop.resolve1(5)). */
#pragma once

#include "sd_internal.h"
#include "wgq/base/mem.h"

#define RESOLVED         "org.freedesktop.resolve1"
#define RESOLVED_PATH    "/org/freedesktop/resolve1"
#define RESOLVED_MANAGER "org.freedesktop.resolve1.Manager"

/* Loads libsystemd, and connects to the system bus. */
int dns_bus_open(sd_bus **ret, struct diag *d);
/* Whether systemd-resolved runs, in our network namespace; starts nothing. 0, or -errno with the
 * reason added. */
int dns_bus_reach(sd_bus *bus, struct diag *d);
/* A call of systemd-resolved's manager, to be filled; its first argument is the link. Negative:
 * -errno. */
int dns_bus_call_new(sd_bus *bus, const char *method, int index, sd_bus_message **ret);

/* For _cleanup_(). */
void dns_bus_close_at(sd_bus **bus);
void dns_message_unref_at(sd_bus_message **message);
void dns_error_free_at(sd_bus_error *error);

#define _cleanup_bus_     _cleanup_(dns_bus_close_at)
#define _cleanup_message_ _cleanup_(dns_message_unref_at)
#define _cleanup_error_   _cleanup_(dns_error_free_at)
