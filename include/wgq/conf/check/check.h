/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is legal in a configuration, but wrong.
 *
 * In come a configuration without errors, its text, and facts about the host; out go findings,
 * each with its place, what is wrong and what to do. cmd/check.c calls check_conf(), and cmd/up.c
 * the part of it that looks at other interfaces. run/look/facts.c collects the facts: this room is
 * pure. A fact that is not known never makes a finding.
 *
 *	check.c				the table of the checks, and how they run
 *	network.c, peers.c, routes.c	checks of the interface, the peers, the routes
 *	commands.c, pairs.c		checks of the hooks, and which of them undo which
 *	own.c				checks of wgq's own keys
 *	others.c			checks beside other interfaces
 *	found.c				a finding, and its place in the file */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/base/mem.h"
#include "wgq/conf/conf.h"
#include "wgq/net/blocker.h"
#include "wgq/net/key.h"
#include "wgq/net/prefix_set.h"
#include "wgq/net/spec.h"
#include "wgq/net/wg.h"

/* Another interface of the host: one that is there, or one that another file is for. */
struct check_other {
	char ifname[IFNAMSIZ];
	const char *path; /* of the file, borrowed; NULL: the interface is there */
	bool full_ip, full_ip6;
	bool kill_switch;
	struct key public_key; /* zero: it has none, or it is not known */
	uint16_t port;         /* 0: likewise */
	struct link_addr_vec addresses;
};
struct check_other_vec {
	VEC(struct check_other);
};
/* ret has to be zeroed. 0 or -ENOMEM. */
int check_other_of(const struct conf *conf, struct check_other *ret);
/* Whether the allowed IPs hold all of a family, as one prefix or as two halves. */
bool check_peers_are_full(const struct wg_peer_vec *peers, uint8_t family);
void check_others_release(struct check_other_vec *others);

/* What others may do with a file. */
struct check_trust {
	bool readable; /* every user can read it */
	/* What they can write to, the file or a folder on the way; by whom, and the command that
	 * ends it, but for its last argument. NULL: they cannot, or it is not known. */
	const char *writable, *writable_by, *writable_remedy;
};

/* The host, as far as it is known; zeroed: not at all. */
struct check_facts {
	const struct check_trust *trust;       /* of each of conf's files; NULL: not known */
	bool (*has_program)(const char *name); /* in PATH, or at this path; NULL: not known */
	/* Of the host; NULL: not known. */
	bool (*has_link)(const char *name);
	bool (*has_address)(const struct addr *addr);
	uint32_t path_mtu;   /* the least on the ways to endpoints that are numbers; 0: not known */
	long neighbours;     /* net.ipv6.neigh.default.gc_thresh3; 0: not known */
	bool lacks_dns_tool; /* it has no way to set name servers */
	bool ipv6_off;       /* absent or disabled, so that nothing leaks by it */
	struct check_other_vec others; /* but those with the interface's own name */
	struct blocker_vec blockers;   /* firewalls that drop what is forwarded */
	struct prefix_set networks;    /* that other interfaces are in or lead to, sorted */
};

/* Checks a configuration that conf_parse_files() has read from the n bytes at text, without an
 * error.
 *
 * Each finding is an item of d with its place, the reason as message, what to do as hint, and a
 * name that stays the same, which the manual lists. DIAG_WARNING is for what will not do what its
 * writer meant, DIAG_NOTE for what may be meant. Of one kind CHECK_SHOWN_MAX are added at most,
 * then one that counts the others. All of d, which may hold the parser's warnings, is put in order
 * of lines.
 *
 * Takes n log n for n allowed IPs. 0 or -ENOMEM. */
enum { CHECK_SHOWN_MAX = 20 };
int check_conf(const struct conf *conf, const char *text, size_t n, const struct check_facts *facts,
	       struct diag *d);

/* Only what concerns others: interfaces, and firewalls. Without the text places are lines as a
 * whole.
 */
int check_conf_others(const struct conf *conf, const struct check_facts *facts, struct diag *d);

#define _cleanup_check_others_ _cleanup_(check_others_release)
