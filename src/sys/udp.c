// SPDX-License-Identifier: GPL-2.0-or-later
// UDP sockets that send nothing, but know: ports and addresses of this host.
#include "wgq/sys/udp.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/base/mem.h"

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
static bool own_address_to(const struct sockaddr *to, socklen_t n, struct sockaddr_in6 *ret)
{
	_cleanup_fd_ int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret);

	return fd >= 0 && connect(fd, to, n) == 0 &&
	       getsockname(fd, (struct sockaddr *)ret, &len) == 0;
}

bool udp_own_address(struct addr *ret)
{
	/* The first addresses of 192.88.99.0/24 and 2000::/3, which are routed as the Internet is
	 * and which no host has for its own; port 9 is discard. */
	const struct sockaddr_in ipv4 = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(0xc0586301)}};
	const struct sockaddr_in6 ipv6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = {{{0x20, [15] = 1}}}};
	union {
		struct sockaddr_in6 in6;
		struct sockaddr_in in;
	} own = {0};

	*ret = (struct addr){0};
	if (own_address_to((const struct sockaddr *)&ipv4, sizeof(ipv4), &own.in6)) {
		ret->family = AF_INET;
		memcpy(ret->bytes, &own.in.sin_addr, 4);
	} else if (own_address_to((const struct sockaddr *)&ipv6, sizeof(ipv6), &own.in6)) {
		ret->family = AF_INET6;
		memcpy(ret->bytes, &own.in6.sin6_addr, 16);
	}
	return ret->family != 0;
}
