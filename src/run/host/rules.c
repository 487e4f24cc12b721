// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: policy rules, and the kernel setting that goes with them.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/sys/host/rp_filter.h"
#include "wgq/sys/host/sysctl.h"

#include "internal.h"

int host_rule_add(struct host *h, const struct rule *rule, struct diag *d)
{
	struct rule *added = vec_push(&h->added);

	if (!added)
		return diag_no_memory(d);
	*added = *rule;
	added->exact = true;
	int r = rtnetlink_rule_add(h->rtnetlink, rule, &added->priority, d);
	/* One that is put back where it was is deleted by the priority that it had. */
	if (r < 0 || rule->priority)
		h->added.len--;
	return r;
}

int host_rule_del(struct host *h, const struct rule *rule, struct diag *d)
{
	_cleanup_diag_ struct diag said = {0};
	struct rule which = *rule;

	which.exact = true;
	vec_each(added, &h->added)
		if (!rule->priority && rule_same(added, &which))
			which.priority = added->priority;
	int r = rtnetlink_rule_del(h->rtnetlink, &which, &said);

	/* Whoever took the interface down has deleted its rules as well. */
	if (r == -ENOENT && !h->link.index)
		return 0;
	diag_move(d, &said);
	return r;
}

/* Another full tunnel that came up meanwhile has found src_valid_mark set. Its rule is there, as
 * ours still is. */
static bool others_rely_on_mark(struct host *h)
{
	_cleanup_(rules_release) struct rule_vec rules = {0};
	_cleanup_diag_ struct diag unseen = {0};
	size_t tunnels = 0;

	rtnetlink_rule_list(h->rtnetlink, AF_INET, &rules, &unseen);
	vec_each(rule, &rules)
		tunnels += rule->exact && rule->has_fwmark;
	return tunnels > 1;
}

/* In a container /proc/sys may be read-only. src_valid_mark has no effect where no interface
 * filters strictly, so its lack is none; what a plan sets for a moment only, later steps rely on.
 */
int host_sysctl_set(struct host *h, const struct op *op, struct diag *d)
{
	_cleanup_diag_ struct diag failure = {0};
	bool of_mark = strcmp(op->sysctl.name, "net/ipv4/conf/all/src_valid_mark") == 0;

	if (of_mark && !op->sysctl.value && others_rely_on_mark(h))
		return 0;
	int r = sysctl_set(op->sysctl.name, op->sysctl.value, &failure);

	if (r < 0 && of_mark && !rp_filter_is_strict()) {
		diag_demote(&failure);
		diag_hint(&failure, "no interface filters by reverse path strictly, so the tunnel "
				    "works without");
		r = 0;
	}
	diag_move(d, &failure);
	return r;
}
