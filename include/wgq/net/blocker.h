/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other firewalls of this host that drop what is forwarded for a tunnel. No rule of another table
 * can allow what one of theirs drops. */
#pragma once

#include <net/if.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"

/* BLOCKER(id, stable name, what is wrong, the commands that allow it, with %i for the interface).
 */
#define BLOCKERS(BLOCKER)                                                                          \
	BLOCKER(UFW, "ufw", "ufw drops what is forwarded for the tunnel",                          \
		"ufw route allow in on %i")                                                        \
	BLOCKER(FIREWALLD, "firewalld", "firewalld rejects what is forwarded for the tunnel",      \
		"firewall-cmd --zone=trusted --add-interface=%i")                                  \
	BLOCKER(DOCKER, "docker", "docker's firewall drops what is forwarded for the tunnel",      \
		"iptables -I DOCKER-USER -i %i -j ACCEPT && iptables -I DOCKER-USER -o %i -j "     \
		"ACCEPT")                                                                          \
	BLOCKER(IPTABLES, "iptables",                                                              \
		"the firewall of this host drops what is forwarded for the tunnel over IPv4",      \
		"iptables -I FORWARD -i %i -j ACCEPT && iptables -I FORWARD -o %i -j ACCEPT")      \
	BLOCKER(IP6TABLES, "ip6tables",                                                            \
		"the firewall of this host drops what is forwarded for the tunnel over IPv6",      \
		"ip6tables -I FORWARD -i %i -j ACCEPT && ip6tables -I FORWARD -o %i -j ACCEPT")    \
	BLOCKER(NFT, "nft", "a table of nftables drops what is forwarded for the tunnel",          \
		"nft insert rule FAMILY TABLE CHAIN iifname %i accept, and the same with oifname")

#define BLOCKER_ID(id, ...) BLOCKER_##id,
enum blocker_kind { BLOCKERS(BLOCKER_ID) BLOCKER_KINDS };

/* The chain that drops: "chain FORWARD of table ip filter". */
struct blocker {
	enum blocker_kind kind;
	char where[96]; /* printable */
};
struct blocker_vec {
	VEC(struct blocker);
};

/* "docker's firewall drops what is forwarded for the tunnel" */
const char *blocker_text(enum blocker_kind kind);
void blocker_remedy(enum blocker_kind kind, const char *ifname, struct buf *ret_text);
