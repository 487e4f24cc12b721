// SPDX-License-Identifier: GPL-2.0-or-later
// UDP sockets that send nothing, but know: ports and addresses of this host.
#include "wgq/sys/resolve/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/net/wg.h"

enum { DISCARD_PORT = 9 }; /* RFC 863 */

/* IPv6 takes IPv4's ports along, unless there is no IPv6. */
bool udp_port_is_free(uint16_t port)
{
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	_cleanup_fd_ int fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd6 >= 0 && (setsockopt(fd6, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0 ||
			 bind(fd6, (const struct sockaddr *)&any6, sizeof(any6)) < 0))
		return false;
	return fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;
}

/* connect() on UDP only chooses the route and with it the source. */
static int own_address_to(const char *text, struct addr *ret)
{
	struct addr to;

	addr_parse(text, strlen(text), &to);
	const union endpoint remote = endpoint_make(&to, DISCARD_PORT, 0);
	union endpoint own = {0};
	socklen_t len = sizeof(own);
	_cleanup_fd_ int fd = socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &remote.any, (socklen_t)endpoint_size(&remote)) < 0 ||
	    getsockname(fd, &own.any, &len) < 0)
		return -errno;
	*ret = endpoint_addr(&own);
	return 0;
}

int udp_own_address(struct addr *ret)
{
	/* The first addresses of 192.88.99.0/24 and 2000::/3, which are routed as the Internet is
	 * and which no host has for its own. */
	int r = own_address_to("192.88.99.1", ret);

	return r < 0 ? own_address_to("2000::1", ret) : r;
}
