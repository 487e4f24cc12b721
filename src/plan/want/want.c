// SPDX-License-Identifier: GPL-2.0-or-later
// The wanted state of an interface, from its configuration and what was observed.
#include "wgq/plan/want/want.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/net/route_sort.h"
#include "wgq/plan/want/addrs_listed.h"
#include "wgq/plan/want/allowed.h"
#include "wgq/plan/want/carry.h"
#include "wgq/plan/want/cover.h"
#include "wgq/plan/want/excluded.h"
#include "wgq/plan/want/mtu.h"
#include "wgq/plan/want/walls.h"

bool want_asks_full_tunnel(const struct conf *conf)
{
	if (conf->table_kind != TABLE_AUTO)
		return false;
	vec_each(peer, &conf->wg.peers)
		vec_each(ip, &peer->allowed_ips)
			if (ip->prefix.len == 0)
				return true;
	return false;
}

bool want_may_be_full_tunnel(const struct conf *conf)
{
	return want_asks_full_tunnel(conf) ||
	       (conf->table_kind == TABLE_AUTO && conf->hooks[HOOK_PRE_UP].len);
}

bool want_is_full(const struct want *want)
{
	return want->full_ip || want->full_ip6;
}

bool want_is_full_for(const struct want *want, uint8_t family)
{
	return family == AF_INET6 ? want->full_ip6 : want->full_ip;
}

static size_t count_addrs(const struct link_addr_vec *addrs, uint8_t family)
{
	size_t count = 0;

	vec_each(addr, addrs)
		count += addr->prefix.addr.family == family;
	return count;
}

static size_t count_routes(const struct route_vec *routes, uint8_t family)
{
	size_t count = 0;

	vec_each(route, routes)
		count += route->prefix.addr.family == family;
	return count;
}

/* What PreUp hooks have made; what is of the link alone is the kernel's. */
static bool is_there(const struct snap *snap, uint8_t family)
{
	vec_each(addr, &snap->addrs)
		if (addr->prefix.addr.family == family && !addr_is_link_local(&addr->prefix.addr))
			return true;
	vec_each(route, &snap->main_routes)
		if (route->prefix.addr.family == family && !addr_is_link_local(&route->prefix.addr))
			return true;
	return false;
}

static bool carries(const struct conf *conf, const struct snap *snap, const struct want *want,
		    uint8_t family)
{
	return count_addrs(&conf->addresses, family) || count_routes(&want->routes, family) ||
	       is_there(snap, family);
}

/* Without IPv6 on the host IPv4 still comes up; wg-quick fails here. */
static void warn_without_ipv6(const struct conf *conf, const struct snap *snap,
			      const struct want *want, struct diag *d)
{
	size_t addrs = count_addrs(&conf->addresses, AF_INET6);
	size_t routes = count_routes(&want->routes, AF_INET6);

	if (snap->ipv6.state == IPV6_ON || snap->ipv6.elsewhere[0])
		return;
	if (addrs || routes)
		diag_warn(d, "IPv6 is %s here: %zu address%s and %zu route%s of %s left out",
			  snap->ipv6.state == IPV6_ABSENT ? "not in the kernel"
							  : "disabled by sysctl",
			  addrs, addrs == 1 ? "" : "es", routes, routes == 1 ? "" : "s",
			  conf->path);
}

static int want_addresses(const struct conf *conf, const struct snap *snap, struct want *want,
			  struct diag *d)
{
	vec_each(addr, &conf->addresses) {
		if (addr->prefix.addr.family == AF_INET6 && snap->ipv6.state != IPV6_ON)
			continue;
		struct link_addr *copy = vec_push(&want->addrs);
		if (!copy)
			return diag_no_memory(d);
		*copy = *addr;
	}
	return 0;
}

enum route_kept { ROUTE_LEFT_OUT, ROUTE_KEPT, ROUTE_CUT };

/* What becomes of the route of one allowed IP: ROUTE_CUT, and it is cut into pieces. */
static enum route_kept keep_route(const struct route *route, const struct conf *conf,
				  const struct snap *snap, const struct route_vec *excluded,
				  struct want *want)
{
	bool ip6 = route->prefix.addr.family == AF_INET6;
	enum excluded_part part = excluded_part(excluded, &route->prefix);

	if ((ip6 && snap->ipv6.state != IPV6_ON) || part == EXCLUDED_ALL)
		return ROUTE_LEFT_OUT;
	if (conf->table_kind == TABLE_AUTO && route->prefix.len == 0) {
		*(ip6 ? &want->default_ip6 : &want->default_ip) = *route;
		*(ip6 ? &want->full_ip6 : &want->full_ip) = true;
		return ROUTE_LEFT_OUT;
	}
	return part == EXCLUDED_SOME ? ROUTE_CUT : ROUTE_KEPT;
}

/* linux.bash:168-180: an allowed IP gets a route unless one on the device covers it already. */
static void drop_covered(struct route_vec *routes, const struct cover *cover)
{
	size_t kept = 0;

	vec_each(route, routes)
		if (!cover_has(cover, &route->prefix))
			routes->at[kept++] = *route;
	routes->len = kept;
}

/* Two allowed IPs, of which one is inside the other, may leave the same. */
static void drop_repeated(struct route_vec *pieces, const struct route_vec *routes)
{
	size_t kept = 0;

	route_sort_unique(pieces);
	vec_each(piece, pieces)
		if (!route_is_in(routes, &piece->prefix))
			pieces->at[kept++] = *piece;
	pieces->len = kept;
}

static int want_routes(const struct conf *conf, const struct snap *snap, struct want *want,
		       struct diag *d)
{
	_cleanup_(routes_release) struct route_vec excluded = {0};
	_cleanup_(cover_release) struct cover cover = {0};
	size_t kept = 0;

	want->table = conf->table_kind == TABLE_NUMBER ? conf->table : RT_TABLE_MAIN;
	int r = excluded_list(conf, &excluded);
	vec_each(route, &want->routes) {
		enum route_kept is = keep_route(route, conf, snap, &excluded, want);

		if (is == ROUTE_KEPT)
			want->routes.at[kept++] = *route;
		else if (r == 0 && is == ROUTE_CUT)
			r = excluded_cut(&excluded, route, &want->pieces);
	}
	want->routes.len = kept;
	drop_repeated(&want->pieces, &want->routes);
	vec_each(route, &excluded)
		if (r == 0 && want_is_full_for(want, route->prefix.addr.family))
			r = route_add(&want->throws, route);
	if (r < 0)
		return diag_no_memory(d);
	if (conf->table_kind != TABLE_AUTO)
		return 0;
	r = cover_make(snap, &want->addrs, &cover, d);
	drop_covered(&want->routes, &cover);
	drop_covered(&want->pieces, &cover);
	return r;
}

void want_list_routes(const struct want *want, struct want_routes ret[WANT_SETS])
{
	const struct conf *conf = want->conf;
	const struct route_group allowed = {
		.table = want->table, .metric = conf->metric, .shared = conf->shared_neighbour};
	const struct route_group throws = {.table = want->mark, .lead = ROUTE_THROW};
	struct route_group pieces = allowed, full = allowed;

	pieces.own = true;
	full.table = want->mark;
	ret[WANT_ALLOWED] = (struct want_routes){allowed, want->routes};
	ret[WANT_PIECES] = (struct want_routes){pieces, want->pieces};
	ret[WANT_THROWS] = (struct want_routes){throws, want->throws};
	ret[WANT_DEFAULT_IP6] = (struct want_routes){
		full, {.at = (struct route *)&want->default_ip6, .len = want->full_ip6}};
	ret[WANT_DEFAULT_IP] = (struct want_routes){
		full, {.at = (struct route *)&want->default_ip, .len = want->full_ip}};
}

bool want_may_meet_unlinked(const struct want *want)
{
	return want_is_full(want) && (!want->mark_is_chosen || want->throws.len);
}

int want_check_table(const struct want *want, const struct snap *snap, struct diag *d)
{
	vec_each(rival, &snap->rivals) {
		bool ip6 = rival->to.addr.family == AF_INET6;
		uint32_t metric = want->conf->metric ? want->conf->metric
				  : ip6              ? ROUTE_METRIC_IPV6
						     : 0;
		const struct place at = conf_place(want->conf, want->conf->fwmark_line);
		_cleanup_buf_ struct buf shown = {0}, hint = {0};

		/* One of the same metric is refused by the kernel, unless it is for some packets.
		 */
		if (!want_is_full_for(want, rival->to.addr.family) ||
		    (rival->metric >= metric && !rival->tos && !rival->from.len))
			continue;
		policy_route_format(rival, &shown);
		buf_addf(&hint, "give another FwMark, or delete it: ip%s route del %s table %u",
			 ip6 ? " -6" : "", buf_text(&shown), want->mark);
		diag_fail_at(d, &at, buf_text(&hint),
			     "table %u has a default route that comes before the tunnel's: %s",
			     want->mark, buf_text(&shown));
		return -EEXIST;
	}
	return 0;
}

/* linux.bash:213-219: the mark that the device has, else a free number. */
static void want_mark(const struct conf *conf, const struct snap *snap, struct want *want)
{
	if (!want_is_full(want))
		return;
	want->mark = conf->wg.has_fwmark ? conf->wg.fwmark : snap->wg.fwmark;
	want->mark_is_chosen = want->mark == 0;
}

static int want_firewall(const struct snap *snap, struct want *want, struct diag *d)
{
	if (!want_is_full(want))
		return 0;
	return addrs_listed(&snap->addrs, &want->addrs, &want->firewall_addrs) < 0
		       ? diag_no_memory(d)
		       : 0;
}

bool want_public_key(const struct wg_device *wanted, const struct snap *snap, struct key *ret)
{
	const struct wg_device *device = wanted->has_private_key ? wanted : &snap->wg;

	if (key_is_zero(&device->private_key))
		return false;
	key_public(&device->private_key, ret);
	return true;
}

static int want_peers(const struct conf *conf, const struct snap *snap, struct want *want,
		      struct diag *d)
{
	struct key own;
	bool has_own = conf->wg.peers.len && want_public_key(&conf->wg, snap, &own);

	want->device = conf->wg;
	int r = allowed_settle(has_own ? &own : NULL, &snap->wg.peers, &conf->wg.peers,
			       &want->peers, &want->routes, d);
	if (r == 0 && want->peers.len)
		want->device.peers = want->peers;
	return r;
}

static int want_walls(const struct conf *conf, const struct snap *snap, struct walls *ret,
		      struct diag *d)
{
	const uint16_t ports[WALLS_PORTS] = {conf->wg.listen_port};
	int r = walls_of_port(conf, ports, ret);

	if (r == 0)
		r = walls_of_packets(conf, &snap->lan, ret);
	return r < 0 ? diag_no_memory(d) : 0;
}

int want_make(const struct conf *conf, const struct snap *snap, struct want *ret, struct diag *d)
{
	snap_needs(snap, LOOK_DEVICE | LOOK_ADDRESSES | LOOK_MAIN_ROUTES);
	ret->conf = conf;
	int r = want_addresses(conf, snap, ret, d);
	if (r < 0)
		return r;
	r = want_walls(conf, snap, &ret->walls, d);
	if (r < 0)
		return r;
	r = want_peers(conf, snap, ret, d);
	if (r < 0)
		return r;
	if (conf->table_kind == TABLE_OFF)
		ret->routes.len = 0;
	ret->carries_ip = carries(conf, snap, ret, AF_INET);
	ret->carries_ip6 = carries(conf, snap, ret, AF_INET6);
	warn_without_ipv6(conf, snap, ret, d);
	r = want_routes(conf, snap, ret, d);
	if (r < 0)
		return r;
	want_mark(conf, snap, ret);
	return want_firewall(snap, ret, d);
}

void want_choose_mtu(struct want *want, const struct snap *snap, struct diag *d)
{
	want->mtu = mtu_choose(want->conf, snap, carry_mtu_min(want, snap), d);
}

/* The settings of the later block apply; no other block has the prefixes after allowed_settle(). */
static int merge_block(struct wg_peer *into, const struct wg_peer *later)
{
	if (later->has_preshared_key) {
		into->has_preshared_key = true;
		into->preshared_key = later->preshared_key;
		into->preshared_key_line = later->preshared_key_line;
	}
	if (later->has_endpoint) {
		into->has_endpoint = true;
		into->endpoint = later->endpoint;
	}
	if (later->has_keepalive) {
		into->has_keepalive = true;
		into->keepalive = later->keepalive;
	}
	vec_each(ip, &later->allowed_ips) {
		struct allowed_ip *copy = vec_push(&into->allowed_ips);

		if (!copy)
			return -ENOMEM;
		*copy = *ip;
	}
	return 0;
}

int want_merge_peers(struct want *want, struct diag *d)
{
	struct wg_peer_vec blocks = want->peers, *merged = &want->peers;
	struct wg_peer_pointers sorted = {0};

	/* Empty where no block shares anything with another. */
	if (!blocks.len)
		return 0;
	*merged = (struct wg_peer_vec){0};
	int r = wg_peers_sort(&blocks, 0, &sorted);
	if (r == 0 && !vec_reserve(merged, blocks.len))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < sorted.len; i++) {
		struct wg_peer *block = &blocks.at[sorted.at[i] - blocks.at];
		struct wg_peer *into = vec_last(merged);

		if (into && key_equal(&into->public_key, &block->public_key)) {
			r = merge_block(into, block);
		} else {
			merged->at[merged->len++] = *block;
			block->allowed_ips = (struct allowed_ip_vec){0}; /* moved */
		}
	}
	vec_each(block, &blocks)
		wg_peer_release(block);
	vec_release(&blocks);
	vec_release(&sorted);
	want->device.peers = *merged;
	return r < 0 ? diag_no_memory(d) : 0;
}

void want_firewall_rules(const struct want *want, struct firewall *ret)
{
	*ret = (struct firewall){.ifname = want->conf->ifname,
				 .mark = want->mark,
				 .ip = want->full_ip,
				 .ip6 = want->full_ip6,
				 .addrs = want->firewall_addrs.at,
				 .addr_count = want->firewall_addrs.len};
}

void want_release(struct want *want)
{
	if (!want)
		return;
	vec_each(peer, &want->peers)
		wg_peer_release(peer);
	vec_release(&want->peers);
	vec_release(&want->addrs);
	vec_release(&want->routes);
	vec_release(&want->pieces);
	vec_release(&want->throws);
	vec_release(&want->firewall_addrs);
	vec_release(&want->walls);
	key_wipe(&want->device.private_key);
	*want = (struct want){0};
}
