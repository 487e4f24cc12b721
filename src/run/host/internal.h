/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of the real world share: exec.c, firewall.c and rules.c act, observe*.c look.
 */
#pragma once

#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/run/host/host.h"
#include "wgq/run/host/lock.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/process/iptables.h"

struct host {
	struct world world;
	struct host_options options;
	struct rtnetlink *rtnetlink;
	struct means means;
	struct link link;               /* as last seen */
	uint32_t own;                   /* index of the link that we made or bound; 0: none */
	enum device_server server;      /* of that link */
	bool has_iptables_rules;        /* there may be some of this interface */
	char former_ifname[IFNAMSIZ];   /* by which its nftables table is called; "": as it is */
	struct iptables_found iptables; /* they, as last seen */
	struct rule_vec added;          /* our rules, with the priorities that they got */
	int lock_fd;                    /* -1: not held */
	bool lockless;                  /* the lock is not available here, and a warning said so */
	bool leaves_routes;             /* behind a failure: the link goes with them */
	bool stopped_before;            /* by a signal, when the step under way began */
};

/* -ESTALE, for a link that has the name of the one that was made or bound. */
int host_is_another(const struct host *h, struct diag *d);
/* Looks the interface up; what was known stays when that fails. */
int host_refresh_link(struct host *h, const char *ifname, struct diag *d);

/* Gives the lock away while other programs run, and takes it again, if it was held. What was seen
 * before may be otherwise afterwards. */
bool host_leave(struct host *h);
void host_return(struct host *h, bool held);

int host_exec(void *self, const struct op *op, int *ret_status, struct diag *d);
int host_lock(void *self, struct diag *d);
int host_observe(void *self, const struct observe_query *query, struct snap *ret, struct diag *d);
/* The kernel gives a tun device a link-local address when it comes up, and its own WireGuard when
 * the MTU has been too small for IPv6, and wg-quick filters every address that the interface has by
 * then (linux.bash:231-234): adds it to the firewall's, which then borrows from *ret_addrs. */
int host_firewall_whole(struct host *h, struct firewall *firewall, struct addr_vec *ret_addrs,
			struct diag *d);
int host_rule_add(struct host *h, const struct rule *rule, struct diag *d);
/* Of rules that are the same but for their priority, that one goes which we have added. */
int host_rule_del(struct host *h, const struct rule *rule, struct diag *d);
int host_sysctl_set(struct host *h, const struct op *op, struct diag *d);
int host_firewall_set(struct host *h, const struct firewall *firewall, struct diag *d);
int host_firewall_remove(struct host *h, struct diag *d);
/* Where they lack the port, with that of the device, which the kernel or the userspace WireGuard
 * has chosen. */
int host_walls_set(struct host *h, const struct walls *walls, struct diag *d);
int host_observe_rules(struct host *h, const struct observe_query *query, struct snap *snap,
		       struct diag *d);
/* The rules of iptables, by programs. */
int host_observe_iptables(struct host *h, struct diag *d);
/* With these as last seen. */
int host_observe_firewall(struct host *h, const struct observe_query *query, struct snap *snap,
			  struct diag *d);
int host_prepare(void *self, const struct conf *conf, enum purpose purpose, struct means *ret,
		 struct diag *d);
