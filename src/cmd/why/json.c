// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why as JSON.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/base/json.h"
#include "wgq/cmd/why/why.h"

enum { WHY_VERSION = 1 };

static void add_addr(struct json *j, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	json_string(j, key, addr->family ? text : NULL);
}

static void add_prefix(struct json *j, const char *key, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(prefix, text);
	json_string(j, key, text);
}

static const char *outcome_name(enum packet_outcome outcome)
{
	switch (outcome) {
	case PACKET_NOT_REACHED:
		return "not-reached";
	case PACKET_SKIPPED:
		return "skipped";
	case PACKET_DEPENDS:
		return "depends";
	case PACKET_NO_ROUTE:
		return "no-route";
	case PACKET_SUPPRESSED:
		return "suppressed";
	case PACKET_THROWN:
		return "throw";
	case PACKET_PASSED:
		return "passed";
	case PACKET_JUMPED:
		return "goto";
	case PACKET_DECIDED:
		return "decided";
	}
	return NULL;
}

static const char *selector_name(enum packet_selector selector)
{
	switch (selector) {
	case SELECTOR_NONE:
		return NULL;
	case SELECTOR_TO:
		return "to";
	case SELECTOR_FROM:
		return "from";
	case SELECTOR_MARK:
		return "fwmark";
	case SELECTOR_IIF:
		return "iif";
	case SELECTOR_OIF:
		return "oif";
	case SELECTOR_TOS:
		return "tos";
	case SELECTOR_UID:
		return "uidrange";
	case SELECTOR_PROTO:
		return "ipproto";
	case SELECTOR_PORT:
		return "port";
	case SELECTOR_L3MDEV:
		return "l3mdev";
	case SELECTOR_TUNNEL:
		return "tun_id";
	case SELECTOR_UNKNOWN:
		return "unknown";
	}
	return NULL;
}

static const char *fate_name(enum packet_fate fate)
{
	switch (fate) {
	case PACKET_LEAVES:
		return "leaves";
	case PACKET_STAYS:
		return "stays";
	case PACKET_LOST:
		return "no-route";
	case PACKET_UNREACHABLE:
		return "unreachable";
	case PACKET_PROHIBITED:
		return "prohibited";
	case PACKET_BLACKHOLED:
		return "blackhole";
	}
	return NULL;
}

static const char *end_name(const struct way *way)
{
	switch (way->end) {
	case WAY_LEAVES:
		return "leaves";
	case WAY_STAYS:
		return "stays";
	case WAY_NOT_SENT:
		return fate_name(packet_fate(&way->legs[way->count - 1].way));
	case WAY_NOT_OURS:
		return "source-refused";
	case WAY_NO_PEER:
		return "no-peer";
	case WAY_NO_ENDPOINT:
		return "no-endpoint";
	case WAY_LOOP:
		return "loop";
	case WAY_HIDDEN:
		return "hidden";
	case WAY_TOO_LONG:
		return "too-long";
	}
	return NULL;
}

/* The kernel's words for a packet that is not sent. */
static const char *error_name(int error)
{
	switch (error) {
	case 0:
		return NULL;
	case ENETUNREACH:
		return "ENETUNREACH";
	case EHOSTUNREACH:
		return "EHOSTUNREACH";
	case EACCES:
		return "EACCES";
	default:
		return "EINVAL";
	}
}

static void add_route(struct json *j, const char *key, const struct policy_route *route)
{
	if (route->type == RTN_UNSPEC) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_string(j, "type", policy_type_name(route->type));
	add_prefix(j, "to", &route->to);
	json_unsigned(j, "table", route->table);
	json_unsigned(j, "metric", route->metric);
	json_unsigned_or_null(j, "mtu", route->mtu);
	json_array(j, "hops");
	for (uint32_t i = 0; i < policy_hops_known(route); i++) {
		const struct policy_hop *hop = &route->hops[i];

		json_object(j, NULL);
		json_string(j, "interface", hop->ifname[0] ? hop->ifname : NULL);
		add_addr(j, "via", &hop->via);
		json_bool(j, "dead", hop->dead);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void add_step(struct json *j, const struct packet *packet, const struct packet_step *step)
{
	_cleanup_buf_ struct buf rule = {0}, finding = {0};

	policy_rule_format(step->rule, &rule);
	why_finding(packet, step, &finding);
	json_object(j, NULL);
	json_unsigned(j, "priority", step->rule->priority);
	json_string(j, "rule", buf_text(&rule));
	json_string(j, "outcome", outcome_name(step->outcome));
	json_string(j, "selector", selector_name(step->selector));
	json_string(j, "finding", buf_text(&finding));
	add_route(j, "route", &step->route);
	json_end(j);
	if (buf_status(&rule) < 0 || buf_status(&finding) < 0)
		j->out->failed = true;
}

static void add_kernel(struct json *j, const struct way_leg *leg)
{
	if (!leg->asked) {
		json_null(j, "kernel");
		return;
	}
	json_object(j, "kernel");
	json_bool(j, "agrees", leg->agrees);
	json_string(j, "error", error_name(leg->answer_error));
	add_route(j, "route", &leg->answer);
	json_end(j);
}

static void add_interface(struct json *j, const struct way_leg *leg)
{
	if (!leg->link.index) {
		json_null(j, "interface");
		return;
	}
	json_object(j, "interface");
	json_string(j, "name", leg->link.name);
	json_bool(j, "up", leg->link.up);
	json_bool(j, "wireguard", leg->tunnel.is_wireguard);
	json_unsigned(j, "mtu", leg->link.mtu);
	json_unsigned(j, "path_mtu", leg->mtu);
	json_end(j);
}

static void add_peer(struct json *j, const struct wg_peer *peer, const char *name,
		     const struct prefix *allowed)
{
	_cleanup_buf_ struct buf endpoint = {0};
	char key[KEY_BASE64_LEN + 1];

	if (!peer) {
		json_null(j, "peer");
		return;
	}
	key_to_base64(&peer->public_key, key);
	if (peer->has_endpoint)
		endpoint_format(&peer->endpoint, &endpoint);
	json_object(j, "peer");
	json_string(j, "public_key", key);
	json_string(j, "name", name);
	add_prefix(j, "allowed_ip", allowed);
	json_string(j, "endpoint", peer->has_endpoint ? buf_text(&endpoint) : NULL);
	if (peer->last_handshake)
		json_number(j, "latest_handshake", peer->last_handshake);
	else
		json_null(j, "latest_handshake");
	json_end(j);
	if (buf_status(&endpoint) < 0)
		j->out->failed = true;
}

static void add_tunnel(struct json *j, const struct way_tunnel *tunnel, const char *name)
{
	if (!tunnel->is_wireguard) {
		json_null(j, "wireguard");
		return;
	}
	json_object(j, "wireguard");
	json_bool(j, "hidden", tunnel->hidden);
	add_peer(j, tunnel->peer, name, &tunnel->allowed);
	json_bool(j, "firewall", tunnel->has_firewall);
	json_unsigned_or_null(j, "firewall_mark", tunnel->firewall_mark);
	json_end(j);
}

static void add_leg(struct json *j, const struct why *why, size_t i)
{
	const struct way_leg *leg = &why->way.legs[i];

	json_object(j, NULL);
	add_addr(j, "to", &leg->packet.to);
	add_addr(j, "from", &leg->packet.from);
	json_unsigned(j, "mark", leg->packet.mark);
	json_string(j, "protocol", leg->packet.ip_proto == IPPROTO_UDP ? "udp" : NULL);
	json_unsigned_or_null(j, "source_port", leg->packet.sport);
	json_unsigned_or_null(j, "destination_port", leg->packet.dport);
	json_array(j, "rules");
	vec_each(step, &leg->way)
		add_step(j, &leg->packet, step);
	json_end(j);
	if (leg->pinned)
		json_string(j, "fate", fate_name(PACKET_LEAVES));
	else
		json_string(j, "fate", fate_name(packet_fate(&leg->way)));
	add_kernel(j, leg);
	add_interface(j, leg);
	add_tunnel(j, &leg->tunnel, why->peer_names[i]);
	json_end(j);
}

void why_json(const struct why *why, struct buf *ret_text)
{
	_cleanup_buf_ struct buf sentence = {0};
	const struct way *way = &why->way;
	struct json j = {.out = ret_text};

	why_sentence(why, &sentence);
	json_object(&j, NULL);
	json_unsigned(&j, "version", WHY_VERSION);
	json_string(&j, "name", why->asked);
	json_string(&j, "interface", way->target.ifname[0] ? way->target.ifname : NULL);
	if (way->target.ifname[0])
		json_bool(&j, "through_interface", way_uses_target(way));
	else
		json_null(&j, "through_interface");
	json_string(&j, "end", end_name(way));
	json_string(&j, "answer", buf_text(&sentence));
	json_array(&j, "legs");
	for (size_t i = 0; i < way->count; i++)
		add_leg(&j, why, i);
	json_end(&j);
	json_end(&j);
	buf_char(ret_text, '\n');
	if (buf_status(&sentence) < 0)
		ret_text->failed = true;
}
