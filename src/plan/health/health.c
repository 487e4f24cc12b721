// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with an interface: its link, keys, addresses, name servers and MTU.
#include "wgq/plan/health/health.h"

#include <errno.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/plan/servers.h"
#include "wgq/plan/want/carry.h"

#include "internal.h"

enum { NEARLY_FULL_PERCENT = 90 };

static int check_missing_addresses(const struct health_input *in, struct finding_vec *ret)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};
	_cleanup_buf_ struct buf detail = {0};
	char text[PREFIX_TEXT_MAX];

	if (prefix_set_of_addrs(&in->snap->addrs, &there) < 0)
		return -ENOMEM;
	vec_each(addr, &in->want->addrs) {
		/* Below this MTU the kernel takes them away, which is told as such. */
		if (prefix_set_has(&there, &addr->prefix) ||
		    (addr->prefix.addr.family == AF_INET6 && in->snap->link.mtu < IPV6_MTU_MIN))
			continue;
		prefix_format(&addr->prefix, text);
		buf_addf(&detail, "%s%s", detail.len ? ", " : "", text);
	}
	return detail.len || detail.failed
		       ? finding_add(ret, FINDING_ADDRESS_MISSING, FINDING_NO_PEER, &detail)
		       : 0;
}

/* fe80:: is the kernel's, not for people. */
static int check_addresses(const struct health_input *in, struct finding_vec *ret)
{
	bool has_own = false;

	if (in->want)
		return check_missing_addresses(in, ret);
	vec_each(addr, &in->snap->addrs)
		has_own = has_own || addr->scope == 0;
	return has_own ? 0 : finding_add(ret, FINDING_NO_ADDRESS, FINDING_NO_PEER, NULL);
}

static int check_mtu(const struct health_input *in, struct finding_vec *ret)
{
	uint32_t mtu = in->snap->link.mtu;
	bool ipv6 = health_wants_ipv6(in) && in->snap->ipv6.state == IPV6_ON;
	const struct endpoint_way *worst = NULL;
	_cleanup_buf_ struct buf detail = {0};
	char text[ADDR_TEXT_MAX];

	/* One that leads inside has this interface's own MTU: that is told elsewhere. */
	vec_each(way, &in->around->ways)
		if (way->mtu && way->link != in->snap->link.index && health_room(way) < mtu &&
		    (!worst || health_room(way) < health_room(worst)))
			worst = way;
	/* At the least there is nothing to be done. */
	if (!worst || (ipv6 && mtu <= IPV6_MTU_MIN))
		return 0;
	addr_format(&worst->to, text);
	buf_addf(&detail, "%u, where %s leaves room for %u", mtu, text, health_room(worst));
	if (ipv6 && health_room(worst) < IPV6_MTU_MIN)
		buf_addf(&detail, ", and IPv6 needs %d", IPV6_MTU_MIN);
	return finding_add(ret, FINDING_MTU_ABOVE_PATH, FINDING_NO_PEER, &detail);
}

static int check_mtu_of_ipv6(const struct health_input *in, struct finding_vec *ret)
{
	uint32_t mtu = in->snap->link.mtu;
	_cleanup_buf_ struct buf detail = {0};

	if (mtu >= IPV6_MTU_MIN || !health_wants_ipv6(in))
		return 0;
	buf_addf(&detail, "it is %u", mtu);
	return finding_add(ret, FINDING_MTU_BELOW_IPV6, FINDING_NO_PEER, &detail);
}

static int check_ipv6(const struct health_input *in, struct finding_vec *ret)
{
	_cleanup_buf_ struct buf detail = {0};

	if (!health_lacks_ipv6(in))
		return 0;
	carry_setting(in->snap->link.name, in->snap->ipv6.state, &detail);
	buf_addf(&detail, " is 1, and %s has IPv6", in->snap->ipv6.elsewhere);
	return finding_add(ret, FINDING_IPV6_OFF, FINDING_NO_PEER, &detail);
}

/* Each destination behind the tunnel takes an entry in IPv6; in IPv4 all share one
 * (net/ipv4/arp.c, arp_constructor(): a point-to-point link without ARP). */
static int check_neighbours(const struct health_input *in, struct finding_vec *ret)
{
	uint64_t used = in->around->neighbours, max = in->around->neighbours_max;
	_cleanup_buf_ struct buf detail = {0};

	if (!max || used * 100 < max * NEARLY_FULL_PERCENT ||
	    !addrs_have_family(&in->snap->addrs, AF_INET6))
		return 0;
	buf_addf(&detail, "%u of %u entries", in->around->neighbours, in->around->neighbours_max);
	return finding_add(ret, FINDING_NEIGHBOURS, FINDING_NO_PEER, &detail);
}

static int check_link(const struct health_input *in, struct finding_vec *ret)
{
	const struct wg_device *wg = &in->snap->wg;
	int r = 0;

	if (!in->snap->link.up)
		r = finding_add(ret, FINDING_INTERFACE_DOWN, FINDING_NO_PEER, NULL);
	if (r == 0 && snap_has_seen(in->snap, LOOK_DEVICE) && key_is_zero(&wg->private_key))
		r = finding_add(ret, FINDING_NO_PRIVATE_KEY, FINDING_NO_PEER, NULL);
	return r;
}

static int check_dns(const struct health_input *in, struct finding_vec *ret)
{
	_cleanup_buf_ struct buf detail = {0};

	if (!in->want || !conf_has_dns(in->want->conf))
		return 0;
	const struct conf *conf = in->want->conf;
	if (in->snap->lacks_dns_tool)
		return finding_add(ret, FINDING_NO_DNS_TOOL, FINDING_NO_PEER, NULL);
	if (!snap_has_seen(in->snap, LOOK_DNS))
		return 0;
	int r = servers_missing(&conf->dns_servers, &in->snap->dns_servers, servers_same_address,
				&detail);
	if (r == 0)
		r = servers_missing(&conf->dns_search, &in->snap->dns_search, servers_same_domain,
				    &detail);
	return r == 0 && detail.len
		       ? finding_add(ret, FINDING_DNS_MISSING, FINDING_NO_PEER, &detail)
		       : r;
}

static int check_all(const struct health_input *in, struct finding_vec *ret)
{
	int r = check_link(in, ret);

	/* Without it there are no routes, nor IPv6 addresses, and nothing is sent. */
	if (r < 0 || !in->snap->link.up)
		return r;
	r = check_ipv6(in, ret);
	if (r == 0)
		r = check_addresses(in, ret);
	if (r == 0)
		r = health_tunnel(in, ret);
	if (r == 0)
		r = check_dns(in, ret);
	if (r == 0)
		r = check_mtu(in, ret);
	if (r == 0)
		r = check_mtu_of_ipv6(in, ret);
	if (r == 0)
		r = check_neighbours(in, ret);
	return r == 0 && snap_has_seen(in->snap, LOOK_DEVICE) ? health_peers(in, ret) : r;
}

/* The link is gone: what should have gone with it? */
static int check_leftovers(const struct health_input *in, struct finding_vec *ret)
{
	if (walls_have(&in->snap->walls, WALL_OUTPUT))
		return finding_add(ret, FINDING_KILLED, FINDING_NO_PEER, NULL);
	return (health_judges_firewall(in) && in->snap->has_firewall) || in->snap->has_own_table
		       ? finding_add(ret, FINDING_LEFTOVER, FINDING_NO_PEER, NULL)
		       : 0;
}

int health_check(const struct health_input *in, struct finding_vec *ret, struct diag *d)
{
	snap_needs(in->snap, LOOK_DEVICE | LOOK_ADDRESSES | LOOK_MAIN_ROUTES | LOOK_TABLES |
				     LOOK_RULES | LOOK_FIREWALL);
	int r = in->snap->link.index ? check_all(in, ret) : check_leftovers(in, ret);

	return r < 0 ? diag_no_memory(d) : 0;
}
