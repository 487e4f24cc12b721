// SPDX-License-Identifier: GPL-2.0-or-later
// The choice of private networks for a new tunnel.
#include "wgq/net/subnet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { IPV4_LEN = 24, SITE_LEN = 48, IPV6_LEN = 64 };

/* In the order of preference. */
static const struct prefix private_ipv4[] = {
	{{AF_INET, {10}}, 8},
	{{AF_INET, {172, 16}}, 12},
	{{AF_INET, {192, 168}}, 16},
};
static const struct prefix private_ipv6 = {{AF_INET6, {0xfc}}, 7};
static const struct prefix site_ipv6 = {{AF_INET6, {0xfd}}, 8}; /* RFC 4193, 3.1 */

static bool overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

bool subnet_matters(const struct prefix *p)
{
	bool matters = p->addr.family == AF_INET6 && prefix_covers(&private_ipv6, p) &&
		       p->len > site_ipv6.len;

	for (size_t i = 0; i < sizeof(private_ipv4) / sizeof(private_ipv4[0]); i++)
		matters |= p->len > 1 && overlap(&private_ipv4[i], p);
	return matters;
}

/* NULL: it is free. */
static const struct prefix *used_by(const struct prefix_vec *used, const struct prefix *candidate)
{
	return vec_find(p, used, overlap(p, candidate));
}

int subnet_choose_ipv4(const struct prefix_vec *used, uint32_t random, struct prefix *ret)
{
	for (size_t i = 0; i < sizeof(private_ipv4) / sizeof(private_ipv4[0]); i++) {
		uint32_t count = 1U << (IPV4_LEN - private_ipv4[i].len);

		for (uint32_t k = 0; k < count; k++) {
			uint32_t number = (random + k) % count;

			*ret = (struct prefix){.addr = private_ipv4[i].addr, .len = IPV4_LEN};
			ret->addr.bytes[1] |= (uint8_t)(number >> 8);
			ret->addr.bytes[2] |= (uint8_t)number;
			if (!used_by(used, ret))
				return 0;
		}
	}
	return -ENOSPC;
}

/* The first /48 behind a prefix; after the last one of all the first. */
static void pass(struct prefix *site, uint8_t len)
{
	site->len = len < SITE_LEN ? len : SITE_LEN;
	prefix_mask(site);
	unsigned int carry = 1U << (7 - (site->len - 1) % 8);
	for (int i = (site->len - 1) / 8; i > 0 && carry; i--) {
		carry += site->addr.bytes[i];
		site->addr.bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	site->len = SITE_LEN;
}

int subnet_choose_ipv6(const struct prefix_vec *used, const uint8_t random[5], struct prefix *ret)
{
	struct prefix site = {.addr = site_ipv6.addr, .len = SITE_LEN};
	const struct prefix *in_the_way;

	memcpy(site.addr.bytes + 1, random, 5);
	/* Each may be met once more, when it goes round. */
	for (size_t met = 0; (in_the_way = used_by(used, &site)); met++) {
		if (in_the_way->len <= site_ipv6.len || met > 2 * used->len)
			return -ENOSPC;
		pass(&site, in_the_way->len);
	}
	*ret = site;
	ret->len = IPV6_LEN;
	return 0;
}

void subnets_release(struct prefix_vec *subnets)
{
	vec_release(subnets);
}

struct prefix subnet_host(const struct prefix *subnet, uint8_t number)
{
	struct prefix host = *subnet;

	host.addr.bytes[addr_bits(&host.addr) / 8 - 1] = number;
	return host;
}

/* The last address of a prefix. */
static struct addr last_of(const struct prefix *p)
{
	struct addr last = p->addr;

	for (int bit = p->len; bit < addr_bits(&last); bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

static struct addr next_of(struct addr a)
{
	for (int i = addr_bits(&a) / 8 - 1; i >= 0 && ++a.bytes[i] == 0; i--)
		;
	return a;
}

int subnet_choose_host(const struct prefix *subnet, const struct prefix_vec *used,
		       struct prefix *ret)
{
	struct prefix network = *subnet;

	prefix_mask(&network);
	struct addr last = last_of(&network), host = network.addr;
	bool is_pair = network.len + 1 >= addr_bits(&host);

	/* RFC 3021 and 6164: of two addresses both are hosts. */
	if (!is_pair)
		host = next_of(host);
	vec_each(p, used) {
		struct prefix taken = *p;

		prefix_mask(&taken);
		const struct addr end = last_of(&taken);
		if (prefix_covers(&taken, &network) || !prefix_covers(&network, &taken))
			continue;
		if (addr_compare(&taken.addr, &host) > 0)
			break;
		if (addr_compare(&end, &last) == 0 && addr_compare(&end, &host) >= 0)
			return -ENOSPC;
		if (addr_compare(&end, &host) >= 0)
			host = next_of(end);
	}
	if (!is_pair && host.family == AF_INET && addr_compare(&host, &last) == 0)
		return -ENOSPC;
	*ret = (struct prefix){host, addr_bits(&host)};
	return 0;
}
