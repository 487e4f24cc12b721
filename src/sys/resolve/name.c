// SPDX-License-Identifier: GPL-2.0-or-later
// One name, for people who ask about it.
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/sys/resolve/resolve.h"

static void addresses_free_at(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
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
		*ret = addr_of_socket(at->ai_addr);
		if (ret->family)
			return 0;
	}
	return diag_refuse(d, ENOENT, "`%s' has no address", name);
}
