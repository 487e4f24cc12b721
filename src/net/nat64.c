// SPDX-License-Identifier: GPL-2.0-or-later
// NAT64: IPv4 addresses in IPv6 ones, and the prefix in the addresses of a name that has none.
#include "wgq/net/nat64.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Bits 64 to 71 stay zero, so that a part of the IPv4 address moves behind them (RFC 6052, 2.2). */
enum { ZERO_BYTE = 8, IPV4_BYTES = 4 };

static const uint8_t lengths[] = {96, 64, 56, 48, 40, 32};
enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

/* Where the bytes of the IPv4 address are; false: no NAT64 has such a prefix. */
static bool positions(const struct prefix *prefix, size_t ret[IPV4_BYTES])
{
	size_t at = prefix->len / 8;

	if (!memchr(lengths, prefix->len, LENGTHS) || prefix->addr.family != AF_INET6 ||
	    (prefix->len > 64 && prefix->addr.bytes[ZERO_BYTE]))
		return false;
	for (size_t i = 0; i < IPV4_BYTES; i++, at++) {
		at += at == ZERO_BYTE;
		ret[i] = at;
	}
	return true;
}

bool nat64_embed(const struct prefix *prefix, const struct addr *ip, struct addr *ret)
{
	struct prefix masked = *prefix;
	size_t at[IPV4_BYTES];

	if (ip->family != AF_INET || !positions(prefix, at))
		return false;
	prefix_mask(&masked);
	*ret = masked.addr;
	for (size_t i = 0; i < IPV4_BYTES; i++)
		ret->bytes[at[i]] = ip->bytes[i];
	return true;
}

/* Whether one of the addresses of NAT64_NAME, 192.0.0.170 and 192.0.0.171, is where a prefix of
 * this length has it; then the prefix, and the last byte of the address. */
static bool find_known(const struct addr *record, uint8_t len, struct prefix *ret,
		       uint8_t *ret_last)
{
	static const uint8_t known[IPV4_BYTES - 1] = {192, 0, 0};
	size_t at[IPV4_BYTES];

	*ret = (struct prefix){.addr = *record, .len = len};
	if (!positions(ret, at) || record->bytes[ZERO_BYTE])
		return false;
	for (size_t i = 0; i < sizeof(known); i++)
		if (record->bytes[at[i]] != known[i])
			return false;
	*ret_last = record->bytes[at[IPV4_BYTES - 1]];
	prefix_mask(ret);
	return *ret_last == 170 || *ret_last == 171;
}

/* Bytes that look like the one address may be a part of the prefix, but then they are the same in
 * all records: where the prefix is right, another record has the other address. */
static bool other_confirms(const struct addr *records, size_t count, const struct prefix *prefix,
			   uint8_t last)
{
	struct prefix found;
	uint8_t other;

	for (size_t i = 0; i < count; i++)
		if (find_known(&records[i], prefix->len, &found, &other) && other != last &&
		    prefix_equal(&found, prefix))
			return true;
	return false;
}

static int add(const struct prefix *prefix, struct prefix_vec *ret)
{
	struct prefix *p;

	vec_each(known, ret)
		if (prefix_equal(known, prefix))
			return 0;
	p = vec_push(ret);
	if (!p)
		return -ENOMEM;
	*p = *prefix;
	return 0;
}

int nat64_discover(const struct addr *records, size_t count, struct prefix_vec *ret)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct prefix found[LENGTHS];
		uint8_t last[LENGTHS];
		size_t n = 0;

		for (size_t j = 0; j < LENGTHS; j++)
			n += find_known(&records[i], lengths[j], &found[n], &last[n]);
		for (size_t j = 0; j < n && r == 0; j++)
			if (n == 1 || other_confirms(records, count, &found[j], last[j]))
				r = add(&found[j], ret);
	}
	return r;
}
