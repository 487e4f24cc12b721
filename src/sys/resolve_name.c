// SPDX-License-Identifier: GPL-2.0-or-later
// One name, for people who ask about it.
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/sys/resolve.h"

static void addresses_free_at(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static void copy_address(const struct sockaddr *from, struct addr *ret)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;

	*ret = (struct addr){.family = (uint8_t)from->sa_family};
	if (from->sa_family == AF_INET6)
		memcpy(ret->bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
	else
		memcpy(ret->bytes, &in->sin_addr, sizeof(in->sin_addr));
}

int resolve_name(const char *name, uint8_t family, struct addr *ret, struct diag *d)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM};
	_cleanup_(addresses_free_at) struct addrinfo *list = NULL;
	int error = getaddrinfo(name, NULL, &hints, &list);

	if (error == EAI_SYSTEM)
		return diag_fail(d, errno, "cannot look up `%s'", name);
	if (error)
		return diag_refuse(d, ENOENT, "cannot look up `%s': %s", name, gai_strerror(error));
	for (const struct addrinfo *at = list; at; at = at->ai_next) {
		if (at->ai_family == AF_INET || at->ai_family == AF_INET6) {
			copy_address(at->ai_addr, ret);
			return 0;
		}
	}
	return diag_refuse(d, ENOENT, "`%s' has no address", name);
}
