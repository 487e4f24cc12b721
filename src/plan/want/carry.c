// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a tunnel can carry the families that it is to carry.
#include "wgq/plan/want/carry.h"

#include <errno.h>
#include <sys/socket.h>

void carry_setting(const char *ifname, enum ipv6_state state, struct buf *ret_text)
{
	_cleanup_buf_ struct buf path = {0};

	buf_addf(&path, "net/ipv6/conf/%s/disable_ipv6",
		 state == IPV6_DISABLED ? ifname : "default");
	buf_sysctl_name(ret_text, buf_text(&path));
}

static int refuse_without_ipv6(const struct conf *conf, const struct ipv6 *ipv6, struct diag *d)
{
	_cleanup_buf_ struct buf setting = {0};

	carry_setting(conf->ifname, ipv6->state, &setting);
	diag_refuse(d, EAFNOSUPPORT,
		    "%s keeps IPv6 off %s, while %s has it: what is to go into the tunnel would "
		    "go past it in the clear",
		    buf_text(&setting), conf->ifname, ipv6->elsewhere);
	diag_hint(d, "sysctl -w %s=0, or take IPv6 out of Address and AllowedIPs",
		  buf_text(&setting));
	return -EAFNOSUPPORT;
}

static int check_given_mtu(const struct conf *conf, uint8_t family, struct diag *d)
{
	const struct place place = conf_mtu_place(conf);
	_cleanup_buf_ struct buf why = {0}, hint = {0};

	if (!conf_mtu_excludes(conf, family, &why, &hint))
		return 0;
	diag_fail_at(d, &place, buf_text(&hint), "%s", buf_text(&why));
	return -EAFNOSUPPORT;
}

int carry_check_conf(const struct conf *conf, const struct ipv6 *ipv6, struct diag *d)
{
	int r = check_given_mtu(conf, AF_INET6, d);

	if (r == 0)
		r = check_given_mtu(conf, AF_INET, d);
	if (r == 0 && !conf->hooks[HOOK_PRE_UP].len && conf_carries(conf, AF_INET6) &&
	    ipv6_is_only_elsewhere(ipv6))
		r = refuse_without_ipv6(conf, ipv6, d);
	return r;
}

int carry_check(const struct want *want, const struct snap *snap, uint32_t mtu, struct diag *d)
{
	uint32_t least = carry_mtu_min(want, snap);
	_cleanup_buf_ struct buf why = {0};

	if (want->carries_ip6 && ipv6_is_only_elsewhere(&snap->ipv6))
		return refuse_without_ipv6(want->conf, &snap->ipv6, d);
	if (mtu >= least)
		return 0;
	conf_mtu_explain(mtu, least, &why);
	diag_refuse(d, EAFNOSUPPORT, "%s", buf_text(&why));
	diag_hint(d, "the file or a hook sets this MTU: make it %u or more", least);
	return -EAFNOSUPPORT;
}

uint32_t carry_mtu_min(const struct want *want, const struct snap *snap)
{
	if (want->carries_ip6 && snap->ipv6.state == IPV6_ON)
		return IPV6_MTU_MIN;
	return want->carries_ip ? IPV4_MTU_MIN : 0;
}
