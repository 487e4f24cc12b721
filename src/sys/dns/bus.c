// SPDX-License-Identifier: GPL-2.0-or-later
// The way to systemd-resolved: the system bus, who answers there, and calls to it.
#include "bus.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "internal.h"

/* Microseconds; the usual 25 s are too long to wait for a tunnel. */
enum { CALL_TIMEOUT = 10 * 1000000 };

void dns_bus_close_at(sd_bus **bus)
{
	if (*bus)
		sd.bus_flush_close_unref(*bus);
}

void dns_message_unref_at(sd_bus_message **message)
{
	if (*message)
		sd.bus_message_unref(*message);
}

static void creds_unref_at(sd_bus_creds **creds)
{
	if (*creds)
		sd.bus_creds_unref(*creds);
}

void dns_error_free_at(sd_bus_error *error)
{
	if (error->name)
		sd.bus_error_free(error);
}

#define _cleanup_creds_ _cleanup_(creds_unref_at)

int dns_bus_open(sd_bus **ret, struct diag *d)
{
	int r = sd_load(d);

	if (r < 0)
		return r;
	r = sd.bus_open_system(ret);
	if (r < 0)
		return diag_fail(d, -r, "cannot reach systemd-resolved: no system bus");
	sd.bus_set_method_call_timeout(*ret, CALL_TIMEOUT);
	return 0;
}

/* Links are told by their numbers, which mean other links in another network namespace. True also
 * where this cannot be known. */
static bool same_network(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat("/proc/self/ns/net", &ours) < 0 || stat(path, &theirs) < 0)
		return true;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int dns_bus_reach(sd_bus *bus, struct diag *d)
{
	_cleanup_creds_ sd_bus_creds *creds = NULL;
	pid_t pid;

	/* Unlike a call, this does not start it. */
	int r = sd.bus_get_name_creds(bus, RESOLVED, SD_BUS_CREDS_PID, &creds);
	if (r == -ENXIO)
		return diag_refuse(d, ENXIO, "systemd-resolved is not running");
	if (r < 0)
		return diag_fail(d, -r, "cannot reach systemd-resolved");
	if (sd.bus_creds_get_pid(creds, &pid) >= 0 && !same_network(pid))
		return diag_refuse(d, ENXIO, "systemd-resolved runs in another network namespace");
	return 0;
}

int dns_resolved_reach(struct diag *d)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = dns_bus_open(&bus, d);

	return r < 0 ? r : dns_bus_reach(bus, d);
}

int dns_bus_call_new(sd_bus *bus, const char *method, int index, sd_bus_message **ret)
{
	int r = sd.bus_message_new_method_call(bus, ret, RESOLVED, RESOLVED_PATH, RESOLVED_MANAGER,
					       method);

	if (r >= 0)
		r = sd.bus_message_set_auto_start(*ret, 0);
	if (r >= 0)
		r = sd.bus_message_append(*ret, "i", index);
	return r;
}
