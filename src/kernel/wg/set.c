// SPDX-License-Identifier: GPL-2.0-or-later
// Cuts a device into netlink messages, none of which overflows.
#include "wgq/kernel/wg/set.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <sys/socket.h>

/* Since Linux 6.16; missing in the headers of Debian 12. Not enumerators of the same name, which
 * newer headers have. */
#define ALLOWED_IP_A_FLAGS     4
#define ALLOWED_IP_F_REMOVE_ME 1U

/* The most that one allowed IP takes: its nest with family, IPv6 address, length and flags. */
enum { ALLOWED_IP_ROOM = 4 + 8 + 20 + 8 + 8 };
/* The most that a peer without allowed IPs takes: its nest with both keys, flags, IPv6 endpoint,
 * keepalive and the head of the list. */
enum { PEER_ROOM = 4 + 36 + 36 + 8 + 32 + 8 + 4 };

static bool has_room(const struct nlmsghdr *m, size_t want)
{
	return m->nlmsg_len + want <= WG_SET_SIZE;
}

static void put_allowed_ip(struct nlmsghdr *m, const struct allowed_ip *ip)
{
	const struct addr *a = &ip->prefix.addr;
	struct nlattr *nest = mnl_attr_nest_start(m, 0);

	mnl_attr_put_u16(m, WGALLOWEDIP_A_FAMILY, a->family);
	mnl_attr_put(m, WGALLOWEDIP_A_IPADDR, addr_bits(a) / 8, a->bytes);
	mnl_attr_put_u8(m, WGALLOWEDIP_A_CIDR_MASK, ip->prefix.len);
	if (ip->remove)
		mnl_attr_put_u32(m, ALLOWED_IP_A_FLAGS, ALLOWED_IP_F_REMOVE_ME);
	mnl_attr_nest_end(m, nest);
}

/* A peer that is absent must stay so in later parts too, hence UPDATE_ONLY in each of them. But
 * REPLACE_ALLOWEDIPS there would drop what the earlier parts brought. */
static uint32_t peer_flags(const struct wg_peer *peer, bool first_part)
{
	uint32_t flags = peer->update_only ? WGPEER_F_UPDATE_ONLY : 0;

	if (peer->remove)
		flags |= WGPEER_F_REMOVE_ME;
	if (peer->replace_allowed_ips && first_part)
		flags |= WGPEER_F_REPLACE_ALLOWEDIPS;
	return flags;
}

static void put_peer_head(struct nlmsghdr *m, const struct wg_peer *peer, bool first_part)
{
	uint32_t flags = peer_flags(peer, first_part);

	mnl_attr_put(m, WGPEER_A_PUBLIC_KEY, KEY_LEN, peer->public_key.bytes);
	if (flags)
		mnl_attr_put_u32(m, WGPEER_A_FLAGS, flags);
	if (!first_part || peer->remove)
		return;
	if (peer->has_preshared_key)
		mnl_attr_put(m, WGPEER_A_PRESHARED_KEY, KEY_LEN, peer->preshared_key.bytes);
	if (peer->has_endpoint && endpoint_size(&peer->endpoint))
		mnl_attr_put(m, WGPEER_A_ENDPOINT, endpoint_size(&peer->endpoint), &peer->endpoint);
	if (peer->has_keepalive)
		mnl_attr_put_u16(m, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer->keepalive);
}

/* As much of the current peer as fits; false: more of it is left. */
static bool put_peer(struct wg_set *set, struct nlmsghdr *m)
{
	const struct wg_peer *peer = &set->device->peers.at[set->peer];
	size_t count = peer->remove ? 0 : peer->allowed_ips.len;
	struct nlattr *nest = mnl_attr_nest_start(m, 0);

	put_peer_head(m, peer, set->allowed_ip == 0);
	if (count) {
		struct nlattr *list = mnl_attr_nest_start(m, WGPEER_A_ALLOWEDIPS);

		while (set->allowed_ip < count && has_room(m, ALLOWED_IP_ROOM))
			put_allowed_ip(m, &peer->allowed_ips.at[set->allowed_ip++]);
		mnl_attr_nest_end(m, list);
	}
	mnl_attr_nest_end(m, nest);
	return set->allowed_ip == count;
}

/* One list a message: of two WGDEVICE_A_PEERS the kernel takes only the last. */
static void put_peers(struct wg_set *set, struct nlmsghdr *m)
{
	struct nlattr *list = mnl_attr_nest_start(m, WGDEVICE_A_PEERS);

	while (set->peer < set->device->peers.len && has_room(m, PEER_ROOM + ALLOWED_IP_ROOM) &&
	       put_peer(set, m)) {
		set->peer++;
		set->allowed_ip = 0;
	}
	mnl_attr_nest_end(m, list);
}

static void put_device(const struct wg_device *device, struct nlmsghdr *m)
{
	if (device->has_private_key)
		mnl_attr_put(m, WGDEVICE_A_PRIVATE_KEY, KEY_LEN, device->private_key.bytes);
	if (device->has_listen_port)
		mnl_attr_put_u16(m, WGDEVICE_A_LISTEN_PORT, device->listen_port);
	if (device->has_fwmark)
		mnl_attr_put_u32(m, WGDEVICE_A_FWMARK, device->fwmark);
	if (device->replace_peers)
		mnl_attr_put_u32(m, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
}

bool wg_set_next(struct wg_set *set, uint16_t family, void *buffer)
{
	if (set->begun && set->peer == set->device->peers.len)
		return false;

	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	m->nlmsg_type = family;
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(m, sizeof(*genl));
	genl->cmd = WG_CMD_SET_DEVICE;
	genl->version = WG_GENL_VERSION;
	mnl_attr_put_strz(m, WGDEVICE_A_IFNAME, set->ifname);
	if (!set->begun)
		put_device(set->device, m);
	set->begun = true;
	if (set->peer < set->device->peers.len)
		put_peers(set, m);
	return true;
}
