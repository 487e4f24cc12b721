/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP packets as bytes. Pure; what is read may be anything. */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/addr.h"
#include "wgq/net/wg.h"

enum { PACKET_UDP_HEADER = 8 };

/* Puts a UDP header before n bytes; room for both is at ret. Returns the length. */
size_t probe_packet_write(const union endpoint *from, const union endpoint *to, const void *text,
			  size_t n, uint8_t *ret, uint16_t *ret_checksum);

struct probe_packet_in {
	struct addr to; /* IPv4 only: IPv6's raw sockets give no header */
	uint16_t to_port;
	const uint8_t *text; /* in the bytes that were read */
	size_t n;
};
/* What a raw UDP socket of a family receives. */
bool probe_packet_read(uint8_t family, const uint8_t *bytes, size_t n, struct probe_packet_in *ret);

/* What an ICMP error quotes of a packet of ours, which is no more than its UDP header for sure. */
struct probe_packet_quote {
	uint16_t from_port, to_port, checksum;
};
bool probe_packet_read_quote(const uint8_t *bytes, size_t n, struct probe_packet_quote *ret);

/* A filter for such a socket: handshake responses and cookie replies whose receiver index has the
 * tag in its low 16 bits. */
enum { PACKET_FILTER_LEN = 11 };
void probe_packet_filter(uint8_t family, uint16_t tag, struct sock_filter ret[PACKET_FILTER_LEN]);
