// SPDX-License-Identifier: GPL-2.0-or-later
// What the way back of a reload takes beside the inverses of its steps, since the kernel does more
// than it is asked when addresses come and go.
#include <errno.h>
#include <sys/socket.h>

#include "diff_internal.h"
#include "reload_internal.h"

static int copy_ipv4(const struct route_table *table, struct route_table_vec *ret)
{
	struct route_table *copy = vec_push(ret);

	if (!copy)
		return -ENOMEM;
	copy->table = table->table;
	vec_each(route, &table->plain) {
		if (route->prefix.addr.family != AF_INET)
			continue;
		struct route *slot = vec_push(&copy->plain);
		if (!slot)
			return -ENOMEM;
		*slot = *route;
	}
	return 0;
}

/* With its last IPv4 address an interface loses every IPv4 route, in every table (fib_disable_ip(),
 * net/ipv4/fib_frontend.c), although it had them before it got the first. */
static bool keep_ipv4_routes(const struct snap *snap, struct reload *reload)
{
	struct route_table_vec *lost = &reload->lost_on_the_way_back;

	if (addrs_have_family(&snap->addrs, AF_INET) ||
	    !addrs_have_family(&reload->want.addrs, AF_INET))
		return true;
	vec_each(table, &snap->tables)
		if (copy_ipv4(table, lost) < 0)
			return false;
	vec_each(table, lost) {
		size_t before = reload->plan.len;

		if (!diff_add_routes(table->plain.at, table->plain.len, table->table, 0,
				     &reload->plan))
			return false;
		if (reload->plan.len > before)
			vec_last(&reload->plan)->back_only = true;
	}
	return true;
}

bool reload_add_addresses(const struct snap *snap, struct reload *reload)
{
	const struct want *want = &reload->want;

	return keep_ipv4_routes(snap, reload) &&
	       diff_add_addresses(snap, want, AF_INET, &reload->plan) &&
	       diff_add_addresses(snap, want, AF_INET6, &reload->plan);
}
