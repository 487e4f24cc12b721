/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this host does what hosts do in different ways. Found out before anything is changed, so that
 * what cannot be done at all is refused while there is nothing to undo. */
#pragma once

#include <stdbool.h>

enum means_dns { MEANS_DNS_NONE, MEANS_DNS_RESOLVCONF, MEANS_DNS_RESOLVED };
enum means_firewall { MEANS_FIREWALL_NONE, MEANS_FIREWALL_NFT, MEANS_FIREWALL_IPTABLES };

struct means {
	enum means_dns dns;
	enum means_firewall firewall;
	char resolvconf_prefix[32]; /* "tun." or "" */
	const char *userspace;      /* program for where the kernel has no WireGuard; NULL: none */
	bool userspace_forced;      /* it is started even where the kernel has */
	const char *former;         /* the same for what --replace takes down; NULL: the kernel */
};
