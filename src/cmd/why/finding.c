// SPDX-License-Identifier: GPL-2.0-or-later
// What came of a policy rule, in words.
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "wgq/cmd/why/why.h"

static void add_mark(const struct packet *packet, struct buf *out)
{
	if (packet->mark)
		buf_addf(out, "the packet has mark %u", packet->mark);
	else
		buf_str(out, "the packet has no mark");
}

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
		add_mark(packet, out);
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

static const char *depends_on(enum packet_selector selector)
{
	if (selector == SELECTOR_PROTO)
		return "the protocol";
	return selector == SELECTOR_PORT ? "the ports" : "something that wgq does not know";
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
		buf_addf(ret_text, "depends on %s; not taken here", depends_on(step->selector));
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
