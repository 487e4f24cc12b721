// SPDX-License-Identifier: GPL-2.0-or-later
// Every route out of a link, sorted into its table.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "rtnetlink_internal.h"

struct table_list {
	struct route_table_vec *tables;
	size_t last; /* the table of the route before: routes come table by table */
	uint32_t oif;
	uint8_t family;
};

static struct route_table *table_of(struct table_list *list, uint32_t number)
{
	struct route_table_vec *tables = list->tables;

	if (list->last < tables->len && tables->at[list->last].table == number)
		return &tables->at[list->last];
	for (list->last = 0; list->last < tables->len; list->last++)
		if (tables->at[list->last].table == number)
			return &tables->at[list->last];

	struct route_table *table = vec_push(tables);
	if (table)
		table->table = number;
	return table;
}

/* Filters again, as route_take() does. */
static bool table_wants(const struct table_list *list, const struct rtnetlink_route_seen *seen)
{
	return seen->prefix.addr.family == list->family && seen->oif == list->oif && seen->plain &&
	       seen->type == RTN_UNICAST && seen->protocol != RTPROT_KERNEL;
}

static int table_take(struct nlmsghdr *message, void *into)
{
	struct table_list *list = into;
	struct rtnetlink_route_seen seen;
	int r = rtnetlink_route_parse(message, &seen);

	if (r < 0 || !table_wants(list, &seen))
		return r;
	struct route_table *table = table_of(list, seen.table);
	struct route *route = table ? vec_push(seen.bare ? &table->plain : &table->others) : NULL;
	if (!route)
		return -ENOMEM;
	route->prefix = seen.prefix;
	return 0;
}

static void routes_cut(struct route_vec *routes, uint8_t family)
{
	while (routes->len && routes->at[routes->len - 1].prefix.addr.family == family)
		routes->len--;
}

/* The routes of the other family stand before. */
static void table_restart(void *into)
{
	const struct table_list *list = into;

	vec_each(table, list->tables) {
		routes_cut(&table->plain, list->family);
		routes_cut(&table->others, list->family);
	}
}

static int table_dump(struct rtnetlink *rt, struct table_list *list, struct ack *ret_ack)
{
	const struct rtmsg head = {.rtm_family = list->family, .rtm_type = RTN_UNICAST};
	const struct rtnetlink_sink sink = {
		.take = table_take, .into = list, .restart = table_restart};
	_cleanup_message_ struct nl_msg *message =
		rtnetlink_message(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));

	*ret_ack = (struct ack){.error = ENOMEM};
	if (!message || nla_put_u32(message, RTA_OIF, list->oif) < 0)
		return -ENOMEM;

	int r = rtnetlink_talk(rt, message, &sink, ret_ack);
	/* No such link, no such family: no routes. */
	return r == -ENODEV || r == -EAFNOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}

int rtnetlink_table_list(struct rtnetlink *rt, uint32_t oif, struct route_table_vec *ret,
			 struct diag *d)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	char text[RTNETLINK_LINK_TEXT_MAX];
	struct ack ack;

	for (size_t i = 0; i < sizeof(families); i++) {
		struct table_list list = {.tables = ret, .oif = oif, .family = families[i]};

		if (table_dump(rt, &list, &ack) < 0) {
			rtnetlink_link_text(oif, text);
			return ack_fail(d, &ack, "list the routes through link %s", text);
		}
	}
	return 0;
}
