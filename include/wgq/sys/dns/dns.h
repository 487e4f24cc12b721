/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Name servers and search domains of an interface: by resolvconf(8), exactly as wg-quick calls it
 * (linux.bash:145-161), or by systemd-resolved over D-Bus (org.freedesktop.resolve1(5)).
 *
 *	dns_choose()	before anything is changed
 *	dns_set()	when the link is there
 *	dns_unset()	before or after it is gone
 *	dns_get()	what is set now
 *
 * In come the servers and domains of a configuration. run/host calls these four, run/look only
 * dns_can_be_set().
 *
 *	dns.c				chooses the backend, and calls it
 *	get.c, server.c			what is set, and a server as text
 *	outside.c			the servers of the other links (outside.h)
 *	resolvconf.c			the backend resolvconf
 *	resolved.c, resolved_get.c	the backend systemd-resolved: sets, and looks
 *	bus.c, sd.c			calls over D-Bus, by libsystemd, loaded when it is needed
 *	no_resolved.c			in builds without libsystemd */
#pragma once

#include <stdbool.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"

enum dns_backend { DNS_OFF, DNS_RESOLVCONF, DNS_RESOLVED, DNS_AUTO };

/* Borrowed, all of it. */
struct dns_config {
	const char *ifname;
	const struct conf_text_vec *servers, *search;
	const struct sources *sources; /* that name them, for messages; NULL to dns_[un]set() */
	bool catch_all;   /* the tunnel has a default route: names go its way like all else */
	const char *root; /* stands for / where /etc is looked at, for tests; NULL: / */
};

/* "off", "resolvconf", "resolved", "auto". False: none of these. */
int dns_backend_parse(const char *text, enum dns_backend *ret);

/* Which way to go; never DNS_AUTO, and DNS_OFF where there is nothing to set. For DNS_AUTO:
 * systemd-resolved when it runs and owns /etc/resolv.conf, else resolvconf. An error when there is
 * neither, when what was asked for is not there, or when resolved would not take a server. */
int dns_choose(enum dns_backend wanted, const struct dns_config *config, enum dns_backend *ret,
	       struct diag *d);

/* Whether DNS_AUTO would find a way, for root, whose PATH another user may not have. */
bool dns_can_be_set(void);

/* Either all is set or, on an error, nothing. *ret_status, which may be NULL: the exit status of
 * resolvconf, where it is the reason; else 0. */
int dns_set(enum dns_backend backend, const struct dns_config *config, int *ret_status,
	    struct diag *d);

/* Takes back what was set, by us or by wg-quick. DNS_AUTO: with every backend that is there. What
 * is not set is no error. */
int dns_unset(enum dns_backend backend, const struct dns_config *config, int *ret_status,
	      struct diag *d);

/* What wg-quick puts before the interface's name for resolvconf: "tun." with Debian's resolvconf
 * package, else nothing. */
int dns_resolvconf_prefix(const char *root, struct buf *ret, struct diag *d);

/* Whether resolvconf has an entry of an interface, prefix and name as it was told: by
 * `resolvconf -l` (openresolv) or by the files that Debian's resolvconf keeps. */
bool dns_resolvconf_knows(const char *prefix, const char *ifname);

/* What is set for an interface, by whomever: a name server a line, as ADDRESS, IPV4:PORT or
 * [IPV6]:PORT where it is an address (in one spelling each, so that texts can be compared), and a
 * search domain a line, `~DOMAIN` where it only routes names. Without the `~.` of catch_all.
 * Another program may have written it: buf_printable(). */
struct dns_found {
	bool known; /* false: there is nobody to ask */
	struct buf servers, search;
};

/* DNS_AUTO: of every backend that is there the first that has something. What cannot be found out
 * is no error, only not known; -ENOMEM is one. Does not start systemd-resolved. */
int dns_get(enum dns_backend backend, const char *ifname, struct dns_found *ret, struct diag *d);

/* The text that resolvconf reads. */
void dns_resolvconf_text(const struct dns_config *config, struct buf *ret);

/* Whether /etc/resolv.conf leads to systemd-resolved. */
bool dns_resolved_owns(const char *root);
