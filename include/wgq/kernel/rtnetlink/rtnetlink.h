/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, addresses, rules and routes over rtnetlink.
 *
 * In and out go the values of net/spec.h and net/policy.h. run/host looks and changes by this
 * header; run/look and `wgq init` only look, the former also by policy.h.
 *
 *	rtnetlink.c		the socket
 *	link.c, addr.c		links and addresses
 *	rule.c, route.c		rules and routes, read whole; rules are changed here, too
 *	bulk.c, batch.c		any number of routes, added or deleted
 *	kept.c			addresses and routes as the kernel's own messages, to be made again
 *	notices.c		what changes of all these
 *	path.c			the way to an address, and the default route
 *	used.c			the prefixes that this host uses
 *
 * One struct rtnetlink is not shared between threads. It belongs to the network namespace in which
 * it was opened, and the caller stays there: some calls open a socket again. Every request is
 * acknowledged. Objects are created with NLM_F_EXCL: what exists already is an error, never
 * adopted. The messages are those that iproute2 sends for wg-quick (same protocol, scope and
 * flags), so that `ip` shows the same for both; but rules have the protocol "kernel"
 * (plan/steps.h).
 *
 * A kernel without IPv6 (not built in, or ipv6.disable=1) lists no IPv6 objects, and refuses to
 * add addresses and routes with -EOPNOTSUPP and rules with -EAFNOSUPPORT. Where IPv6 is only off
 * for a link (disable_ipv6), addresses and routes are refused with -EACCES. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/net/prefix_set.h"
#include "wgq/net/spec.h"
#include "wgq/net/subnet.h"

struct rtnetlink;

int rtnetlink_open(struct rtnetlink **ret, struct diag *d);
void rtnetlink_free(struct rtnetlink *rt);
void rtnetlink_free_at(struct rtnetlink **rt); /* for _cleanup_() */

/* A link by name. A link that does not exist is no error: ret->index is 0. ret->name is another
 * where the name is an alternative one (ip-link(8), altname). */
int rtnetlink_link_get(struct rtnetlink *rt, const char *name, struct link *ret, struct diag *d);
/* Appends all links. */
int rtnetlink_link_list(struct rtnetlink *rt, struct link_vec *ret, struct diag *d);
/* Creates a link. -EOPNOTSUPP: the kernel does not know the kind; -EEXIST: the name is taken. */
int rtnetlink_link_add(struct rtnetlink *rt, const char *name, const char *kind, struct diag *d);
/* -ENODEV: it is gone already. */
int rtnetlink_link_del(struct rtnetlink *rt, uint32_t index, struct diag *d);
/* Sets, in one message, the flags of change (IFF_UP, IFF_MULTICAST) to what flags says, and the
 * MTU. */
struct rtnetlink_link_change {
	unsigned flags, change;
	uint32_t mtu; /* 0: as it is */
};
int rtnetlink_link_set(struct rtnetlink *rt, uint32_t index, const struct rtnetlink_link_change *to,
		       struct diag *d);

/* Appends the addresses of a link, or of all where index is 0, in the kernel's order, IPv4 before
 * IPv6. */
int rtnetlink_addr_list(struct rtnetlink *rt, uint32_t index, struct link_addr_vec *ret,
			struct diag *d);
/* Like iproute2, it gives 127.0.0.0/8 the scope of the host where a->scope is 0. */
int rtnetlink_addr_add(struct rtnetlink *rt, uint32_t index, const struct link_addr *a,
		       struct diag *d);
/* -EADDRNOTAVAIL: it is gone already. With the first IPv4 address of a subnet the kernel deletes
 * the others, unless net.ipv4.conf.IFACE.promote_secondaries is set. */
int rtnetlink_addr_del(struct rtnetlink *rt, uint32_t index, const struct link_addr *a,
		       struct diag *d);

/* Appends the rules of a family in the order of evaluation. A kernel without the family has none.
 */
int rtnetlink_rule_list(struct rtnetlink *rt, uint8_t family, struct rule_vec *ret, struct diag *d);
/* *ret_priority is what the kernel chose; 0: it did not say. */
int rtnetlink_rule_add(struct rtnetlink *rt, const struct rule *rule, uint32_t *ret_priority,
		       struct diag *d);
/* Deletes the first rule with exactly these selectors, this protocol and, unless it is 0, this
 * priority; no matter what rule->exact says. -ENOENT: none is left. -ENOTUNIQ: the kernel would
 * delete another rule of that priority, because it does not compare all the selectors. */
int rtnetlink_rule_del(struct rtnetlink *rt, const struct rule *rule, struct diag *d);

/* Appends the unicast routes of one table that lead out of a link. The kernel filters; multipath
 * and nexthop-object routes, and those for a TOS or a source, are passed over. */
int rtnetlink_route_list(struct rtnetlink *rt, uint8_t family, uint32_t table, uint32_t oif,
			 struct route_vec *ret, struct diag *d);
/* Lists, into an empty *ret, the unicast routes of both families that lead out of a link, table by
 * table, in one dump a family: not those that the kernel made for its addresses. What
 * rtnetlink_route_list() passes over is passed over here. All that are not plain are appended to
 * *ret_kept, with what is passed over, but for routes that have several hops, expire, or are a
 * nexthop object's. */
int rtnetlink_table_list(struct rtnetlink *rt, uint32_t oif, struct route_table_vec *ret,
			 struct buf *ret_kept, struct diag *d);

/* Lists, into empty vectors, what belongs to an interface and is not on its link, by the window:
 * the barriers, and the routes that throw. */
int rtnetlink_unlinked_list(struct rtnetlink *rt, uint32_t window,
			    struct route_table_vec *ret_barriers,
			    struct route_table_vec *ret_throws, struct diag *d);

/* Addresses and routes as the kernel's own messages: with every attribute, and in an order in which
 * they can be made again. Appends the addresses of a link, but for those that the kernel gives it.
 */
int rtnetlink_kept_addrs(struct rtnetlink *rt, uint32_t index, struct buf *ret, struct diag *d);
/* Makes them again, on this link or another; what is there already stays as it is. All are tried,
 * and the error is that of the first that was refused. */
int rtnetlink_kept_restore(struct rtnetlink *rt, uint32_t index, const struct buf *kept,
			   struct diag *d);
/* Whether a table holds any route but barriers, and what wgq's own throw; stops at the first. */
int rtnetlink_table_used(struct rtnetlink *rt, uint8_t family, uint32_t table, bool *ret,
			 struct diag *d);
/* Whether it holds any at all. */
int rtnetlink_table_empty(struct rtnetlink *rt, uint8_t family, uint32_t table, bool *ret,
			  struct diag *d);

/* Appends the prefixes that addresses and routes of this host hold, whatever the link and table, as
 * far as subnet_matters(). All routes are read, but only these are kept. */
int rtnetlink_used_list(struct rtnetlink *rt, struct prefix_vec *ret, struct diag *d);

/* Adds the networks that links other than this one have in table main, and sorts. Of tunnels only
 * those of their addresses; no default route, nor one by a gateway that comes behind a tunnel's. */
int rtnetlink_others_list(struct rtnetlink *rt, uint32_t index, const struct link_vec *tunnels,
			  struct prefix_set *ret, struct diag *d);
/* The same of the networks asked about, where the route of a daemon counts only if it is the one
 * that is used; the whole table is not read. */
int rtnetlink_others_among(struct rtnetlink *rt, uint32_t index, const struct link_vec *tunnels,
			   const struct prefix_set *asked, struct prefix_set *ret, struct diag *d);

/* Routes of one group. */
struct rtnetlink_routes {
	const struct route *at;
	size_t count;
	struct route_group group;
	uint32_t oif;    /* of those that lead into it */
	uint32_t window; /* of the others: route_window() */
	bool put_back;   /* were there before: others' to the same prefixes do not keep them out */
	/* What was done before a failure stays: for a link that is deleted then, which takes the
	 * kernel a tenth of the time. */
	bool leaves;
	/* Called now and then while many routes are added, with how many of all are there; false
	 * stops it. Not always in the thread that adds them, but never in two at once. NULL: nobody
	 * watches. */
	bool (*watch)(void *context, size_t done, size_t total);
	void *watch_context;
};
/* Adds routes, all or none, in batches whose answers always fit the receive buffer; those of a
 * family in the order given, IPv4 and IPv6 side by side over two sockets where there are many of
 * both. On failure none is left behind, unless
 * routes->leaves; *ret_refused is the place of the first one that the kernel
 * refused, and the error names it; -EINTR, with their count in *ret_refused: the watcher has
 * stopped it. */
int rtnetlink_route_add(struct rtnetlink *rt, const struct rtnetlink_routes *routes,
			size_t *ret_refused, struct diag *d);
/* Deletes routes, all or none, where they are such as rtnetlink_route_add() makes: a route to the
 * same prefix with another protocol stays. Routes that are gone already are no error. On failure
 * what was deleted is added again, unless routes->leaves. */
int rtnetlink_route_del(struct rtnetlink *rt, const struct rtnetlink_routes *routes,
			struct diag *d);
/* All next hop objects, then all routes out of a link, IPv4 first. *ret_interrupted: something
 * changed meanwhile, so that some of it may have been given twice, or not at all. */
struct policy_nexthop;
struct policy_route;
int rtnetlink_routes_of(struct rtnetlink *rt, uint32_t oif,
			int (*take_nexthop)(const struct policy_nexthop *nexthop, void *into),
			int (*take_route)(const struct policy_route *route, void *into), void *into,
			bool *ret_interrupted, struct diag *d);

/* The way of packets with a mark (0: without) to an address, as the policy of now routes them: what
 * `ip route get ADDRESS mark MARK` shows. */
struct rtnetlink_path {
	struct link link; /* index 0: there is no route, which is no error */
	uint32_t mtu;     /* of the route, locked or not, else of its link; 0: there is no route */
};
/* What *path holds of a link from an earlier call is believed, so that to ask for many ways is
 * quick: zero it before the first. */
int rtnetlink_path_get(struct rtnetlink *rt, const struct addr *to, uint32_t mark,
		       struct rtnetlink_path *path, struct diag *d);
/* The way of the first IPv4 default route of the main table, as `ip route show default` lists them;
 * its MTU is 0 where there is none, or where it has several next hops and no MTU. Those out of the
 * link own come after all others. */
int rtnetlink_default_get(struct rtnetlink *rt, uint32_t own, struct rtnetlink_path *ret,
			  struct diag *d);
