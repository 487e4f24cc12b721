// SPDX-License-Identifier: GPL-2.0-or-later
// The whole way of a packet: from leg to leg, into tunnels and out of them.
#include "wgq/run/look/way.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/kernel/nft/nft.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/run/look/device.h"

#include "way_leg.h"

/* The longest allowed IP that has the address (wg_allowedips_lookup_dst()); no two peers have the
 * same one. */
static void find_peer(const struct addr *to, struct way_tunnel *tunnel)
{
	const struct prefix host = {.addr = *to, .len = addr_bits(to)};

	vec_each(peer, &tunnel->device.peers) {
		vec_each(allowed, &peer->allowed_ips) {
			const struct prefix *prefix = &allowed->prefix;

			if (!prefix_covers(prefix, &host) ||
			    (tunnel->peer && prefix->len < tunnel->allowed.len))
				continue;
			tunnel->peer = peer;
			tunnel->allowed = *prefix;
		}
	}
}

/* Who may not see tables sees none. */
static void look_at_firewall(const struct link *link, struct way_tunnel *tunnel)
{
	unsigned found = 0;

	(void)nft_find(link->name, &found, NULL);
	tunnel->has_firewall = found & ~NFT_FOUND_OWN;
	if (tunnel->has_firewall)
		(void)nft_read(link->name, &tunnel->firewall_mark, NULL, NULL);
	if (found & NFT_FOUND_OWN)
		(void)nft_walls_read(link->name, &tunnel->walls, NULL);
}

int way_tunnel_look(const struct link *link, const struct addr *to, struct way_tunnel *ret,
		    struct diag *d)
{
	_cleanup_diag_ struct diag why = {0};
	enum device_server server;
	int r = device_server_of(link, &server, d);

	ret->is_wireguard = server != DEVICE_NONE;
	if (r < 0 || !ret->is_wireguard)
		return r;
	r = device_get(link->name, server, &ret->device, &why);
	ret->hidden = r == -EPERM || r == -EACCES;
	if (r < 0 && !ret->hidden) {
		diag_move(d, &why);
		return r;
	}
	find_peer(to, ret);
	look_at_firewall(link, ret);
	return 0;
}

/* The packet that a tunnel sends to its peer. The kernel sends it as root. */
static struct packet packet_around(const struct way_tunnel *tunnel)
{
	const union endpoint *endpoint = &tunnel->peer->endpoint;

	return (struct packet){
		.to = endpoint_addr(endpoint),
		.mark = tunnel->device.fwmark,
		.ip_proto = IPPROTO_UDP,
		.sport = tunnel->device.listen_port,
		.dport = endpoint_port(endpoint),
	};
}

static bool is_loop(const struct way *way)
{
	const struct way_leg *last = &way->legs[way->count - 1];

	for (size_t i = 0; i + 1 < way->count; i++)
		if (way->legs[i].link.index == last->link.index)
			return true;
	return false;
}

/* The first tunnel whose kill switch rejects the packet of a leg, which leaves by its link. */
static int find_killer(const struct way_leg *leg, char ret_ifname[IFNAMSIZ], struct diag *d)
{
	struct nft_owner_vec owners = {0};
	int r = nft_walls_list(&owners, NULL);

	vec_each(owner, &owners) {
		_cleanup_walls_ struct walls walls = {0};

		if (r < 0 || ret_ifname[0])
			break;
		/* Who may not see tables sees none. */
		(void)nft_walls_read(owner->ifname, &walls, NULL);
		if (!walls_let_out(&walls, leg->link.name, &leg->packet.to, leg->packet.mark))
			memcpy(ret_ifname, owner->ifname, IFNAMSIZ);
	}
	vec_release(&owners);
	return r == -ENOMEM ? diag_no_memory(d) : 0;
}

/* What becomes of the packet at the end of the newest leg; *ret_next: it goes on in a tunnel. */
static int end_leg(struct way *way, bool *ret_next, struct diag *d)
{
	struct way_leg *leg = &way->legs[way->count - 1];
	struct way_tunnel *tunnel = &leg->tunnel;
	enum packet_fate fate = leg->pinned ? PACKET_LEAVES : packet_fate(&leg->way);

	*ret_next = false;
	if (leg->from_refused)
		way->end = WAY_NOT_OURS;
	else if (fate == PACKET_LEAVES)
		way->end = WAY_LEAVES;
	else
		way->end = fate == PACKET_STAYS ? WAY_STAYS : WAY_NOT_SENT;
	if (way->end != WAY_LEAVES || !leg->link.index)
		return 0;
	int r = way_tunnel_look(&leg->link, &leg->packet.to, tunnel, d);
	if (r == 0)
		r = find_killer(leg, way->killed_by, d);
	if (r == 0 && way->killed_by[0])
		way->end = WAY_KILLED;
	if (r < 0 || way->end == WAY_KILLED || !tunnel->is_wireguard)
		return r;
	if (is_loop(way))
		way->end = WAY_LOOP;
	else if (tunnel->hidden)
		way->end = WAY_HIDDEN;
	else if (!tunnel->peer)
		way->end = WAY_NO_PEER;
	else if (!tunnel->peer->has_endpoint)
		way->end = WAY_NO_ENDPOINT;
	else if (way->count == WAY_LEGS_MAX)
		way->end = WAY_TOO_LONG;
	else
		*ret_next = true;
	return 0;
}

static int follow_legs(struct way_tables *tables, struct way *way, struct diag *d)
{
	for (bool next = true; next;) {
		const struct way_tunnel *tunnel =
			way->count ? &way->legs[way->count - 1].tunnel : NULL;
		struct way_leg *leg = &way->legs[way->count++];

		if (tunnel) {
			leg->packet = packet_around(tunnel);
			/* Link-local addresses say which link they are of. */
			leg->hop.oif = endpoint_scope(&tunnel->peer->endpoint);
			leg->pinned = leg->hop.oif != 0;
		}
		int r = way_leg_follow(tables, leg, d);
		if (r == 0)
			r = end_leg(way, &next, d);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What stands between the packet and the target: also the tables of rules that were passed over. */
static int look_for_target(struct way_tables *tables, struct way *way, struct diag *d)
{
	struct way_target *target = &way->target;
	struct way_leg *leg = &way->legs[0];
	int r = rtnetlink_link_get(tables->rtnetlink, target->ifname, &target->link, d);

	if (r == 0 && !target->link.index)
		return diag_refuse(d, ENODEV, "there is no interface `%s'", target->ifname);
	if (r == 0)
		r = way_tunnel_look(&target->link, &leg->packet.to, &target->tunnel, d);
	for (size_t i = 0; i < leg->way.len && r == 0 && !target->step; i++) {
		struct packet_step *step = &leg->way.at[i];

		r = packet_look(&leg->packet, &tables->list, step, d);
		if (policy_route_leaves_by(&step->route, target->link.index))
			target->step = step;
	}
	return r;
}

int way_follow(const struct packet *packet, struct way *ret, struct diag *d)
{
	_cleanup_(way_tables_close) struct way_tables tables = {0};
	int r = way_tables_open(&tables, d);

	ret->legs[0].packet = *packet;
	if (r == 0)
		r = follow_legs(&tables, ret, d);
	if (r == 0 && ret->target.ifname[0])
		r = look_for_target(&tables, ret, d);
	return r;
}

bool way_drops_answers(const struct way *way, size_t i)
{
	const struct way_tunnel *tunnel = &way->legs[i].tunnel;
	const struct way_leg *around = &way->legs[i + 1];

	if (!walls_have(&tunnel->walls, WALL_LISTEN) || i + 1 >= way->count || !around->link.index)
		return false;
	vec_each(wall, &tunnel->walls)
		if (wall->chain == WALL_LISTEN && wall->verdict == WALL_ACCEPT &&
		    (wall->from[0]
			     ? strcmp(wall->from, around->link.name) == 0
			     : addr_compare(&wall->destination.addr, &around->answer.source) == 0))
			return false;
	return true;
}

static void tunnel_release(struct way_tunnel *tunnel)
{
	wg_device_release(&tunnel->device);
	vec_release(&tunnel->walls);
}

void way_release(struct way *way)
{
	for (size_t i = 0; i < way->count; i++) {
		struct way_leg *leg = &way->legs[i];

		policy_rules_release(&leg->rules);
		packet_way_release(&leg->way);
		packet_way_release(&leg->connected_way);
		tunnel_release(&leg->tunnel);
	}
	tunnel_release(&way->target.tunnel);
}

bool way_uses_target(const struct way *way)
{
	for (size_t i = 0; i < way->count; i++)
		if (way->legs[i].link.index && way->legs[i].link.index == way->target.link.index)
			return true;
	return false;
}
