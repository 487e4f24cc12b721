// SPDX-License-Identifier: GPL-2.0-or-later
// Which interfaces have IPv6: the kernel's settings.
#include "wgq/sys/host/ipv6.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/sys/host/sysctl.h"

/* -ENOENT: without IPv6 an interface has no such setting. */
static int get_disabled(const char *ifname, long *ret, struct diag *d)
{
	_cleanup_buf_ struct buf name = {0};

	buf_addf(&name, "net/ipv6/conf/%s/disable_ipv6", ifname);
	return buf_status(&name) < 0 ? diag_no_memory(d) : sysctl_get(buf_text(&name), ret, d);
}

static enum ipv6_state state_of(const char *ifname, bool is_new)
{
	long disabled = 0;

	if (!is_new && get_disabled(ifname, &disabled, NULL) == 0)
		return disabled ? IPV6_DISABLED : IPV6_ON;
	if (get_disabled("default", &disabled, NULL) == 0)
		return disabled ? IPV6_DISABLED_BY_DEFAULT : IPV6_ON;
	_cleanup_fd_ int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd < 0 && errno == EAFNOSUPPORT ? IPV6_ABSENT : IPV6_ON;
}

int ipv6_find(const char *other_than, char ret_name[IFNAMSIZ], struct diag *d)
{
	struct ifaddrs *list;
	int r = 0;

	ret_name[0] = '\0';
	if (getifaddrs(&list) < 0)
		return diag_fail(d, errno, "cannot list the interfaces");
	/* Each one is in it, with addresses or without. */
	for (const struct ifaddrs *i = list; r == 0 && i && !ret_name[0]; i = i->ifa_next) {
		long disabled = 1;

		if ((i->ifa_flags & (IFF_UP | IFF_LOOPBACK)) == IFF_UP &&
		    strcmp(i->ifa_name, other_than) != 0)
			r = get_disabled(i->ifa_name, &disabled, d);
		if (r == -ENOENT)
			r = 0;
		else if (!disabled)
			snprintf(ret_name, IFNAMSIZ, "%s", i->ifa_name);
	}
	freeifaddrs(list);
	return r;
}

int ipv6_look(const char *ifname, bool is_new, struct ipv6 *ret, struct diag *d)
{
	*ret = (struct ipv6){.state = state_of(ifname, is_new)};
	return ret->state == IPV6_ON ? 0 : ipv6_find(ifname, ret->elsewhere, d);
}
