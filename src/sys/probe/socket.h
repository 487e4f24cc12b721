/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw UDP socket of one family: it sends from any address of this host by any link, and receives
 * the answers to all of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/addr.h"
#include "wgq/net/wg.h"

/* For packets with a mark, and for answers with a tag (packet.h). *ret: -1 where the kernel does
 * not have the family. */
int probe_socket_open(uint8_t family, uint32_t mark, uint16_t tag, int *ret, struct diag *d);

/* A UDP packet with its header; link 0: as it is routed. 0 or -errno of this packet. */
int probe_socket_send(int fd, const struct addr *from, const union endpoint *to, uint32_t link,
		      const void *packet, size_t n);

/* The next packet, into n bytes. Its length; -EAGAIN: there is none. *ret_to: where it came to, of
 * IPv6. */
int probe_socket_receive(int fd, void *bytes, size_t n, struct addr *ret_to);

/* The next ICMP error, and what it quotes. The length of that; -EAGAIN: there is none. */
struct probe_socket_error {
	struct addr to; /* of the packet that it is about */
	int error;      /* positive errno */
};
int probe_socket_read_error(int fd, void *bytes, size_t n, struct probe_socket_error *ret);

/* Occupies a UDP port of both families, so that the kernel does not refuse what comes to it; 0 or
 * one that is taken: another one. ret: -1 where the kernel lacks the family. */
int probe_socket_hold_port(uint16_t *port, int ret[2], struct diag *d);
