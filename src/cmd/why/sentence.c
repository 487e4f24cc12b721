// SPDX-License-Identifier: GPL-2.0-or-later
// The one sentence at the end of wgq why.
#include <string.h>

#include "wgq/cmd/value.h"
#include "wgq/cmd/why/why.h"

static void add_name(const char *name, struct buf *out)
{
	buf_printable(out, name, strlen(name));
}

static void add_peer(const struct why *why, size_t i, struct buf *out)
{
	buf_str(out, "peer ");
	value_peer(why->peer_names[i], &why->way.legs[i].tunnel.peer->public_key, out);
}

/* What decided a leg's way: " by rule 32765 and table 51820". */
static void add_decision(const struct way_leg *leg, struct buf *out)
{
	const struct policy_route *route = packet_route(&leg->way);
	char table[POLICY_TABLE_TEXT_MAX];

	if (leg->way.decided >= leg->way.len)
		return;
	buf_addf(out, " by rule %u", leg->way.at[leg->way.decided].rule->priority);
	if (!route)
		return;
	policy_table_format(route->table, table);
	buf_addf(out, " and table %s", table);
	if (packet_fate(&leg->way) == PACKET_LEAVES)
		return;
	buf_str(out, ": ");
	policy_route_format(route, out);
}

/* The leg goes into its tunnel, of which more is said. */
static void add_entering(const struct way_leg *leg, const char *more, struct buf *out)
{
	buf_str(out, "goes into ");
	add_name(leg->link.name, out);
	buf_str(out, more);
}

/* How the last leg ends, of which the subject was named. */
static void add_end(const struct why *why, struct buf *out)
{
	const struct way *way = &why->way;
	const struct way_leg *leg = &way->legs[way->count - 1];

	switch (way->end) {
	case WAY_LEAVES:
		buf_str(out, "leaves through ");
		add_name(leg->hop.ifname[0] ? leg->hop.ifname : leg->link.name, out);
		if (way->count == 1) {
			buf_str(out, ", not through WireGuard,");
			add_decision(leg, out);
		}
		break;
	case WAY_STAYS:
		buf_str(out, "never leaves: it is an address of this host");
		break;
	case WAY_NOT_SENT:
		buf_str(out, why_fate(packet_fate(&leg->way)).text);
		add_decision(leg, out);
		break;
	case WAY_NOT_OURS:
		buf_str(out, "cannot be sent from ");
		addr_add(&leg->packet.from, out);
		buf_str(out, leg->from_elsewhere ? ", which is no address of this host"
						 : ", which is for this host alone");
		break;
	case WAY_NO_PEER:
		add_entering(leg, ", which drops it: no peer has it in its AllowedIPs", out);
		break;
	case WAY_NO_ENDPOINT:
		add_entering(leg, ", which drops it: of ", out);
		add_peer(why, way->count - 1, out);
		buf_str(out, " no endpoint is known until it is heard of");
		break;
	case WAY_KILLED:
		buf_str(out, "is rejected where it would leave through ");
		add_name(leg->link.name, out);
		add_decision(leg, out);
		buf_str(out, ": KillSwitch of ");
		add_name(way->killed_by, out);
		buf_str(out, " is on, and it does not go through that interface");
		break;
	case WAY_LOOP:
		buf_str(out, "would go into ");
		add_name(leg->link.name, out);
		buf_str(out, " again, a loop,");
		add_decision(leg, out);
		break;
	case WAY_HIDDEN:
		add_entering(leg, ", whose peers only root may see,", out);
		add_decision(leg, out);
		break;
	case WAY_TOO_LONG:
		add_entering(leg, ", a tunnel in a tunnel too many to follow", out);
		break;
	}
}

/* Through its tunnels. */
static void add_way(const struct why *why, struct buf *out)
{
	const struct way *way = &why->way;

	for (size_t i = 0; i + 1 < way->count; i++) {
		const struct way_leg *leg = &way->legs[i];

		buf_str(out, i ? "; encrypted, it goes through " : "goes through ");
		add_name(leg->link.name, out);
		buf_str(out, " to ");
		add_peer(why, i, out);
		if (i == 0)
			add_decision(leg, out);
	}
	if (way->count > 1)
		buf_str(out, way->end == WAY_LEAVES ? "; encrypted, it " : "; but encrypted, it ");
	add_end(why, out);
}

/* Why the packet does not come to the link that was asked about, though a rule leads there. */
static void add_step_in_the_way(const struct way *way, const struct packet_step *step,
				struct buf *out)
{
	const struct way_leg *leg = &way->legs[0];
	uint32_t priority = step->rule->priority;

	switch (step->outcome) {
	case PACKET_NOT_REACHED:
		if (leg->way.decided < (size_t)(step - leg->way.at))
			buf_addf(out, "rule %u decides before rule %u, which leads there",
				 leg->way.at[leg->way.decided].rule->priority, priority);
		else
			buf_addf(out, "rule %u, which leads there, is jumped over", priority);
		break;
	case PACKET_SKIPPED:
	case PACKET_DEPENDS:
		buf_addf(out, "rule %u, which leads there, is ", priority);
		if (step->outcome == PACKET_DEPENDS)
			buf_str(out, "not for every packet: it ");
		why_finding(&leg->packet, step, out);
		break;
	case PACKET_SUPPRESSED:
		buf_addf(out, "rule %u finds the way there, but refuses it", priority);
		break;
	case PACKET_DECIDED:
		buf_str(out, "of the ways of its route another was taken");
		break;
	case PACKET_NO_ROUTE:
	case PACKET_THROWN:
	case PACKET_PASSED:
	case PACKET_JUMPED:
		buf_str(out, "no rule leads to a route there");
		break;
	}
}

/* Whether to be in a table would be enough. */
static void add_allowed(const struct way_tunnel *tunnel, struct buf *out)
{
	if (!tunnel->is_wireguard || tunnel->hidden)
		return;
	if (!tunnel->peer) {
		buf_str(out, ", and none of its peers has the address in its AllowedIPs");
		return;
	}
	buf_str(out, ", though peer ");
	key_add(&tunnel->peer->public_key, out);
	buf_str(out, " has ");
	prefix_add(&tunnel->allowed, out);
	buf_str(out, " in its AllowedIPs");
}

static void add_obstacle(const struct way *way, struct buf *out)
{
	const struct way_target *target = &way->target;

	if (!target->link.up) {
		buf_str(out, "it is down");
	} else if (target->step) {
		add_step_in_the_way(way, target->step, out);
	} else {
		buf_str(out, "no rule leads to a table whose best route to it goes there");
		add_allowed(&target->tunnel, out);
	}
}

void why_sentence(const struct why *why, struct buf *ret_text)
{
	const struct way *way = &why->way;

	addr_add(&way->legs[0].packet.to, ret_text);
	buf_char(ret_text, ' ');
	if (way->target.ifname[0] && !way_uses_target(way)) {
		buf_str(ret_text, "does not go through ");
		add_name(way->target.ifname, ret_text);
		if (way->end != WAY_STAYS && way->end != WAY_NOT_OURS) {
			buf_str(ret_text, ": ");
			add_obstacle(way, ret_text);
		}
		buf_str(ret_text, ". It ");
	}
	add_way(why, ret_text);
	buf_char(ret_text, '.');
}
