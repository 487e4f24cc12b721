/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall of a full tunnel by iptables-restore(8), for kernels without nf_tables: the rules
 * of linux.bash:228-249, each with the comment `wg-quick(8) rule for IFACE`.
 *
 * wg-quick runs `iptables` and `ip6tables`. Where these speak to nf_tables (as Debian's do) and the
 * kernel has none, `iptables-legacy` and `ip6tables-legacy` take their place. */
#pragma once

#include <stdbool.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/net/spec.h"

/* Whether iptables_set() can work for these families: the programs are there, and the kernel has
 * the tables. Changes nothing; 0, or -errno with what is missing added. */
int iptables_check(bool ip, bool ip6, struct diag *d);

/* Adds the rules of both families, or none. */
int iptables_set(const struct firewall *firewall, struct diag *d);

/* Removes every rule that has the interface's comment, whoever has added it. None, and no
 * iptables at all, are no error. */
int iptables_remove(const char *ifname, struct diag *d);

/* All such rules, by what removes them, from each of the programs that keep some. */
enum { IPTABLES_VARIANTS = 4 };
struct iptables_found {
	bool ip, ip6; /* there are some of this family */
	struct buf removal[IPTABLES_VARIANTS];
};
int iptables_find(const char *ifname, struct iptables_found *ret, struct diag *d);
void iptables_found_release(struct iptables_found *found);

/* Whether what was found is exactly the firewall, in any order. Runs no program. */
int iptables_matches(const struct iptables_found *found, const struct firewall *firewall, bool *ret,
		     struct diag *d);

/* What removes the rules that the output of iptables-save lists; empty when there is none of ours.
 */
void iptables_removal_text(const char *saved, const char *ifname, struct buf *ret);
