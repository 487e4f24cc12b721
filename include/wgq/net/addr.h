/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP addresses and prefixes as values. Texts are given by pointer and length: they are read in
 * place, out of configurations of many megabytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"

struct sockaddr;

struct addr {
	uint8_t family;    /* AF_INET, AF_INET6 (both below 256); 0: none */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four, the rest is zero */
};

struct prefix {
	struct addr addr;
	uint8_t len; /* bits */
};

/* The longest texts, with the NUL. */
enum { ADDR_TEXT_MAX = 46, PREFIX_TEXT_MAX = 50 };

/* Of a socket address, which may be NULL. Family 0: it is of neither family. */
struct addr addr_of_socket(const struct sockaddr *any);

/* 32 or 128. */
uint8_t addr_bits(const struct addr *a);

/* What inet_pton(3) takes: with a colon IPv6, else a full dotted IPv4. 0 or -EINVAL. */
int addr_parse(const char *s, size_t n, struct addr *ret);
void addr_format(const struct addr *a, char ret_text[ADDR_TEXT_MAX]);
/* By family, then by bytes; <0, 0, >0. */
int addr_compare(const struct addr *a, const struct addr *b);

/* fe80::/10 (RFC 4291 2.4). */
bool addr_is_link_local(const struct addr *a);

/* ADDRESS or ADDRESS/LEN, as wg(8) reads an allowed IP; host bits are kept. 0, -EINVAL where the
 * text is no address, -ERANGE where the length is not a number from 0 to addr_bits(). */
int prefix_parse(const char *s, size_t n, struct prefix *ret);
/* The length of the text. */
size_t prefix_format(const struct prefix *p, char ret_text[PREFIX_TEXT_MAX]);
/* Append the text. */
void addr_add(const struct addr *a, struct buf *out);
void prefix_add(const struct prefix *p, struct buf *out);

bool prefix_has_host_bits(const struct prefix *p);
void prefix_mask(struct prefix *p);

/* By family, address, length: the order for look-ups. */
int prefix_compare(const struct prefix *a, const struct prefix *b);
/* The order in which wg-quick adds routes: longest first (linux.bash:339, sort -nr -k 2 -t /),
 * IPv6 before IPv4, and downward by address; every route follows those that it covers. */
int prefix_compare_route(const struct prefix *a, const struct prefix *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Whether each address of inner is in outer. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);

struct addr_vec {
	VEC(struct addr);
};

struct prefix_vec {
	VEC(struct prefix);
};
