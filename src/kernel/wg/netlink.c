// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's WireGuard: finds its generic netlink family, gets and sets devices.
#include "wgq/kernel/wg/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/netlink.h"
#include "wgq/kernel/wg/get.h"
#include "wgq/kernel/wg/removal.h"
#include "wgq/kernel/wg/set.h"

static struct nlmsghdr *genl_header(void *buffer, uint16_t type, uint16_t flags, uint8_t command,
				    uint8_t version)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(m, sizeof(*genl));

	m->nlmsg_type = type;
	m->nlmsg_flags = flags;
	genl->cmd = command;
	genl->version = version;
	return m;
}

static int family_take(const struct nlmsghdr *m, void *into)
{
	static const uint8_t least[CTRL_ATTR_FAMILY_ID + 1] = {[CTRL_ATTR_FAMILY_ID] =
								       sizeof(uint16_t)};
	const struct nlattr *at[CTRL_ATTR_FAMILY_ID + 1];
	int r = netlink_sort(m, sizeof(struct genlmsghdr),
			     &(struct netlink_table){at, least, CTRL_ATTR_FAMILY_ID});

	if (r == 0 && at[CTRL_ATTR_FAMILY_ID])
		*(uint16_t *)into = mnl_attr_get_u16(at[CTRL_ATTR_FAMILY_ID]);
	return r;
}

/* The kernel loads its module upon this question, where it may (genl_family_find_byname()). */
static int find_family(struct netlink *n, struct ack *ret_ack)
{
	const struct netlink_sink sink = {.take = family_take, .into = &n->family};
	_Alignas(NLMSG_ALIGNTO) unsigned char request[128];
	struct nlmsghdr *m = genl_header(request, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);

	mnl_attr_put_strz(m, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	return netlink_talk(n, m, &sink, ret_ack);
}

static int open_socket(struct netlink **ret, struct diag *d)
{
	struct ack ack;
	int r = netlink_shared(NETLINK_GENERIC, ret);

	if (r < 0)
		return diag_fail(d, -r, "cannot open a generic netlink socket");
	r = (*ret)->family ? 0 : find_family(*ret, &ack);
	if (r == -ENOENT || (r == 0 && !(*ret)->family)) {
		r = diag_refuse(d, EOPNOTSUPP, "the kernel has no WireGuard");
		diag_hint(d, "load its module (modprobe wireguard), or install wireguard-go");
		return r;
	}
	return r < 0 ? ack_fail(d, &ack, "find the kernel's WireGuard") : 0;
}

/* The module may come again with another number. */
static int talk(struct netlink *n, struct nlmsghdr *m, const struct netlink_sink *sink,
		struct ack *ret_ack)
{
	int r = netlink_talk(n, m, sink, ret_ack);

	if (r == -ENOENT)
		n->family = 0;
	return r;
}

static int refuse_bad_name(const char *ifname, struct diag *d)
{
	size_t n = strlen(ifname);

	if (n > 0 && n < IFNAMSIZ)
		return 0;
	return diag_refuse(d, EINVAL, "'%s' is no interface name", ifname);
}

/* What the kernel's bare errno means for a device. */
static void explain(int error, const char *ifname, struct diag *d)
{
	if (error == EPERM)
		diag_hint(d, "this needs CAP_NET_ADMIN; are you root?");
	else if (error == EOPNOTSUPP)
		diag_hint(d, "%s is not a WireGuard interface of the kernel", ifname);
}

static int part_take(const struct nlmsghdr *m, void *into)
{
	return wg_get_message(m, into);
}

static void device_restart(void *into)
{
	wg_device_release(into);
}

int wg_netlink_get(const char *ifname, struct wg_device *ret, struct diag *d)
{
	struct netlink *n;
	const struct netlink_sink sink = {
		.take = part_take, .into = ret, .restart = device_restart};
	_Alignas(NLMSG_ALIGNTO) unsigned char request[64];
	struct ack ack;
	int r = refuse_bad_name(ifname, d);

	if (r == 0)
		r = open_socket(&n, d);
	if (r < 0)
		return r;

	struct nlmsghdr *m =
		genl_header(request, n->family, NLM_F_DUMP, WG_CMD_GET_DEVICE, WG_GENL_VERSION);
	mnl_attr_put_strz(m, WGDEVICE_A_IFNAME, ifname);
	r = talk(n, m, &sink, &ack);
	mem_wipe(n->answer, NETLINK_BUFFER); /* keys */
	if (r == 0)
		return 0;
	wg_device_release(ret);
	r = ack_fail(d, &ack, "read WireGuard interface %s", ifname);
	explain(ack.error, ifname, d);
	return r;
}

static int send_device(struct netlink *n, const char *ifname, const struct wg_device *device,
		       struct diag *d)
{
	struct wg_set set = {.ifname = ifname, .device = device};
	_cleanup_free_ void *message = mem_calloc(1, WG_SET_SIZE);
	struct ack ack;
	int r = 0;

	if (!message)
		return diag_no_memory(d);
	while (r == 0 && wg_set_next(&set, n->family, message))
		r = talk(n, message, NULL, &ack);
	mem_wipe(message, WG_SET_SIZE);
	if (r == 0)
		return 0;
	r = ack_fail(d, &ack, "configure WireGuard interface %s", ifname);
	explain(ack.error, ifname, d);
	return r;
}

/* Whether the kernel knows WGALLOWEDIP_F_REMOVE_ME. Linux 6.16, which brought it, refuses a device
 * flag that it does not know with EINVAL where those before said EOPNOTSUPP; either before anything
 * is changed (wg_set_device()). Measured on 5.10 to 7.3. */
static bool removes_allowed_ips(struct netlink *n, const char *ifname)
{
	_Alignas(NLMSG_ALIGNTO) unsigned char request[64];
	struct nlmsghdr *m = genl_header(request, n->family, 0, WG_CMD_SET_DEVICE, WG_GENL_VERSION);
	struct ack ack;

	mnl_attr_put_strz(m, WGDEVICE_A_IFNAME, ifname);
	mnl_attr_put_u32(m, WGDEVICE_A_FLAGS, 1U << 31);
	return talk(n, m, NULL, &ack) < 0 && ack.error == EINVAL;
}

/* Without a look at what is to be removed. */
static int set_plain(const char *ifname, const struct wg_device *device, struct diag *d)
{
	struct netlink *n;
	int r = open_socket(&n, d);

	return r < 0 ? r : send_device(n, ifname, device, d);
}

int wg_netlink_set(const char *ifname, const struct wg_device *device, struct diag *d)
{
	static const struct wg_removal_ways ways = {.get = wg_netlink_get, .set = set_plain};
	struct netlink *n;
	int r = refuse_bad_name(ifname, d);

	if (r == 0)
		r = open_socket(&n, d);
	if (r < 0)
		return r;
	if (wg_removal_wanted(device) && !removes_allowed_ips(n, ifname))
		return wg_removal_set(ifname, device, &ways, d);
	return send_device(n, ifname, device, d);
}
