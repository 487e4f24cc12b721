// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why as JSON.
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/base/json.h"
#include "wgq/cmd/value.h"
#include "wgq/cmd/why/why.h"

enum { WHY_VERSION = 1 };

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

static void add_route(struct json *j, const char *key, const struct policy_route *route)
{
	if (route->type == RTN_UNSPEC) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_string(j, "type", policy_type_name(route->type));
	value_json_prefix(j, "to", &route->to);
	json_unsigned(j, "table", route->table);
	json_unsigned(j, "metric", route->metric);
	json_unsigned_or_null(j, "mtu", route->mtu);
	json_array(j, "hops");
	for (uint32_t i = 0; i < policy_hops_known(route); i++) {
		const struct policy_hop *hop = &route->hops[i];

		json_object(j, NULL);
		json_string(j, "interface", hop->ifname[0] ? hop->ifname : NULL);
		value_json_addr(j, "via", &hop->via);
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
	json_string(j, "outcome", why_outcome(step->outcome).name);
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
	json_string(j, "error", why_error(leg->answer_error).name);
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
	if (!peer) {
		json_null(j, "peer");
		return;
	}
	json_object(j, "peer");
	value_json_key(j, "public_key", &peer->public_key);
	json_string(j, "name", name);
	value_json_prefix(j, "allowed_ip", allowed);
	value_json_endpoint(j, "endpoint", peer->has_endpoint ? &peer->endpoint : NULL);
	json_unsigned_or_null(j, "latest_handshake", (uint64_t)peer->last_handshake);
	json_end(j);
}

static void add_tunnel(struct json *j, const struct why *why, size_t i)
{
	const struct way_tunnel *tunnel = &why->way.legs[i].tunnel;

	if (!tunnel->is_wireguard) {
		json_null(j, "wireguard");
		return;
	}
	json_object(j, "wireguard");
	json_bool(j, "hidden", tunnel->hidden);
	add_peer(j, tunnel->peer, why->peer_names[i], &tunnel->allowed);
	json_bool(j, "firewall", tunnel->has_firewall);
	json_unsigned_or_null(j, "firewall_mark", tunnel->firewall_mark);
	value_json_walls(j, &tunnel->walls);
	json_bool(j, "drops_answers", way_drops_answers(&why->way, i));
	json_end(j);
}

static void add_leg(struct json *j, const struct why *why, size_t i)
{
	const struct way_leg *leg = &why->way.legs[i];

	json_object(j, NULL);
	value_json_addr(j, "to", &leg->packet.to);
	value_json_addr(j, "from", &leg->packet.from);
	json_unsigned(j, "mark", leg->packet.mark);
	json_string(j, "protocol", leg->packet.ip_proto == IPPROTO_UDP ? "udp" : NULL);
	json_unsigned_or_null(j, "source_port", leg->packet.sport);
	json_unsigned_or_null(j, "destination_port", leg->packet.dport);
	json_array(j, "rules");
	vec_each(step, &leg->way)
		add_step(j, &leg->packet, step);
	json_end(j);
	json_string(j, "fate", why_fate(leg->pinned ? PACKET_LEAVES : packet_fate(&leg->way)).name);
	add_kernel(j, leg);
	add_interface(j, leg);
	add_tunnel(j, why, i);
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
	json_string(&j, "end", why_way_end(way).name);
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
