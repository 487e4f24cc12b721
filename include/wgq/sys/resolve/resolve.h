/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names become numbers: hosts, services and routing tables of a configuration.
 *
 * In comes a struct conf with names in it; it is completed in place. cmd/session.c calls this
 * before up and reload change anything, cmd/save.c before it compares, cmd/run when it reads a
 * file. `wgq why` looks up one name.
 *
 *	resolve.c		a whole configuration, and an error for each name without a number
 *	pool.c, job.c		many look-ups at once, repeated where that may help; one of them
 *	name.c			one name
 *	detached.c		threads for getaddrinfo(3), in sys/ask as well
 *	udp.c			what UDP sockets tell: whether a port is free, this host's address
 */
#pragma once

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"

struct resolve_options {
	/* Asked ten times a second while look-ups are under way; true: give up. NULL: never. */
	bool (*stop)(void);
	/* Shown to the user, without a newline, before an attempt is repeated:
	 *	Temporary failure in name resolution: `host:port'. Trying again in 1.00 seconds...
	 * Called in the caller's own thread. NULL: nobody wants to know. */
	void (*say)(const char *line);
	/* In place of getaddrinfo(3), for tests. Called by many threads at once. */
	int (*lookup)(const char *host, const char *service, const struct addrinfo *hints,
		      struct addrinfo **ret);
};

/* Completes conf: the listening port, the table and the endpoints that are given by name. All
 * hosts are looked up at once; the first address found counts, as for wg(8) (config.c:195-280).
 *
 * Failures that may pass are tried again as often as the environment variable
 * WG_ENDPOINT_RESOLUTION_RETRIES says (15; "infinity"), but no longer once another name has failed
 * for good. Every name that has no number is an error with its line, and -EINVAL is returned.
 * -EINTR: told to stop; threads that are still inside of getaddrinfo(3), which cannot be
 * interrupted, are left to end by themselves and touch nothing of the caller's. */
int resolve(struct conf *conf, const struct resolve_options *options, struct diag *d);

/* The same for comparison with what runs: an address that the running peer has is preferred to the
 * first one found. One attempt at each host, RESOLVE_AGAIN_MS for all of them; what is not found by
 * then stays without a number, which is no error, and so does the table. -EINTR: told to stop. */
enum { RESOLVE_AGAIN_MS = 3000 };
int resolve_again(struct conf *conf, const struct wg_device *running,
		  const struct resolve_options *options, struct diag *d);

/* The same before a running peer is changed: the table has to be found as well, and so has the
 * address of a peer that has none so far; one that has keeps it, with a warning. */
int resolve_running(struct conf *conf, const struct wg_device *running,
		    const struct resolve_options *options, struct diag *d);

/* The same without any look-up of a host, for `wgq run`, which asks for hosts when the interface is
 * up (sys/ask): a peer whose endpoint is a name stays without one. What is wrong for good, as a
 * service that does not exist, is an error. */
int resolve_now(struct conf *conf, struct diag *d);

/* The first address of a name, of a family or of any (AF_UNSPEC), as connect(2) would be tried. It
 * waits as long as getaddrinfo(3) does. -ENOENT: there is none. */
int resolve_name(const char *name, uint8_t family, struct addr *ret, struct diag *d);

/* How often a failure that may pass is tried again, by the environment (wg(8), config.c:177-193);
 * below 0: without end. */
int resolve_retries(int *ret, struct diag *d);

/* The time in microseconds until the attempt after next, by that until the next: 1 s, 1.2 s, ... up
 * to 20 s (config.c:241). */
enum { RESOLVE_FIRST_DELAY = 1000000, RESOLVE_LAST_DELAY = 20000000 };
uint32_t resolve_next_delay(uint32_t delay);
