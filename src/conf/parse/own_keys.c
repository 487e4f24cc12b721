// SPDX-License-Identifier: GPL-2.0-or-later
// The values of wgq's own keys. Commas and blanks end the items of their lists, as in wg-quick's.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/date.h"
#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"
#include "wgq/net/pin.h"
#include "wgq/net/policy.h"

/* Both families' kernels and iproute2 take a metric of 0 as none. */
int own_metric(struct parser *p)
{
	const struct slice value = p->line->value;
	uint64_t metric;

	if (number_read(value, 10, UINT32_MAX, &metric) < 0 || metric == 0) {
		parse_not(p, value, "a metric", "write a number from 1 to 4294967295");
		return 0;
	}
	p->conf->metric = (uint32_t)metric;
	p->conf->metric_line = p->line->number;
	return 0;
}

static void read_yes_or_no(struct parser *p, bool *ret, uint32_t *ret_line)
{
	const struct slice value = p->line->value;
	bool yes = slice_is(value, "yes");

	if (!yes && !slice_is(value, "no")) {
		parse_not(p, value, "yes or no", "write yes or no");
		return;
	}
	*ret = yes;
	*ret_line = p->line->number;
}

int own_multicast(struct parser *p)
{
	read_yes_or_no(p, &p->conf->multicast, &p->conf->multicast_line);
	return 0;
}

int own_shared_neighbour(struct parser *p)
{
	read_yes_or_no(p, &p->conf->shared_neighbour, &p->conf->shared_neighbour_line);
	return 0;
}

int own_forward(struct parser *p)
{
	read_yes_or_no(p, &p->conf->forward, &p->conf->forward_line);
	return 0;
}

int own_isolate_peers(struct parser *p)
{
	read_yes_or_no(p, &p->conf->isolate_peers, &p->conf->isolate_peers_line);
	return 0;
}

int own_kill_switch(struct parser *p)
{
	static const char *const values[] = {
		[KILL_SWITCH_NO] = "no", [KILL_SWITCH_YES] = "yes", [KILL_SWITCH_LAN] = "lan"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!slice_is(p->line->value, values[i]))
			continue;
		p->conf->kill_switch = (enum conf_kill_switch)i;
		p->conf->kill_switch_line = p->line->number;
		return 0;
	}
	parse_not(p, p->line->value, "yes, lan or no",
		  "write yes, or lan to let packets to local networks pass, or no");
	return 0;
}

static struct conf_prefix *add_prefix(struct parser *p, struct conf_prefix_vec *list,
				      const struct prefix *prefix)
{
	struct conf_prefix *added = vec_push(list);

	if (added)
		*added = (struct conf_prefix){.prefix = *prefix, .line = p->line->number};
	else
		diag_no_memory(p->d);
	return added;
}

int own_excluded_ips(struct parser *p)
{
	struct slice rest = p->line->value, item;
	struct prefix prefix;

	if (list_is_emptied(p))
		p->conf->excluded_ips.len = 0;
	while (list_next_quick(&rest, &item))
		if (prefix_read(p, item, &prefix) &&
		    !add_prefix(p, &p->conf->excluded_ips, &prefix))
			return -ENOMEM;
	return 0;
}

int own_address_from_key(struct parser *p)
{
	struct slice rest = p->line->value, item;
	struct prefix prefix;

	if (list_is_emptied(p))
		p->conf->address_from_key.len = 0;
	while (list_next_quick(&rest, &item)) {
		if (!memchr(item.at, '/', item.len))
			parse_not(p, item, "a prefix",
				  "write a network and its length: fe80::/64 or 10.0.0.0/8");
		else if (!prefix_read(p, item, &prefix))
			continue;
		else if (prefix.len == addr_bits(&prefix.addr))
			parse_error(p, item, "write a shorter prefix, such as a /64",
				    "this prefix leaves no bits for an address from a key");
		else if (!add_prefix(p, &p->conf->address_from_key, &prefix))
			return -ENOMEM;
	}
	return 0;
}

/* The kernel's rule (net/core/dev.c, dev_valid_name()). */
static bool is_link_name(struct slice s)
{
	return s.len < IFNAMSIZ && !memchr(s.at, '/', s.len) && !memchr(s.at, ':', s.len) &&
	       !slice_is(s, ".") && !slice_is(s, "..");
}

/* What is made of digits, dots and colons was meant as an address. */
static bool looks_like_address(struct slice s)
{
	size_t digits = 0;

	while (digits < s.len && ((s.at[digits] >= '0' && s.at[digits] <= '9') ||
				  s.at[digits] == '.' || s.at[digits] == '/'))
		digits++;
	return digits == s.len || memchr(s.at, ':', s.len);
}

int own_listen_on(struct parser *p)
{
	struct slice rest = p->line->value, item;

	if (list_is_emptied(p))
		p->conf->listen_on.len = 0;
	while (list_next_quick(&rest, &item)) {
		struct listen_on on = {.line = p->line->number};
		bool is_address = addr_parse(item.at, item.len, &on.addr) == 0;

		if (!is_address && looks_like_address(item)) {
			parse_not(p, item, "an address of this host",
				  "write an address without a length and without a port");
			continue;
		}
		if (!is_address && !is_link_name(item)) {
			parse_not(p, item, "an interface or an address",
				  "an interface's name has 15 characters at most, and no /");
			continue;
		}
		if (!is_address) {
			on.addr = (struct addr){0};
			memcpy(on.ifname, item.at, item.len);
		}
		struct listen_on *added = vec_push(&p->conf->listen_on);
		if (!added)
			return diag_no_memory(p->d);
		*added = on;
	}
	return 0;
}

/* The kernel's routes are those of the interface's own addresses; wgq's own follow from the file.
 */
static bool is_followable(uint64_t protocol)
{
	return protocol > RTPROT_KERNEL && protocol != ROUTE_PROTOCOL && protocol != PIN_PROTOCOL;
}

/* The protocols that a name or a number stands for. false: it stands for none. */
static bool follow(struct conf *conf, struct slice item)
{
	bool known = false;
	uint64_t number;

	if (number_read(item, 10, UINT8_MAX, &number) == 0) {
		conf->follows[number] = is_followable(number);
		return is_followable(number);
	}
	for (const struct policy_protocol *p = policy_protocols; p->name; p++) {
		if (!slice_is(item, p->name) || !is_followable(p->first))
			continue;
		for (unsigned i = p->first; i <= p->last; i++)
			conf->follows[i] = true;
		known = true;
	}
	return known;
}

int own_follow_routes(struct parser *p)
{
	struct slice rest = p->line->value, item;
	struct conf *conf = p->conf;

	if (list_is_emptied(p)) {
		memset(conf->follows, 0, sizeof(conf->follows));
		conf->follow_line = 0;
	}
	while (list_next_quick(&rest, &item)) {
		if (follow(conf, item))
			conf->follow_line = p->line->number;
		else
			parse_not(p, item, "a route protocol that can be followed",
				  "write daemons, or protocols by name or number: bird, 186");
	}
	return 0;
}

/* Of the [Peer] that is read. NULL: no memory. */
static struct conf_peer_routes *peer_routes(struct parser *p)
{
	struct conf_peer_routes_vec *all = &p->conf->peer_routes;
	struct conf_peer_routes *routes = vec_last(all);
	size_t peer = p->conf->wg.peers.len - 1;

	if (routes && routes->peer == peer)
		return routes;
	routes = vec_push(all);
	if (routes)
		routes->peer = peer;
	else
		diag_no_memory(p->d);
	return routes;
}

int own_accept_routes(struct parser *p)
{
	struct slice rest = p->line->value, item;
	struct conf_peer_routes *routes = peer_routes(p);

	if (!routes)
		return -ENOMEM;
	if (list_is_emptied(p)) {
		routes->accept.len = 0;
		routes->empties_accept = true;
	}
	routes->accept_line = p->line->number;
	while (list_next_quick(&rest, &item)) {
		struct prefix prefix, *added;

		if (!prefix_read(p, item, &prefix))
			continue;
		added = vec_push(&routes->accept);
		if (!added)
			return diag_no_memory(p->d);
		*added = prefix;
	}
	return 0;
}

int own_max_routes(struct parser *p)
{
	const struct slice value = p->line->value;
	struct conf_peer_routes *routes = peer_routes(p);
	uint64_t max;

	if (!routes)
		return -ENOMEM;
	if (number_read(value, 10, UINT32_MAX, &max) < 0) {
		parse_not(p, value, "a number of routes", "write a number, such as 1000");
		return 0;
	}
	routes->max = (uint32_t)max;
	routes->max_line = p->line->number;
	return 0;
}

/* yes and no replace what files before have, names are added to it. */
int own_masquerade(struct parser *p)
{
	struct conf *conf = p->conf;
	struct slice rest = p->line->value, item;
	bool yes = slice_is(rest, "yes");

	if (list_is_emptied(p) || yes || slice_is(rest, "no")) {
		conf->masquerade_by.len = 0;
		conf->masquerade = yes;
		conf->masquerade_line = p->line->number;
		return 0;
	}
	while (list_next_quick(&rest, &item)) {
		if (slice_is(item, "yes") || slice_is(item, "no") || !is_link_name(item)) {
			parse_not(p, item, "an interface",
				  "write yes, no, or names of interfaces of 15 characters at most");
			continue;
		}
		struct conf_link *added = vec_push(&conf->masquerade_by);
		if (!added)
			return diag_no_memory(p->d);
		memcpy(added->ifname, item.at, item.len);
		added->line = p->line->number;
		conf->masquerade = false;
		conf->masquerade_line = p->line->number;
	}
	return 0;
}

static int set_preshared_key_file(struct parser *p, char *path)
{
	struct conf_peer_text_vec *files = &p->conf->preshared_key_files;
	struct conf_peer_text *file = vec_last(files);
	size_t peer = p->conf->wg.peers.len - 1;

	if (!file || file->peer != peer)
		file = vec_push(files);
	if (!file) {
		free(path);
		return diag_no_memory(p->d);
	}
	free(file->text);
	*file = (struct conf_peer_text){.peer = peer, .text = path, .line = p->line->number};
	return 0;
}

int own_key_file(struct parser *p)
{
	const struct slice value = p->line->value;
	bool is_private = p->id == KEY_PRIVATE_KEY_FILE;
	_cleanup_(key_wipe) struct key key;

	if (key_from_base64(value.at, value.len, &key) == 0) {
		parse_error(p, value,
			    is_private
				    ? "write PrivateKey = in front of it, or the name of a file"
				    : "write PresharedKey = in front of it, or the name of a file",
			    "this is a key, not the name of a file");
		return 0;
	}
	char *path = mem_strndup(value.at, value.len);
	if (!path)
		return diag_no_memory(p->d);
	if (!is_private)
		return set_preshared_key_file(p, path);
	free(p->conf->private_key_file.text);
	p->conf->private_key_file = (struct conf_text){.text = path, .line = p->line->number};
	return 0;
}

/* What the [Peer] has so far. */
static void empty_fallbacks(struct parser *p)
{
	struct conf_endpoint_vec *fallbacks = &p->conf->fallback_endpoints;
	size_t peer = p->conf->wg.peers.len - 1;

	while (fallbacks->len && vec_last(fallbacks)->peer == peer) {
		conf_endpoint_release(vec_last(fallbacks));
		fallbacks->len--;
	}
	vec_last(&p->peers)->empties_fallback = true;
}

int own_fallback_endpoint(struct parser *p)
{
	struct slice rest = p->line->value, item;

	if (list_is_emptied(p))
		empty_fallbacks(p);
	while (list_next_quick(&rest, &item)) {
		struct slice host, port;
		union endpoint number;

		if (!endpoint_read(p, item, item, &host, &port, &number))
			continue;
		_cleanup_free_ char *host_text = mem_strndup(host.at, host.len);
		_cleanup_free_ char *port_text = mem_strndup(port.at, port.len);
		struct conf_endpoint *added =
			host_text && port_text ? vec_push(&p->conf->fallback_endpoints) : NULL;
		if (!added)
			return diag_no_memory(p->d);
		*added = (struct conf_endpoint){.peer = p->conf->wg.peers.len - 1,
						.host = steal(host_text),
						.port = steal(port_text),
						.number = number,
						.line = p->line->number};
	}
	return 0;
}

/* The port is that of the router, where there is one: it has to be said. */
int own_public_endpoint(struct parser *p)
{
	const struct slice value = p->line->value;
	struct slice host, port;
	union endpoint number;

	if (!endpoint_read(p, value, value, &host, &port, &number))
		return 0;
	free(p->conf->public_endpoint.text);
	p->conf->public_endpoint = (struct conf_text){.text = mem_strndup(value.at, value.len),
						      .line = p->line->number};
	return p->conf->public_endpoint.text ? 0 : diag_no_memory(p->d);
}

int own_expires(struct parser *p)
{
	struct conf_expiry_vec *expiries = &p->conf->expiries;
	const struct slice value = p->line->value;
	size_t peer = p->conf->wg.peers.len - 1;
	struct conf_expiry *expiry = vec_last(expiries);
	int64_t time;

	if (date_read(value.at, value.len, &time) < 0) {
		parse_not(p, value, "a date",
			  "write a day, 2026-12-31, or a moment in UTC, 2026-12-31T18:00Z");
		return 0;
	}
	if (!expiry || expiry->peer != peer)
		expiry = vec_push(expiries);
	if (!expiry)
		return diag_no_memory(p->d);
	*expiry = (struct conf_expiry){.peer = peer, .time = time, .line = p->line->number};
	return 0;
}
