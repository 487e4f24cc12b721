// SPDX-License-Identifier: GPL-2.0-or-later
// UDP packets as raw sockets send and receive them, and the filter of the latter.
#include "packet.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>

/* RFC 768. */
struct udp_header {
	uint16_t from_port, to_port, length, checksum;
};
_Static_assert(sizeof(struct udp_header) == PACKET_UDP_HEADER, "UDP header");

/* The ones' complement sum of RFC 1071; a text of odd length is the last one. */
static uint32_t sum(uint32_t start, const void *text, size_t n)
{
	const uint8_t *at = text;

	for (size_t i = 0; i + 1 < n; i += 2)
		start += (uint32_t)(at[i] << 8 | at[i + 1]);
	return n % 2 ? start + (uint32_t)(at[n - 1] << 8) : start;
}

size_t probe_packet_write(const union endpoint *from, const union endpoint *to, const void *text,
			  size_t n, uint8_t *ret, uint16_t *ret_checksum)
{
	const struct addr source = endpoint_addr(from), target = endpoint_addr(to);
	struct udp_header header = {
		.from_port = htons(endpoint_port(from)),
		.to_port = htons(endpoint_port(to)),
		.length = htons((uint16_t)(sizeof(header) + n)),
	};
	/* The rest of the pseudo header. */
	uint32_t check = IPPROTO_UDP + ntohs(header.length);

	check = sum(check, source.bytes, addr_bits(&source) / 8);
	check = sum(check, target.bytes, addr_bits(&target) / 8);
	check = sum(check, &header, sizeof(header));
	check = sum(check, text, n);
	while (check >> 16)
		check = (check & 0xffff) + (check >> 16);
	/* 0 would mean that there is none. */
	header.checksum = htons(check == 0xffff ? 0xffff : (uint16_t)~check);
	memcpy(ret, &header, sizeof(header));
	memcpy(ret + sizeof(header), text, n);
	*ret_checksum = ntohs(header.checksum);
	return sizeof(header) + n;
}

bool probe_packet_read(uint8_t family, const uint8_t *bytes, size_t n, struct probe_packet_in *ret)
{
	enum { IPV4_HEADER = 20, IPV4_TO = 16 };
	struct udp_header header;
	size_t skip = 0;

	*ret = (struct probe_packet_in){0};
	if (family == AF_INET) {
		skip = n >= IPV4_HEADER ? (bytes[0] & 15) * 4U : 0;
		if (skip < IPV4_HEADER)
			return false;
		ret->to.family = AF_INET;
		memcpy(ret->to.bytes, bytes + IPV4_TO, 4);
	}
	if (n < skip + sizeof(header))
		return false;
	memcpy(&header, bytes + skip, sizeof(header));
	size_t length = ntohs(header.length);
	if (length < sizeof(header) || length > n - skip)
		return false;
	ret->to_port = ntohs(header.to_port);
	ret->text = bytes + skip + sizeof(header);
	ret->n = length - sizeof(header);
	return true;
}

bool probe_packet_read_quote(const uint8_t *bytes, size_t n, struct probe_packet_quote *ret)
{
	struct udp_header header;

	if (n < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	*ret = (struct probe_packet_quote){.from_port = ntohs(header.from_port),
					   .to_port = ntohs(header.to_port),
					   .checksum = ntohs(header.checksum)};
	return true;
}

/* The kernel drops a packet that is too short for a load. A response has the receiver's index after
 * the sender's, a cookie reply in its place; the filter reads all numbers as big endian. */
void probe_packet_filter(uint8_t family, uint16_t tag, struct sock_filter ret[PACKET_FILTER_LEN])
{
	enum { TYPE = PACKET_UDP_HEADER, SECOND = TYPE + 4, THIRD = TYPE + 8 };
	const struct sock_filter filter[PACKET_FILTER_LEN] = {
		family == AF_INET ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0)
				  : (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02000000, 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, THIRD),
		BPF_STMT(BPF_JMP | BPF_JA, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x03000000, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, SECOND),
		BPF_STMT(BPF_JMP | BPF_JA, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, be16toh(htole16(tag)), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(ret, filter, sizeof(filter));
}
