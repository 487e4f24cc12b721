// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of a packet, in words.
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "wgq/cmd/why/why.h"

/* Why a rule is not for the packet. */
static void add_reason(const struct packet *packet, const struct packet_step *step, struct buf *out)
{
	bool invert = step->rule->invert;

	switch (step->selector) {
	case SELECTOR_NONE:
		buf_str(out, "it takes none");
		return;
	case SELECTOR_TO:
		buf_str(out, invert ? "it goes there" : "it goes elsewhere");
		return;
	case SELECTOR_FROM:
		if (invert)
			buf_str(out, "it comes from there");
		else if (packet->from.family)
			buf_str(out, "it comes from elsewhere");
		else
			buf_str(out, "its source is not chosen yet");
		return;
	case SELECTOR_MARK:
		if (packet->mark)
			buf_addf(out, "the packet has mark %u", packet->mark);
		else
			buf_str(out, "the packet has no mark");
		return;
	case SELECTOR_IIF:
		buf_str(out, "it is made here");
		return;
	case SELECTOR_OIF:
		buf_str(out, "it is bound to no interface");
		return;
	case SELECTOR_TOS:
		buf_str(out, "its TOS is 0");
		return;
	case SELECTOR_UID:
		buf_addf(out, "its user is %u", packet->uid);
		return;
	case SELECTOR_PROTO:
		buf_addf(out, "its protocol is %u", packet->ip_proto);
		return;
	case SELECTOR_PORT:
		buf_str(out, invert ? "it has such a port" : "it has other ports");
		return;
	case SELECTOR_L3MDEV:
		buf_str(out, "it is of no VRF");
		return;
	case SELECTOR_TUNNEL:
		buf_str(out, "it has no tunnel key");
		return;
	case SELECTOR_UNKNOWN:
		buf_str(out, "it is for something that wgq does not know");
		return;
	}
}

static void add_suppression(const struct packet_step *step, struct buf *out)
{
	const struct policy_rule *rule = step->rule;

	buf_str(out, "refuses ");
	policy_route_format(&step->route, out);
	if (!rule->has_suppress_prefixlen || step->route.to.len > rule->suppress_prefixlen)
		buf_str(out, ", for its group");
}

void why_finding(const struct packet *packet, const struct packet_step *step, struct buf *ret_text)
{
	switch (step->outcome) {
	case PACKET_NOT_REACHED:
		buf_str(ret_text, "not reached");
		return;
	case PACKET_SKIPPED:
		buf_str(ret_text, "skipped: ");
		add_reason(packet, step, ret_text);
		return;
	case PACKET_DEPENDS:
		buf_addf(ret_text, "depends on %s; not taken here",
			 step->selector == SELECTOR_PROTO  ? "the protocol"
			 : step->selector == SELECTOR_PORT ? "the ports"
							   : "something that wgq does not know");
		return;
	case PACKET_NO_ROUTE:
		buf_str(ret_text, step->empty ? "empty" : "no route to it");
		return;
	case PACKET_SUPPRESSED:
		add_suppression(step, ret_text);
		return;
	case PACKET_THROWN:
		policy_route_format(&step->route, ret_text);
		buf_str(ret_text, ": back to the rules");
		return;
	case PACKET_PASSED:
		buf_str(ret_text,
			step->rule->action == FR_ACT_GOTO ? "there is no such rule" : "goes on");
		return;
	case PACKET_JUMPED:
		buf_addf(ret_text, "goes on at %u", step->rule->target);
		return;
	case PACKET_DECIDED:
		if (step->route.type != RTN_UNSPEC)
			policy_route_format(&step->route, ret_text);
		else
			buf_str(ret_text, "decides");
		return;
	}
}

struct why_word why_outcome(enum packet_outcome outcome)
{
	switch (outcome) {
	case PACKET_NOT_REACHED:
		return (struct why_word){"not-reached", STYLE_DIM, NULL};
	case PACKET_SKIPPED:
		return (struct why_word){"skipped", STYLE_DIM, NULL};
	case PACKET_DEPENDS:
		return (struct why_word){"depends", STYLE_YELLOW, NULL};
	case PACKET_NO_ROUTE:
		return (struct why_word){"no-route", STYLE_DIM, NULL};
	case PACKET_SUPPRESSED:
		return (struct why_word){"suppressed", STYLE_YELLOW, NULL};
	case PACKET_THROWN:
		return (struct why_word){"throw", STYLE_YELLOW, NULL};
	case PACKET_PASSED:
		return (struct why_word){"passed", STYLE_DIM, NULL};
	case PACKET_JUMPED:
		return (struct why_word){"goto", STYLE_YELLOW, NULL};
	case PACKET_DECIDED:
		return (struct why_word){"decided", STYLE_GREEN, NULL};
	}
	return (struct why_word){0};
}

struct why_word why_fate(enum packet_fate fate)
{
	switch (fate) {
	case PACKET_LEAVES:
		return (struct why_word){"leaves", STYLE_GREEN, "is sent"};
	case PACKET_STAYS:
		return (struct why_word){"stays", STYLE_GREEN, "stays on this host"};
	case PACKET_LOST:
		return (struct why_word){"no-route", STYLE_RED,
					 "is not sent: no rule leads to a route for it"};
	case PACKET_UNREACHABLE:
		return (struct why_word){"unreachable", STYLE_RED, "is refused as unreachable"};
	case PACKET_PROHIBITED:
		return (struct why_word){"prohibited", STYLE_RED, "is prohibited"};
	case PACKET_BLACKHOLED:
		return (struct why_word){"blackhole", STYLE_RED, "is dropped silently"};
	}
	return (struct why_word){0};
}

struct why_word why_way_end(const struct way *way)
{
	enum packet_fate fate = packet_fate(&way->legs[way->count - 1].way);

	switch (way->end) {
	case WAY_LEAVES:
		return (struct why_word){"leaves", STYLE_GREEN,
					 way->count > 1 ? "leaves, encrypted"
							: "leaves, not through WireGuard"};
	case WAY_STAYS:
		return (struct why_word){"stays", STYLE_GREEN, "stays on this host"};
	case WAY_NOT_SENT:
		return (struct why_word){why_fate(fate).name, STYLE_RED,
					 fate == PACKET_BLACKHOLED ? "dropped" : "not sent"};
	case WAY_NOT_OURS:
		return (struct why_word){"source-refused", STYLE_RED,
					 "not sent: its source is refused"};
	case WAY_NO_PEER:
		return (struct why_word){"no-peer", STYLE_RED, "dropped"};
	case WAY_NO_ENDPOINT:
		return (struct why_word){"no-endpoint", STYLE_RED,
					 "dropped: the peer has no endpoint (EDESTADDRREQ)"};
	case WAY_KILLED:
		return (struct why_word){"kill-switch", STYLE_RED,
					 "rejected by a kill switch (EACCES, or a TCP reset)"};
	case WAY_LOOP:
		return (struct why_word){
			"loop", STYLE_RED,
			"dropped: a loop, the tunnel's packets go into the tunnel (ELOOP)"};
	case WAY_HIDDEN:
		return (struct why_word){"hidden", STYLE_YELLOW, "not followed further"};
	case WAY_TOO_LONG:
		return (struct why_word){"too-long", STYLE_YELLOW,
					 "not followed further: too many tunnels"};
	}
	return (struct why_word){0};
}

struct why_word why_error(int error)
{
	switch (error) {
	case 0:
		return (struct why_word){0};
	case ENETUNREACH:
		return (struct why_word){"ENETUNREACH", STYLE_RED, "no route (ENETUNREACH)"};
	case EHOSTUNREACH:
		return (struct why_word){"EHOSTUNREACH", STYLE_RED, "unreachable (EHOSTUNREACH)"};
	case EACCES:
		return (struct why_word){"EACCES", STYLE_RED, "prohibited (EACCES)"};
	default:
		return (struct why_word){"EINVAL", STYLE_RED, "refused (EINVAL)"};
	}
}
