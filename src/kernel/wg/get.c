// SPDX-License-Identifier: GPL-2.0-or-later
// Puts a device together from netlink messages; checks their lengths.
#include "wgq/kernel/wg/get.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/kernel/netlink/netlink.h"

/* The payload into an object of exactly its size. */
static int get_exact(const struct nlattr *a, void *ret, size_t size)
{
	if (mnl_attr_get_payload_len(a) != size)
		return -EPROTO;
	memcpy(ret, mnl_attr_get_payload(a), size);
	return 0;
}

static int get_endpoint(const struct nlattr *a, union endpoint *ret)
{
	size_t len = mnl_attr_get_payload_len(a);
	union endpoint e = {0};

	if (len > sizeof(e))
		return -EPROTO;
	memcpy(&e, mnl_attr_get_payload(a), len);
	if (!endpoint_size(&e) || endpoint_size(&e) != len)
		return -EPROTO;
	*ret = e;
	return 0;
}

/* The attributes of an allowed IP, which make sense only together. */
struct allowed_ip_attributes {
	const struct nlattr *address;
	uint16_t family;
	uint8_t len;
	bool has_len;
};

static int get_allowed_ip_attribute(const struct nlattr *a, void *data)
{
	struct allowed_ip_attributes *got = data;
	int r = 0;

	switch (mnl_attr_get_type(a)) {
	case WGALLOWEDIP_A_FAMILY:
		r = get_exact(a, &got->family, sizeof(got->family));
		break;
	case WGALLOWEDIP_A_IPADDR:
		got->address = a;
		break;
	case WGALLOWEDIP_A_CIDR_MASK:
		r = get_exact(a, &got->len, sizeof(got->len));
		got->has_len = true;
		break;
	}
	return r;
}

static int get_allowed_ip(const struct nlattr *nest, void *data)
{
	struct wg_peer *peer = data;
	struct allowed_ip_attributes got = {0};
	struct allowed_ip ip = {0};
	int r = netlink_each_nested(nest, get_allowed_ip_attribute, &got);

	if (r < 0)
		return r;
	if ((got.family != AF_INET && got.family != AF_INET6) || !got.address || !got.has_len)
		return -EPROTO;
	ip.prefix.addr.family = (uint8_t)got.family;
	ip.prefix.len = got.len;
	if (ip.prefix.len > addr_bits(&ip.prefix.addr))
		return -EPROTO;
	r = get_exact(got.address, ip.prefix.addr.bytes, addr_bits(&ip.prefix.addr) / 8);
	if (r < 0)
		return r;

	struct allowed_ip *new = vec_push(&peer->allowed_ips);
	if (!new)
		return -ENOMEM;
	*new = ip;
	return 0;
}

static int get_peer_attribute(const struct nlattr *a, void *data)
{
	struct wg_peer *peer = data;
	struct __kernel_timespec seen = {0};
	int r = 0;

	switch (mnl_attr_get_type(a)) {
	case WGPEER_A_PRESHARED_KEY:
		r = get_exact(a, &peer->preshared_key, sizeof(peer->preshared_key));
		peer->has_preshared_key = !key_is_zero(&peer->preshared_key);
		break;
	case WGPEER_A_ENDPOINT:
		r = get_endpoint(a, &peer->endpoint);
		peer->has_endpoint = !r;
		break;
	case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
		r = get_exact(a, &peer->keepalive, sizeof(peer->keepalive));
		peer->has_keepalive = peer->keepalive != 0;
		break;
	case WGPEER_A_LAST_HANDSHAKE_TIME:
		r = get_exact(a, &seen, sizeof(seen));
		peer->last_handshake = seen.tv_sec;
		break;
	case WGPEER_A_RX_BYTES:
		r = get_exact(a, &peer->rx_bytes, sizeof(peer->rx_bytes));
		break;
	case WGPEER_A_TX_BYTES:
		r = get_exact(a, &peer->tx_bytes, sizeof(peer->tx_bytes));
		break;
	case WGPEER_A_ALLOWEDIPS:
		r = netlink_each_nested(a, get_allowed_ip, peer);
		break;
	}
	return r;
}

/* Of what is read again and again. */
static int get_counter(const struct nlattr *a, void *peer)
{
	uint16_t type = mnl_attr_get_type(a);
	bool passes = type == WGPEER_A_ALLOWEDIPS || type == WGPEER_A_PRESHARED_KEY;

	return passes ? 0 : get_peer_attribute(a, peer);
}

struct public_key {
	struct key key;
	bool found;
};

static int get_public_key(const struct nlattr *a, void *data)
{
	struct public_key *ret = data;

	if (mnl_attr_get_type(a) != WGPEER_A_PUBLIC_KEY)
		return 0;
	ret->found = true;
	return get_exact(a, &ret->key, sizeof(ret->key));
}

static int get_peer(const struct nlattr *nest, void *data)
{
	struct wg_device *device = data;
	struct wg_peer *peer = vec_last(&device->peers);
	struct public_key public = {0};
	int r = netlink_each_nested(nest, get_public_key, &public);

	if (r < 0)
		return r;
	if (!public.found)
		return -EPROTO;
	if (!wg_device_wants(device, &public.key))
		return 0;
	if (!peer || !key_equal(&peer->public_key, &public.key)) {
		peer = wg_device_add_peer(device);
		if (!peer)
			return -ENOMEM;
		peer->public_key = public.key;
	}
	return netlink_each_nested(nest, device->only ? get_counter : get_peer_attribute, peer);
}

static int get_device_attribute(const struct nlattr *a, void *data)
{
	struct wg_device *device = data;
	int r = 0;

	switch (mnl_attr_get_type(a)) {
	case WGDEVICE_A_PRIVATE_KEY:
		r = get_exact(a, &device->private_key, sizeof(device->private_key));
		device->has_private_key = !key_is_zero(&device->private_key);
		break;
	case WGDEVICE_A_PUBLIC_KEY:
		r = get_exact(a, &device->public_key, sizeof(device->public_key));
		break;
	case WGDEVICE_A_LISTEN_PORT:
		r = get_exact(a, &device->listen_port, sizeof(device->listen_port));
		device->has_listen_port = device->listen_port != 0;
		break;
	case WGDEVICE_A_FWMARK:
		r = get_exact(a, &device->fwmark, sizeof(device->fwmark));
		device->has_fwmark = device->fwmark != 0;
		break;
	case WGDEVICE_A_PEERS:
		r = netlink_each_nested(a, get_peer, device);
		break;
	}
	return r;
}

int wg_get_message(const struct nlmsghdr *message, struct wg_device *device)
{
	return netlink_each(message, sizeof(struct genlmsghdr), get_device_attribute, device);
}
