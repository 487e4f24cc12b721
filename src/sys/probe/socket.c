// SPDX-License-Identifier: GPL-2.0-or-later
// Raw sockets: packets out, packets and ICMP errors in.
#include "socket.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"
#include "wgq/base/mem.h"

/* Ten thousand answers, each with what the kernel counts for it. */
enum { RECEIVE_BUFFER = 16 << 20 };

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int prepare(int fd, uint8_t family, uint32_t mark, uint16_t tag)
{
	struct sock_filter filter[PACKET_FILTER_LEN];
	const struct sock_fprog program = {.len = PACKET_FILTER_LEN, .filter = filter};
	int r;

	probe_packet_filter(family, tag, filter);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	r = mark ? set(fd, SOL_SOCKET, SO_MARK, (int)mark) : 0;
	if (r == 0 && set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (r == 0 && family == AF_INET)
		r = set(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (r == 0 && family == AF_INET6)
		r = set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	if (r == 0 && family == AF_INET6)
		r = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return r;
}

int probe_socket_open(uint8_t family, uint32_t mark, uint16_t tag, int *ret, struct diag *d)
{
	_cleanup_fd_ int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	int r = fd < 0 ? -errno : prepare(fd, family, mark, tag);

	*ret = -1;
	if (r == -EAFNOSUPPORT)
		return 0;
	if (r == -EPERM) {
		diag_refuse(d, EPERM,
			    "probes need the right to send raw packets (CAP_NET_RAW) and to "
			    "mark them (CAP_NET_ADMIN)");
		diag_hint(d, "run it as root; a container needs --cap-add=NET_ADMIN and "
			     "--cap-add=NET_RAW");
		return r;
	}
	if (r < 0)
		return diag_fail(d, -r, "cannot open a raw socket");
	*ret = steal_fd(fd);
	return 0;
}

union control {
	char bytes[512];
	struct cmsghdr align;
};

/* The source and the link of one packet: what binding a socket to both does for all of its own. */
static void put_source(struct msghdr *message, const struct addr *from, uint32_t link)
{
	struct cmsghdr *c = message->msg_control;

	if (from->family == AF_INET) {
		struct in_pktinfo info = {.ipi_ifindex = (int)link};

		memcpy(&info.ipi_spec_dst, from->bytes, sizeof(info.ipi_spec_dst));
		*c = (struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO};
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_ifindex = link};

		memcpy(&info.ipi6_addr, from->bytes, sizeof(info.ipi6_addr));
		*c = (struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IPV6, IPV6_PKTINFO};
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

int probe_socket_send(int fd, const struct addr *from, const union endpoint *to, uint32_t link,
		      const void *packet, size_t n)
{
	const struct addr target = endpoint_addr(to);
	/* IPv6 takes the port for a protocol. */
	union endpoint name = endpoint_make(&target, 0, endpoint_scope(to));
	struct iovec part = {.iov_base = (void *)(uintptr_t)packet, .iov_len = n};
	union control control = {0};
	struct msghdr message = {.msg_name = &name,
				 .msg_namelen = (socklen_t)endpoint_size(&name),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control};
	int pending;
	socklen_t len = sizeof(pending);

	put_source(&message, from, link);
	if (sendmsg(fd, &message, 0) >= 0)
		return 0;
	/* An ICMP error about another packet is told to whoever calls next, once. */
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &len);
	return sendmsg(fd, &message, 0) < 0 ? -errno : 0;
}

static void take_target(const struct cmsghdr *c, struct addr *ret)
{
	struct in6_pktinfo info;

	if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO ||
	    c->cmsg_len < CMSG_LEN(sizeof(info)))
		return;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	ret->family = AF_INET6;
	memcpy(ret->bytes, &info.ipi6_addr, sizeof(info.ipi6_addr));
}

int probe_socket_receive(int fd, void *bytes, size_t n, struct addr *ret_to)
{
	struct iovec part = {.iov_base = bytes, .iov_len = n};
	union control control;
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &message, 0);

	*ret_to = (struct addr){0};
	if (got < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		take_target(c, ret_to);
	return (int)got;
}

static void take_error(const struct cmsghdr *c, int *ret)
{
	struct sock_extended_err error;
	bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);

	if (!is_error || c->cmsg_len < CMSG_LEN(sizeof(error)))
		return;
	memcpy(&error, CMSG_DATA(c), sizeof(error));
	if (error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6)
		*ret = (int)error.ee_errno;
}

int probe_socket_read_error(int fd, void *bytes, size_t n, struct probe_socket_error *ret)
{
	struct iovec part = {.iov_base = bytes, .iov_len = n};
	union control control;
	union endpoint name = {0};
	struct msghdr message = {.msg_name = &name,
				 .msg_namelen = sizeof(name),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &message, MSG_ERRQUEUE);

	if (got < 0)
		return -errno;
	*ret = (struct probe_socket_error){.to = endpoint_addr(&name)};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		take_error(c, &ret->error);
	return (int)got;
}

/* What comes to it is read by the raw socket; this one takes nothing in. */
static int bind_port(uint8_t family, uint16_t *port, int *ret)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &nothing};
	const struct addr any = {.family = family};
	union endpoint name = endpoint_make(&any, *port, 0);
	socklen_t len = (socklen_t)endpoint_size(&name);
	_cleanup_fd_ int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*ret = -1;
	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	if ((family == AF_INET6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    bind(fd, &name.any, len) < 0 || getsockname(fd, &name.any, &len) < 0)
		return -errno;
	*port = endpoint_port(&name);
	*ret = steal_fd(fd);
	return 0;
}

int probe_socket_hold_port(uint16_t *port, int ret[2], struct diag *d)
{
	enum { TRIES = 16 };
	int r = -EADDRINUSE;

	for (int i = 0; i < TRIES && r == -EADDRINUSE; i++) {
		r = bind_port(AF_INET, port, &ret[0]);
		if (r == 0)
			r = bind_port(AF_INET6, port, &ret[1]);
		if (r == -EADDRINUSE) {
			fd_close_at(&ret[0]);
			*port = 0;
		}
	}
	return r < 0 ? diag_fail(d, -r, "cannot bind a UDP port") : 0;
}
