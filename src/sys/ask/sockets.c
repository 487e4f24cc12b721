// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of c-ares: each leaves outside of the tunnel, by the link of its server.
#include "sockets.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static ares_socket_t on_socket(int domain, int type, int protocol, void *context)
{
	(void)context;
	return socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int on_close(ares_socket_t fd, void *context)
{
	(void)context;
	return close(fd);
}

static const struct dns_server *server_at(const struct sockets *s, const union endpoint *at)
{
	const struct addr addr = endpoint_addr(at);

	vec_each(server, &s->servers)
		if (addr_compare(&server->addr, &addr) == 0 && server->port == endpoint_port(at))
			return server;
	return NULL;
}

static int bind_to_link(int fd, uint32_t ifindex)
{
	char name[IFNAMSIZ] = "";

	if (ifindex && !if_indextoname(ifindex, name))
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name));
}

static int on_connect(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len,
		      void *context)
{
	const struct sockets *s = context;
	union endpoint at = {0};

	memcpy(&at, address, len < sizeof(at) ? len : sizeof(at));
	const struct dns_server *server = server_at(s, &at);
	if (!server) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	/* Without the mark the question would be for the tunnel: better none. */
	if (!server->inside && s->mark &&
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &s->mark, sizeof(s->mark)) < 0)
		return -1;
	if (!server->ifindex)
		return connect(fd, address, len);
	if (bind_to_link(fd, server->ifindex) < 0)
		return -1;
	int r = connect(fd, address, len);
	/* The link's server may be behind another link. */
	if (r < 0 && errno == ENETUNREACH && bind_to_link(fd, 0) == 0)
		r = connect(fd, address, len);
	return r;
}

static ares_ssize_t on_receive(ares_socket_t fd, void *data, size_t size, int flags,
			       struct sockaddr *from, ares_socklen_t *from_len, void *context)
{
	(void)context;
	return recvfrom(fd, data, size, flags, from, from_len);
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *parts, int count, void *context)
{
	const struct msghdr message = {.msg_iov = (struct iovec *)parts,
				       .msg_iovlen = (size_t)count};

	(void)context;
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

const struct ares_socket_functions sockets_functions = {
	.asocket = on_socket,
	.aclose = on_close,
	.aconnect = on_connect,
	.arecvfrom = on_receive,
	.asendv = on_send,
};
