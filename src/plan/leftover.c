// SPDX-License-Identifier: GPL-2.0-or-later
// What is left of an interface whose link is gone.
#include "wgq/plan/leftover.h"

#include <linux/rtnetlink.h>

#include "wgq/plan/rules.h"
#include "wgq/plan/want/want.h"

static bool has_mark(const struct tunnel_rule *tunnel, const void *context)
{
	const uint32_t *mark = context;

	return tunnel->rule.fwmark == *mark && !tunnel->table_used;
}

/* A number that up or wg-quick chooses (linux.bash:215), in a rule as they make it. */
static bool is_chosen(const struct rule *rule)
{
	return rule->fwmark >= SNAP_FIRST_TABLE &&
	       (rule->protocol == RTPROT_KERNEL || rule->protocol == RTPROT_UNSPEC);
}

/* The one number that all such rules into empty tables name which no device has; 0: there are none,
 * or several. */
static uint32_t only_orphan(const struct snap *snap)
{
	uint32_t mark = 0;

	vec_each(tunnel, &snap->tunnel_rules) {
		if (tunnel->table_used || !is_chosen(&tunnel->rule) ||
		    vec_find(used, &snap->marks, *used == tunnel->rule.fwmark))
			continue;
		if (mark && mark != tunnel->rule.fwmark)
			return 0;
		mark = tunnel->rule.fwmark;
	}
	return mark;
}

int leftover_rules(const struct conf *conf, const struct snap *snap, struct plan *ret,
		   struct diag *d)
{
	uint32_t mark = snap->firewall_mark;

	snap_needs(snap, LOOK_FIREWALL | LOOK_RULES | LOOK_MARKS);
	if (!mark && conf && want_asks_full_tunnel(conf))
		mark = conf->wg.fwmark ? conf->wg.fwmark : only_orphan(snap);
	return mark ? rules_delete(snap, has_mark, &mark, ret, d) : 0;
}
