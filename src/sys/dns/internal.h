/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dns.c asks of resolvconf and of systemd-resolved; no_resolved.c takes the place of
 * resolved.c in builds without libsystemd. */
#pragma once

#include <stdint.h>

#include "wgq/net/addr.h"
#include "wgq/sys/dns/dns.h"
#include "wgq/sys/dns/outside.h"

/* ADDRESS, IPV4:PORT or [IPV6]:PORT; port 0: the usual one. 0 or -EINVAL. */
int dns_server_parse(const char *text, struct addr *ret, uint16_t *ret_port);

/* root and path as one; malloc()ed. */
char *dns_path_below(const char *root, const char *path);

/* systemd's resolvconf is resolvectl under another name. */
bool dns_resolvconf_is_resolvectl(void);
/* 0, or -ENOENT with the reason added. */
int dns_resolvconf_reach(struct diag *d);
int dns_resolvconf_set(const struct dns_config *config, int *ret_status, struct diag *d);
/* `resolvconf -a`, or `-d`. */
int dns_resolvconf_run(const struct dns_config *config, bool add, int *ret_status, struct diag *d);

/* The text of an entry. -ENOENT: there is none; or -errno: resolvconf cannot tell. */
int dns_resolvconf_entry(const char *name, struct buf *ret_text);

/* All entries, each below the line that openresolv gives it: "# resolv.conf from NAME". */
#define DNS_RESOLVCONF_HEADING "# resolv.conf from "
int dns_resolvconf_list(struct buf *ret_text);

/* Whether it runs, in our network namespace, so that it sees the same links as we. 0, or -errno
 * with the reason added. */
int dns_resolved_reach(struct diag *d);
int dns_resolved_set(const struct dns_config *config, struct diag *d);
int dns_resolved_unset(const char *ifname, struct diag *d);
/* Fills in *ret as dns_get() does; where it cannot, *ret->known stays false. */
void dns_resolved_get(const char *ifname, struct dns_found *ret);

/* The servers of all links, each with its link, and of the host; the search domains of all links
 * but one. False: there is nobody to ask. */
int dns_resolved_list(uint32_t except, struct dns_server_vec *ret_servers, struct buf *ret_search);

/* Reads a resolv.conf(5), which is cut to pieces. */
void dns_text_read(char *text, struct dns_found *ret);

/* ADDRESS, or with a port other than 0 and 53 as dns_server_parse() takes it, and a newline. */
void dns_server_format(const struct addr *addr, uint16_t port, struct buf *ret);
