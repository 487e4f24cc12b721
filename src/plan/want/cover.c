// SPDX-License-Identifier: GPL-2.0-or-later
// Which prefixes are routed into the interface before its allowed IPs get their routes.
#include "wgq/plan/want/cover.h"

#include <errno.h>
#include <sys/socket.h>

static int cover_add(struct cover *cover, const struct prefix *p)
{
	struct prefix network = *p;

	prefix_mask(&network);
	return prefix_set_add(&cover->prefixes, &network);
}

/* Few of the lengths that a prefix may have are in use, and only those are looked for. */
static void cover_note_lengths(struct cover *cover)
{
	bool used[2][129] = {0};

	vec_each(p, &cover->prefixes)
		used[p->addr.family == AF_INET6][p->len] = true;
	for (int ipv6 = 0; ipv6 < 2; ipv6++)
		for (unsigned int len = 0; len <= 128; len++)
			if (used[ipv6][len])
				cover->lengths[ipv6].at[cover->lengths[ipv6].count++] =
					(uint8_t)len;
}

/* Whether the kernel adds a route for an address: for an IPv4 one unless it is single or its
 * network is 0.0.0.0 (net/ipv4/fib_frontend.c, fib_add_ifaddr()); for any of IPv6. */
static bool has_route(const struct prefix *address)
{
	static const struct addr zero = {.family = AF_INET};
	struct prefix network = *address;

	prefix_mask(&network);
	return network.addr.family == AF_INET6 ||
	       (network.len < 32 && addr_compare(&network.addr, &zero) != 0);
}

static int cover_add_addresses(struct cover *cover, const struct link_addr_vec *addrs)
{
	vec_each(addr, addrs)
		if (has_route(&addr->prefix) && cover_add(cover, &addr->prefix) < 0)
			return -ENOMEM;
	return 0;
}

int cover_make(const struct snap *snap, const struct link_addr_vec *wanted, struct cover *ret,
	       struct diag *d)
{
	int r = cover_add_addresses(ret, &snap->addrs);

	if (r == 0)
		r = cover_add_addresses(ret, wanted);
	vec_each(route, &snap->main_routes)
		if (r == 0)
			r = cover_add(ret, &route->prefix);
	if (r < 0)
		return diag_no_memory(d);
	prefix_set_sort(&ret->prefixes);
	cover_note_lengths(ret);
	return 0;
}

bool cover_has(const struct cover *cover, const struct prefix *p)
{
	bool ipv6 = p->addr.family == AF_INET6;

	for (unsigned int i = 0; i < cover->lengths[ipv6].count; i++) {
		struct prefix wider = *p;

		wider.len = cover->lengths[ipv6].at[i];
		if (wider.len > p->len)
			return false;
		prefix_mask(&wider);
		if (prefix_set_has(&cover->prefixes, &wider))
			return true;
	}
	return false;
}

void cover_release(struct cover *cover)
{
	prefix_set_release(&cover->prefixes);
}
