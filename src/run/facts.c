// SPDX-License-Identifier: GPL-2.0-or-later
// Asks the host what a check has to know of it.
#include "wgq/run/facts.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/kernel/rtnetlink.h"
#include "wgq/sys/dns.h"
#include "wgq/sys/ipv6.h"
#include "wgq/sys/proc.h"
#include "wgq/sys/sysctl.h"

static uint8_t mask_length(const struct addr *mask)
{
	uint8_t n = 0;

	while (n < addr_bits(mask) && mask->bytes[n / 8] & (0x80 >> n % 8))
		n++;
	return n;
}

/* Those of all interfaces but the one that the configuration is for. */
static void read_networks(const char *ifname, struct link_addr_vec *ret)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const struct addr a = addr_of_socket(i->ifa_addr);
		const struct addr mask = addr_of_socket(i->ifa_netmask);
		struct link_addr *added;

		if (!a.family || mask.family != a.family || strcmp(i->ifa_name, ifname) == 0)
			continue;
		added = vec_push(ret);
		if (added)
			added->prefix = (struct prefix){.addr = a, .len = mask_length(&mask)};
	}
	freeifaddrs(list);
}

/* A way that leads through the tunnel itself tells nothing: of one that is up we go by the mark. */
static void read_path(const struct conf *conf, uint32_t *ret)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rtnetlink = NULL;
	struct rtnetlink_path path = {0};

	if (!conf->mtu_line || rtnetlink_open(&rtnetlink, NULL) < 0)
		return;
	if (!conf->wg.has_fwmark && if_nametoindex(conf->ifname))
		return;
	vec_each(peer, &conf->wg.peers) {
		struct addr to;

		if (!peer->has_endpoint)
			continue;
		to = endpoint_addr(&peer->endpoint);
		if (rtnetlink_path_get(rtnetlink, &to, conf->wg.fwmark, &path, NULL) == 0 &&
		    path.mtu && (!*ret || path.mtu < *ret))
			*ret = path.mtu;
	}
}

void facts_read(const struct conf *conf, struct check_facts *ret)
{
	char other[IFNAMSIZ];
	long disabled = 0;

	ret->has_program = proc_exists_for_root; /* hooks are run by root */
	ret->lacks_dns_tool = conf_has_dns(conf) && !dns_can_be_set();
	read_networks(conf->ifname, &ret->networks);
	read_path(conf, &ret->path_mtu);
	if (sysctl_get("net/ipv6/neigh/default/gc_thresh3", &ret->neighbours, NULL) < 0)
		ret->neighbours = 0;
	/* `all' tells what was set for all at once; one may have it again. */
	ret->ipv6_off = access("/proc/net/if_inet6", F_OK) < 0 ||
			(ipv6_find(conf->ifname, other, NULL) == 0 && !other[0] &&
			 sysctl_get("net/ipv6/conf/all/disable_ipv6", &disabled, NULL) == 0 &&
			 disabled != 0);
}
