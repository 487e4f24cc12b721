/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of rtnetlink that wgq deals in, as plain values. Numbers are the kernel's. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/vec.h"
#include "wgq/net/addr.h"

/* Below it the kernel takes the family off a link, with its addresses and routes (RFC 791, 8200;
 * net/ipv4/devinet.c, inetdev_valid_mtu(); net/ipv6/addrconf.c, addrconf_notify()). */
enum { IPV4_MTU_MIN = 68, IPV6_MTU_MIN = 1280 };

struct link {
	char name[IFNAMSIZ];
	char kind[16];  /* IFLA_INFO_KIND: "wireguard", "tun"; "": a device without one */
	uint32_t index; /* 0: there is no such link */
	uint32_t mtu;
	uint32_t group; /* IFLA_GROUP; 0 unless somebody has set one */
	bool up, multicast;
	bool in_vrf; /* packets out of it and into it go by the VRF's table */
};

/* Who made an address: IFAPROT_* of linux/if_addr.h; Linux 5.18. */
enum {
	ADDR_PROTOCOL_KERNEL_RA = 2, /* from a router's advertisement */
	ADDR_PROTOCOL_KERNEL_LL = 3, /* the fe80:: of the link */
};

/* An address of an interface. */
struct link_addr {
	struct prefix prefix; /* with its host bits: 10.0.0.1/24 */
	uint8_t scope;        /* RT_SCOPE_UNIVERSE, _LINK, ... */
	uint8_t protocol;     /* ADDR_PROTOCOL_..., or another; 0 before Linux 5.18 */
	uint32_t line;        /* of the configuration; 0: not from there */
	uint32_t index;       /* of the link; 0: not observed */
};

/* A route to a prefix through an interface. Its size is a promise, as allowed_ip's. */
struct route {
	struct prefix prefix; /* without host bits */
	uint32_t line;
};
_Static_assert(sizeof(struct route) == 24, "24 bytes a route");

/* include/net/ip6_route.h, IP6_RT_PRIO_USER: the metric of an IPv6 route that asks for none. */
enum { ROUTE_METRIC_IPV6 = 1024 };
/* The window (ip-route(8)) of routes that belong to an interface and do not lead into it. They need
 * none, so it tells whose they are, also after the interface has gone. */
uint32_t route_window(const char *ifname);
bool route_is_window(uint32_t window);

enum route_lead {
	ROUTE_INTO,    /* the interface */
	ROUTE_BARRIER, /* nowhere: unreachable, in the place of routes that are away for a moment */
	ROUTE_THROW,   /* back to the policy rules: past the tunnel */
};

/* What routes have in common that are added and deleted together. */
struct route_group {
	uint32_t table;
	uint32_t metric; /* 0: the kernel's own choice */
	enum route_lead lead;
	bool shared; /* of IPv6: by way of ROUTE_NEIGHBOUR, which is one neighbour for all */
	bool own;    /* not such as wg-quick makes: of protocol ROUTE_PROTOCOL, so surely ours */
};

/* `via fe80::1 dev wg0 onlink`: no such host has to be there. */
extern const struct addr ROUTE_NEIGHBOUR;
/* Of the routes that `ip route add PREFIX dev LINK` does not make. */
enum { ROUTE_PROTOCOL = 118 }; /* net/pin.h has 119 */

/* As the routes of one family have it: some of it is for IPv6 alone, or what the kernel chooses. */
struct route_group route_group_of(const struct route_group *group, uint8_t family);
/* Of barriers in the place of its routes. */
struct route_group route_barrier(const struct route_group *group);
bool route_group_equal(const struct route_group *a, const struct route_group *b);

/* A policy rule of the two forms that wg-quick installs (linux.bash:221-222):
 *	not fwmark T lookup T
 *	lookup main suppress_prefixlength 0
 * `exact` says that it has one of these forms and no other selector, so that it may be ours. */
struct rule {
	uint8_t family;
	bool invert;
	bool exact;
	bool has_fwmark, has_suppress;
	uint8_t protocol; /* RTPROT_KERNEL in ours, RTPROT_UNSPEC in wg-quick's */
	uint32_t fwmark;
	uint32_t table;
	uint32_t suppress_prefixlen;
	uint32_t priority; /* as observed; 0 in a wanted rule: the kernel chooses */
	uint32_t place;    /* as observed: among the family's in the order of evaluation */
};

/* The firewall of a full tunnel. Borrowed arrays. */
struct firewall {
	const char *ifname;
	uint32_t mark;            /* fwmark of the encrypted packets */
	bool ip, ip6;             /* which families have a default route through the tunnel */
	const struct addr *addrs; /* of the interface, both families; those of a family that is */
	size_t addr_count;        /* not filtered are passed over */
};

/* A link, or an address of this host (ListenOn). */
struct listen_on {
	char ifname[IFNAMSIZ]; /* "": an address */
	struct addr addr;
	uint32_t line; /* of the configuration; 0: not from there */
};
struct listen_on_vec {
	VEC(struct listen_on);
};

struct link_vec {
	VEC(struct link);
};
struct link_addr_vec {
	VEC(struct link_addr);
};
struct route_vec {
	VEC(struct route);
};
struct rule_vec {
	VEC(struct rule);
};

/* The unicast routes of one group that lead out of the interface, without those that the kernel
 * made for its addresses. */
struct route_table {
	struct route_group group; /* as route_group_of() has it */
	struct route_vec plain;   /* such as rtnetlink_route_add() and wg-quick make */
	struct route_vec others;  /* any other of the table: a gateway, another protocol; they are
				   * in the group of wg-quick's */
};
struct route_table_vec {
	VEC(struct route_table);
};

/* Whether two rules match and do the same, whatever their priority and protocol. */
bool rule_same(const struct rule *a, const struct rule *b);

bool addrs_have_family(const struct link_addr_vec *addrs, uint8_t family);
/* Whether the kernel has made it, which gives a tun link a link-local address. Before Linux 5.18 it
 * does not say so: where it says so of no address of the link, each such one of a tun link is taken
 * for it. */
bool addr_is_kernels(const struct link_addr *addr, const struct link_addr_vec *of_link,
		     bool is_tun);

/* For _cleanup_(). */
void links_release(struct link_vec *links);
void addrs_release(struct link_addr_vec *addrs);
void routes_release(struct route_vec *routes);
void rules_release(struct rule_vec *rules);
void tables_release(struct route_table_vec *tables);
