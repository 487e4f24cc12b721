// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with the way into an interface: rules, tables, routes, firewall.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/net/prefix_set.h"
#include "wgq/plan/rule_place.h"
#include "wgq/plan/want/walls.h"

#include "internal.h"

enum { ROUTES_NAMED = 3 };

/* What sends packets of a family into the tunnel by policy routing. */
struct full {
	uint8_t family;
	const char *name;
	uint32_t mark; /* and number of the table */
};

static bool has_default(const struct route_vec *routes, uint8_t family)
{
	return vec_find(route, routes,
			route->prefix.len == 0 && route->prefix.addr.family == family);
}

static bool table_has_default(const struct snap *snap, uint32_t number, uint8_t family)
{
	return vec_find(table, &snap->tables,
			table->group.table == number && (has_default(&table->plain, family) ||
							 has_default(&table->others, family)));
}

static int check_order(const struct snap *snap, const struct full *full, const struct rule *tunnel,
		       struct finding_vec *ret)
{
	const struct host_rule *blocker = rule_place_blocker(snap, tunnel);
	enum finding_kind kind = FINDING_RULES_ORDER;
	_cleanup_buf_ struct buf detail = {0};

	buf_addf(&detail, "%s, ", full->name);
	if (blocker) {
		buf_addf(&detail, "%u: ", blocker->rule.priority);
		policy_rule_format(&blocker->rule, &detail);
		buf_str(&detail, " comes first");
	} else if (vec_find(rule, &snap->suppress_rules,
			    rule->family == tunnel->family && rule->place < tunnel->place)) {
		return 0;
	} else {
		buf_str(&detail, "lookup main suppress_prefixlength 0");
		/* Where the kernel had no lower priority for it. */
		if (vec_find(rule, &snap->suppress_rules,
			     rule->family == tunnel->family && rule->priority == tunnel->priority))
			buf_str(&detail, " comes last");
		else
			kind = FINDING_SUPPRESS_MISSING;
	}
	return finding_add(ret, kind, FINDING_NO_PEER, &detail);
}

/* By a rule that comes before, or by routes closer than the default: 0.0.0.0/1. */
static int check_other(const struct health_input *in, const struct full *full,
		       const struct rule *rule, struct finding_vec *ret)
{
	const struct around *around = in->around;
	bool ipv6 = full->family == AF_INET6;
	const char *taken_by = ipv6 ? around->tunnel_ip6 : around->tunnel_ip;
	_cleanup_buf_ struct buf detail = {0};

	vec_each(tunnel, &in->snap->tunnel_rules)
		if (!detail.len && tunnel->other[0] && tunnel->rule.family == full->family &&
		    tunnel->rule.fwmark != rule->fwmark && tunnel->rule.place < rule->place)
			buf_addf(&detail, "%s, rule %u of %s comes before %u", full->name,
				 tunnel->rule.priority, tunnel->other, rule->priority);
	if (!detail.len && taken_by[0])
		buf_addf(&detail, "%s, which goes into %s", full->name, taken_by);
	return detail.len ? finding_add(ret, FINDING_OTHER_TUNNEL, FINDING_NO_PEER, &detail) : 0;
}

/* Without a configuration any trace of it says that the device was to be a full tunnel: Table could
 * as well have been off. */
static bool has_trace(const struct snap *snap)
{
	uint32_t mark = snap->wg.fwmark;

	if (snap->has_firewall)
		return true;
	vec_each(tunnel, &snap->tunnel_rules)
		if (tunnel->rule.table == mark)
			return true;
	vec_each(table, &snap->tables)
		if (table->group.table == mark)
			return true;
	return false;
}

static bool is_full(const struct health_input *in, uint8_t family)
{
	const struct want *want = in->want;

	if (want)
		return want_is_full_for(want, family);
	return in->snap->wg.fwmark && wg_peers_have_default(&in->snap->wg.peers, family) &&
	       has_trace(in->snap);
}

bool health_judges_firewall(const struct health_input *in)
{
	return in->wants_firewall && snap_has_seen(in->snap, LOOK_FIREWALL);
}

bool health_wants_ipv6(const struct health_input *in)
{
	return in->want ? in->want->carries_ip6 : is_full(in, AF_INET6);
}

bool health_lacks_ipv6(const struct health_input *in)
{
	return health_wants_ipv6(in) && ipv6_is_only_elsewhere(&in->snap->ipv6);
}

static int check_family(const struct health_input *in, const struct full *full,
			struct finding_vec *ret)
{
	const struct snap *snap = in->snap;
	const struct tunnel_rule *tunnel =
		vec_find(rule, &snap->tunnel_rules,
			 rule->rule.family == full->family && rule->rule.table == full->mark);
	_cleanup_buf_ struct buf missing = {0}, route = {0};
	int r = 0;

	if (!tunnel) {
		buf_addf(&missing, "%s, not fwmark %u lookup %u", full->name, full->mark,
			 full->mark);
		r = finding_add(ret, FINDING_RULE_MISSING, FINDING_NO_PEER, &missing);
	} else {
		r = check_order(snap, full, &tunnel->rule, ret);
		if (r == 0)
			r = check_other(in, full, &tunnel->rule, ret);
	}
	if (r < 0 || table_has_default(snap, full->mark, full->family))
		return r;
	buf_addf(&route, "%s, table %u", full->name, full->mark);
	return finding_add(ret, FINDING_DEFAULT_ROUTE_MISSING, FINDING_NO_PEER, &route);
}

static int routed_prefixes(const struct snap *snap, uint32_t number, struct prefix_set *ret)
{
	vec_each(table, &snap->tables) {
		const struct route_vec *lists[] = {&table->plain, &table->others};

		if (table->group.table != number)
			continue;
		for (size_t i = 0; i < 2; i++)
			vec_each(route, lists[i])
				if (prefix_set_add(ret, &route->prefix) < 0)
					return -ENOMEM;
	}
	prefix_set_sort(ret);
	return 0;
}

/* Prefixes of a finding, of which the first are named and the others counted. */
struct names {
	struct buf *of;
	size_t count;
};

static void name_prefix(struct names *names, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	if (names->count++ >= ROUTES_NAMED)
		return;
	prefix_format(prefix, text);
	buf_addf(names->of, "%s%s", names->count > 1 ? ", " : "", text);
}

static int names_found(struct names *names, enum finding_kind kind, struct finding_vec *ret)
{
	if (!names->count)
		return 0;
	if (names->count > ROUTES_NAMED)
		buf_addf(names->of, " and %zu more", names->count - ROUTES_NAMED);
	return finding_add(ret, kind, FINDING_NO_PEER, names->of);
}

/* With Table = auto want has left out what is routed; else all routes are in the table named. */
static int check_routes(const struct snap *snap, const struct want *want, struct finding_vec *ret)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};
	_cleanup_buf_ struct buf detail = {0};
	struct names missing = {.of = &detail};

	/* As in tables_compare(). */
	if (snap->link.in_vrf && want->table == RT_TABLE_MAIN)
		return 0;
	if (want->conf->table_kind != TABLE_AUTO && routed_prefixes(snap, want->table, &there) < 0)
		return -ENOMEM;
	vec_each(route, &want->routes)
		if (!prefix_set_has(&there, &route->prefix))
			name_prefix(&missing, &route->prefix);
	vec_each(piece, &want->pieces)
		if (!prefix_set_has(&there, &piece->prefix))
			name_prefix(&missing, &piece->prefix);
	return names_found(&missing, FINDING_ROUTE_MISSING, ret);
}

/* In the table of a full tunnel. */
static int check_excluded(const struct snap *snap, const struct want *want, struct finding_vec *ret)
{
	_cleanup_prefix_set_ struct prefix_set there = {0};
	_cleanup_buf_ struct buf detail = {0};
	struct names missing = {.of = &detail};
	int r = 0;

	if (!snap_has_seen(snap, LOOK_UNLINKED))
		return 0;
	vec_each(table, &snap->throws)
		vec_each(route, &table->plain)
			if (r == 0 && table->group.table == want->mark)
				r = prefix_set_add(&there, &route->prefix);
	prefix_set_sort(&there);
	vec_each(route, &want->throws)
		if (!prefix_set_has(&there, &route->prefix))
			name_prefix(&missing, &route->prefix);
	return r == 0 ? names_found(&missing, FINDING_EXCLUDED_MISSING, ret) : r;
}

static int add_networks(const struct route_vec *routes, struct prefix_set *ret)
{
	vec_each(route, routes) {
		struct prefix network = route->prefix;

		prefix_mask(&network);
		if (prefix_set_add(ret, &network) < 0)
			return -ENOMEM;
	}
	return 0;
}

int health_networks(const struct snap *snap, const struct want *want, struct prefix_set *ret)
{
	if (snap->link.in_vrf)
		return 0;
	int r = prefix_set_of_networks(&snap->addrs, ret);
	if (r == 0)
		r = add_networks(&snap->main_routes, ret);
	if (r == 0 && want && want->table == RT_TABLE_MAIN)
		r = add_networks(&want->routes, ret);
	prefix_set_sort(ret);
	return r;
}

static int check_taken(const struct health_input *in, struct finding_vec *ret)
{
	_cleanup_prefix_set_ struct prefix_set own = {0};
	_cleanup_buf_ struct buf detail = {0};
	struct names names = {.of = &detail};

	if (health_networks(in->snap, in->want, &own) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < own.len; i++)
		if ((i == 0 || !prefix_equal(&own.at[i - 1], &own.at[i])) &&
		    prefix_set_has_network(&in->around->networks, &own.at[i]))
			name_prefix(&names, &own.at[i]);
	return names_found(&names, FINDING_TAKEN_NETWORK, ret);
}

/* By what happens to packets, whoever routes them so. Where policy routing is to catch them, what
 * is missing of it was told. */
static int check_leaks(const struct health_input *in, struct finding_vec *ret)
{
	const struct around *around = in->around;

	if (around->out_ip == OUT_HERE && around->out_ip6 == OUT_BARE && !health_lacks_ipv6(in) &&
	    !is_full(in, AF_INET6))
		return finding_add(ret, FINDING_IPV6_LEAK, FINDING_NO_PEER, NULL);
	if (around->out_ip6 == OUT_HERE && around->out_ip == OUT_BARE && !is_full(in, AF_INET))
		return finding_add(ret, FINDING_IPV4_LEAK, FINDING_NO_PEER, NULL);
	return 0;
}

static int check_full(const struct health_input *in, struct finding_vec *ret)
{
	const struct want *want = in->want;
	const uint32_t mark = want && want->mark ? want->mark : in->snap->wg.fwmark;
	const struct full families[] = {{AF_INET, "IPv4", mark}, {AF_INET6, "IPv6", mark}};
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < 2; i++) {
		if (!is_full(in, families[i].family))
			continue;
		any = true;
		/* Where IPv6 is off that is told, and explains the rest. */
		if (!mark || (families[i].family == AF_INET6 && health_lacks_ipv6(in)))
			continue;
		if (r == 0)
			r = check_family(in, &families[i], ret);
	}
	if (r < 0 || !any)
		return r;
	if (in->snap->wg.fwmark == 0)
		r = finding_add(ret, FINDING_NO_MARK, FINDING_NO_PEER, NULL);
	if (r == 0 && health_judges_firewall(in) && !in->snap->has_firewall)
		r = finding_add(ret, FINDING_FIREWALL_MISSING, FINDING_NO_PEER, NULL);
	else if (r == 0 && health_judges_firewall(in) && want && !in->snap->has_firewall_rules)
		r = finding_add(ret, FINDING_FIREWALL_CHANGED, FINDING_NO_PEER, NULL);
	if (r == 0 && is_full(in, AF_INET) && in->around->strict_rp_filter &&
	    !in->around->src_valid_mark)
		r = finding_add(ret, FINDING_SRC_VALID_MARK, FINDING_NO_PEER, NULL);
	return r;
}

static int check_walls(const struct health_input *in, struct finding_vec *ret)
{
	const struct snap *snap = in->snap;
	const uint16_t ports[WALLS_PORTS] = {snap->wg.listen_port};
	_cleanup_buf_ struct buf detail = {0};
	struct walls wanted = {0};

	if (!snap_has_seen(snap, LOOK_FIREWALL) || !snap_has_seen(snap, LOOK_DEVICE))
		return 0;
	int r = walls_of_port(in->want->conf, ports, &wanted);
	if (r == 0)
		r = walls_of_packets(in->want->conf, &snap->lan, &wanted);
	bool right = wanted.len ? snap->own_table_is_whole && walls_same(&snap->walls, &wanted)
				: !snap->has_own_table;
	for (enum wall_key key = 0; r == 0 && !right && key < WALL_KEYS; key++) {
		_cleanup_buf_ struct buf is = {0}, value = {0};

		walls_value(&snap->walls, key, &is);
		walls_value(&wanted, key, &value);
		if (strcmp(buf_text(&is), buf_text(&value)) == 0)
			continue;
		buf_addf(&detail, "%s%s: %s, not %s", detail.len ? "; " : "", wall_key_name(key),
			 is.len ? buf_text(&is) : "no", value.len ? buf_text(&value) : "no");
	}
	vec_release(&wanted);
	return r < 0 || right ? r
			      : finding_add(ret, FINDING_WALLS_CHANGED, FINDING_NO_PEER, &detail);
}

static int check_forwarding(const struct health_input *in, struct finding_vec *ret)
{
	bool ip = in->around->lacks_forwarding, ip6 = in->around->lacks_forwarding6;
	_cleanup_buf_ struct buf detail = {0};
	uint32_t line;
	int r = 0;

	if (!conf_forwards(in->want->conf, &line))
		return 0;
	vec_each(blocker, &in->around->blockers) {
		_cleanup_buf_ struct buf where = {0};

		buf_str(&where, blocker->where);
		if (r == 0)
			r = finding_add(ret, FINDING_BLOCKED_UFW + blocker->kind, FINDING_NO_PEER,
					&where);
	}
	if (r < 0 || (!ip && !ip6))
		return r;
	buf_addf(&detail, "%s%s%s is 0", ip ? "net.ipv4.ip_forward" : "", ip && ip6 ? ", " : "",
		 ip6 ? "net.ipv6.conf.all.forwarding" : "");
	return finding_add(ret, FINDING_NO_FORWARDING, FINDING_NO_PEER, &detail);
}

int health_tunnel(const struct health_input *in, struct finding_vec *ret)
{
	int r = snap_has_seen(in->snap, LOOK_DEVICE) ? check_full(in, ret) : 0;

	if (r == 0 && in->want)
		r = check_routes(in->snap, in->want, ret);
	if (r == 0 && in->want)
		r = check_excluded(in->snap, in->want, ret);
	if (r == 0 && in->want)
		r = check_walls(in, ret);
	if (r == 0 && in->want)
		r = check_forwarding(in, ret);
	if (r == 0 && in->want && in->want->conf->multicast && !in->snap->link.multicast)
		r = finding_add(ret, FINDING_MULTICAST_OFF, FINDING_NO_PEER, NULL);
	if (r == 0)
		r = check_taken(in, ret);
	return r == 0 ? check_leaks(in, ret) : r;
}
