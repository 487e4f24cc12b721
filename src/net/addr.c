// SPDX-License-Identifier: GPL-2.0-or-later
// IP addresses and prefixes: reading, writing, comparing, masking.
#include "wgq/net/addr.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS = 8, GROUP_BYTES = 2 }; /* of an IPv6 address, RFC 4291 2.2 */

struct addr addr_of_socket(const struct sockaddr *any)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)any;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)any;
	struct addr a = {.family = any ? (uint8_t)any->sa_family : 0};

	if (a.family == AF_INET)
		memcpy(a.bytes, &in->sin_addr, sizeof(in->sin_addr));
	else if (a.family == AF_INET6)
		memcpy(a.bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
	else
		a.family = 0;
	return a;
}

uint8_t addr_bits(const struct addr *a)
{
	return a->family == AF_INET ? 32 : 128;
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

/* Four decimal numbers of up to three digits. No leading zeros: some programs take them for
 * octal, so glibc refuses them as well. */
static int parse_ipv4(const char *s, size_t n, uint8_t ret[4])
{
	const char *end = s + n;

	for (unsigned int i = 0; i < 4; i++) {
		const char *start = s;
		unsigned int value = 0;

		while (s < end && s - start < 3 && *s >= '0' && *s <= '9')
			value = value * 10 + (unsigned int)(*s++ - '0');
		if (s == start || value > 255 || (*start == '0' && s - start > 1))
			return -EINVAL;
		ret[i] = (uint8_t)value;
		if (i < 3 && (s == end || *s++ != '.'))
			return -EINVAL;
	}
	return s == end ? 0 : -EINVAL;
}

/* -1 where c is no hex digit. Without branches: which kind comes next no processor can guess. */
static int hex_digit(char c)
{
	int digit = c - '0', letter = (c | 0x20) - 'a';

	letter = letter >= 0 && letter < 6 ? letter + 10 : -1;
	return digit >= 0 && digit < 10 ? digit : letter;
}

/* Reads groups and, at the end, possibly an embedded IPv4 address (RFC 4291 2.2.3). Returns how
 * many bytes they filled, and the place of `::` among them, -1 if there is none. */
static int parse_groups(const char *s, const char *end, uint8_t ret[16], int *ret_gap)
{
	int filled = 0;

	*ret_gap = -1;
	if (end - s >= 2 && s[0] == ':' && s[1] == ':') {
		*ret_gap = 0;
		s += 2;
	}
	while (s < end) {
		const char *start = s;
		unsigned int value = 0;
		int digit;

		while (s < end && s - start < 4 && (digit = hex_digit(*s)) >= 0) {
			value = value << 4 | (unsigned int)digit;
			s++;
		}
		if (s < end && *s == '.') {
			if (filled > 12 || parse_ipv4(start, (size_t)(end - start), ret + filled))
				return -EINVAL;
			return filled + 4;
		}
		if (s == start || filled == 16)
			return -EINVAL;
		ret[filled++] = (uint8_t)(value >> 8);
		ret[filled++] = (uint8_t)value;
		if (s == end)
			break;
		if (*s++ != ':' || s == end)
			return -EINVAL;
		if (*s == ':') {
			if (*ret_gap >= 0)
				return -EINVAL;
			*ret_gap = filled;
			s++;
		}
	}
	return filled;
}

static int parse_ipv6(const char *s, size_t n, uint8_t ret[16])
{
	int gap;
	int filled = parse_groups(s, s + n, ret, &gap);

	if (filled < 0)
		return filled;
	if (gap < 0)
		return filled == 16 ? 0 : -EINVAL;
	/* `::` stands for one group of zeros at least. */
	if (filled == 16)
		return -EINVAL;

	size_t tail = (size_t)(filled - gap);
	memmove(ret + 16 - tail, ret + gap, tail);
	memset(ret + gap, 0, (size_t)(16 - filled));
	return 0;
}

int addr_parse(const char *s, size_t n, struct addr *ret)
{
	*ret = (struct addr){0};
	bool ipv6 = memchr(s, ':', n) != NULL;
	int r = ipv6 ? parse_ipv6(s, n, ret->bytes) : parse_ipv4(s, n, ret->bytes);

	if (r < 0) {
		*ret = (struct addr){0};
		return r;
	}
	ret->family = ipv6 ? AF_INET6 : AF_INET;
	return 0;
}

static char *put_decimal(char *at, unsigned int value)
{
	if (value >= 100)
		*at++ = (char)('0' + value / 100);
	if (value >= 10)
		*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

static char *put_ipv4(char *at, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_decimal(at, bytes[i]);
	}
	return at;
}

static char *put_group(char *at, unsigned int value)
{
	static const char digits[] = "0123456789abcdef";

	if (value > 0xfff)
		*at++ = digits[value >> 12];
	if (value > 0xff)
		*at++ = digits[value >> 8 & 0xf];
	if (value > 0xf)
		*at++ = digits[value >> 4 & 0xf];
	*at++ = digits[value & 0xf];
	return at;
}

/* The first of the longest runs of zero groups, if it has two at least (RFC 5952 4.2). */
static void find_gap(const unsigned int groups[GROUPS], int *ret_at, int *ret_len)
{
	*ret_at = -1;
	*ret_len = 1;
	for (int i = 0, len = 0; i < GROUPS; i++) {
		len = groups[i] ? 0 : len + 1;
		if (len > *ret_len) {
			*ret_at = i + 1 - len;
			*ret_len = len;
		}
	}
}

static char *put_ipv6(char *at, const uint8_t *bytes)
{
	unsigned int groups[GROUPS];
	int gap, gap_len;

	for (int i = 0; i < GROUPS; i++)
		groups[i] = (unsigned int)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	find_gap(groups, &gap, &gap_len);

	/* inet_ntop(3) writes IPv4-compatible and IPv4-mapped addresses with a dotted end. */
	bool dotted = gap == 0 && (gap_len == 6 || (gap_len == 5 && groups[5] == 0xffff));

	for (int i = 0; i < GROUPS; i++) {
		if (i == gap) {
			*at++ = ':';
			i += gap_len - 1;
			if (i == GROUPS - 1)
				*at++ = ':';
			continue;
		}
		if (i)
			*at++ = ':';
		if (dotted && i == 6)
			return put_ipv4(at, bytes + 12);
		at = put_group(at, groups[i]);
	}
	return at;
}

/* As its text, to the NUL. */
static char *put_addr(char *at, const struct addr *a)
{
	if (a->family == AF_INET)
		at = put_ipv4(at, a->bytes);
	else if (a->family == AF_INET6)
		at = put_ipv6(at, a->bytes);
	*at = '\0';
	return at;
}

void addr_format(const struct addr *a, char ret_text[ADDR_TEXT_MAX])
{
	put_addr(ret_text, a);
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int prefix_parse(const char *s, size_t n, struct prefix *ret)
{
	const char *slash = memchr(s, '/', n);
	const char *end = s + n;
	unsigned int len = 0;

	*ret = (struct prefix){0};
	int r = addr_parse(s, slash ? (size_t)(slash - s) : n, &ret->addr);
	if (r < 0)
		return r;
	ret->len = addr_bits(&ret->addr);
	if (!slash)
		return 0;

	const char *digit = slash + 1;
	if (digit == end)
		return -ERANGE;
	for (; digit < end; digit++) {
		if (*digit < '0' || *digit > '9')
			return -ERANGE;
		len = len * 10 + (unsigned int)(*digit - '0');
		if (len > ret->len)
			return -ERANGE;
	}
	ret->len = (uint8_t)len;
	return 0;
}

size_t prefix_format(const struct prefix *p, char ret_text[PREFIX_TEXT_MAX])
{
	char *at = put_addr(ret_text, &p->addr);

	*at++ = '/';
	at = put_decimal(at, p->len);
	*at = '\0';
	return (size_t)(at - ret_text);
}

void addr_add(const struct addr *a, struct buf *out)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	buf_str(out, text);
}

void prefix_add(const struct prefix *p, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	buf_mem(out, text, prefix_format(p, text));
}

/* What of byte i belongs to the network. */
static uint8_t network_bits(unsigned int len, unsigned int i)
{
	unsigned int before = 8 * i;

	if (len <= before)
		return 0;
	if (len >= before + 8)
		return 0xff;
	return (uint8_t)(0xff00U >> (len - before));
}

bool prefix_has_host_bits(const struct prefix *p)
{
	unsigned int i = p->len / 8, end = addr_bits(&p->addr) / 8U;

	if (i < end && p->addr.bytes[i] & ~network_bits(p->len, i))
		return true;
	while (++i < end)
		if (p->addr.bytes[i])
			return true;
	return false;
}

void prefix_mask(struct prefix *p)
{
	unsigned int i = p->len / 8, end = addr_bits(&p->addr) / 8U;

	if (i < end)
		p->addr.bytes[i] &= network_bits(p->len, i);
	while (++i < end)
		p->addr.bytes[i] = 0;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	return order ? order : a->len - b->len;
}

int prefix_compare_route(const struct prefix *a, const struct prefix *b)
{
	return a->len != b->len ? b->len - a->len : addr_compare(&b->addr, &a->addr);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	if (outer->addr.family != inner->addr.family || outer->len > inner->len)
		return false;
	for (unsigned int i = 0; 8 * i < outer->len; i++)
		if ((outer->addr.bytes[i] ^ inner->addr.bytes[i]) & network_bits(outer->len, i))
			return false;
	return true;
}
