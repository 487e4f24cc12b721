// SPDX-License-Identifier: GPL-2.0-or-later
// Priorities for a full tunnel's rules.
#include "wgq/plan/rule_place.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/plan/rules.h"

enum {
	MAIN_PRIORITY = 32766, /* of the rule for the table main, as the kernel makes it */
	NAMED_MAX = 4,
};

/* The first two of a family; NULL: there are not so many. */
static void first_two(const struct snap *snap, uint8_t family, const struct host_rule *ret[2])
{
	size_t found = 0;

	ret[0] = ret[1] = NULL;
	vec_each(known, &snap->rules)
		if (known->rule.family == family && found < 2)
			ret[found++] = known;
}

/* Where the rule for what is addressed to this host is not the first, as with Cilium or VRFs, ours
 * come behind it. */
static const struct host_rule *late_local(const struct snap *snap, uint8_t family)
{
	const struct host_rule *first[2];

	first_two(snap, family, first);
	vec_each(known, &snap->rules)
		if (known->rule.family == family && known->rule.table == RT_TABLE_LOCAL &&
		    policy_rule_is_for_all(&known->rule))
			return known == first[0] ? NULL : known;
	return NULL;
}

/* What the kernel chooses for the tunnel's rule is one less than the second rule, and for the
 * suppress rule, which finds the other in second place then, two less. */
static bool default_is_right(const struct snap *snap, uint8_t family)
{
	const struct host_rule *first[2];

	first_two(snap, family, first);
	return !late_local(snap, family) && first[1] && first[1]->rule.priority > 2 &&
	       first[0]->rule.priority < first[1]->rule.priority && !first[0]->ends;
}

static bool is_of_another_tunnel(const struct snap *snap, const struct host_rule *known)
{
	vec_each(tunnel, &snap->tunnel_rules)
		if (tunnel->rule.family == known->rule.family && tunnel->rule.place == known->place)
			return !rules_is_own(tunnel, snap);
	return false;
}

/* The numbers between two rules. *single is one further up that is free, but alone; 0: none. */
static bool fits_between(uint32_t before, uint32_t behind, uint32_t *single, struct rule_place *ret)
{
	if (behind <= before + 1)
		return false;
	ret->tunnel = behind - 1;
	ret->suppress = ret->tunnel > before + 1 ? ret->tunnel - 1 : *single;
	*single = ret->tunnel;
	return ret->suppress;
}

/* In the first gap with room, at its end: the next tunnel fits before this one. */
static bool find_gap(const struct snap *snap, uint8_t family, bool before_tunnels,
		     struct rule_place *ret)
{
	uint32_t before = 0, single = 0;
	const struct host_rule *local = late_local(snap, family);

	vec_each(known, &snap->rules) {
		if (known->rule.family != family)
			continue;
		if (local && known->place <= local->place) {
			before = known->rule.priority;
			continue;
		}
		if (fits_between(before, known->rule.priority, &single, ret))
			return true;
		if (known->ends || (before_tunnels && is_of_another_tunnel(snap, known)))
			return false;
		before = known->rule.priority;
	}
	return fits_between(before, MAIN_PRIORITY, &single, ret);
}

static int no_room(const struct snap *snap, uint8_t family, struct diag *d)
{
	_cleanup_buf_ struct buf in_the_way = {0};
	size_t count = 0;

	vec_each(known, &snap->rules) {
		if (known->rule.family != family || known->rule.priority == 0)
			continue;
		if (count++ < NAMED_MAX) {
			buf_addf(&in_the_way, "%s%u: ", count > 1 ? "; " : "",
				 known->rule.priority);
			policy_rule_format(&known->rule, &in_the_way);
		}
		if (known->ends)
			break;
	}
	diag_refuse(d, ENOSPC, "there is no room for the two %s rules of a full tunnel",
		    family == AF_INET6 ? "IPv6" : "IPv4");
	diag_note(d, "in the way: %s%s", buf_text(&in_the_way), count > NAMED_MAX ? "; ..." : "");
	diag_hint(d, "give these rules higher priorities: `ip rule' shows them all");
	return -ENOSPC;
}

static int find_place(const struct snap *snap, uint8_t family, struct rule_place *ret,
		      struct diag *d)
{
	if (default_is_right(snap, family) || find_gap(snap, family, true, ret))
		return 0;
	if (!find_gap(snap, family, false, ret))
		return no_room(snap, family, d);
	diag_warn(d,
		  "the %s rules come after those of another full tunnel, which gets the packets "
		  "until it is down",
		  family == AF_INET6 ? "IPv6" : "IPv4");
	return 0;
}

int rule_places_find(const struct snap *snap, bool ip, bool ip6, struct rule_places *ret,
		     struct diag *d)
{
	*ret = (struct rule_places){0};
	if (ip || ip6)
		snap_needs(snap, LOOK_RULES);
	int r = ip6 ? find_place(snap, AF_INET6, &ret->ip6, d) : 0;

	return r == 0 && ip ? find_place(snap, AF_INET, &ret->ip, d) : r;
}

bool rule_place_has_room_before(const struct snap *snap, const struct rule *tunnel)
{
	const struct host_rule *first[2];

	first_two(snap, tunnel->family, first);
	return first[1] && first[1]->rule.priority > 1 && first[1]->place <= tunnel->place;
}

const struct host_rule *rule_place_blocker(const struct snap *snap, const struct rule *rule)
{
	return vec_find(known, &snap->rules,
			known->rule.family == rule->family && known->ends &&
				known->place < rule->place);
}
